import { common, orderer } from '@hyperledger/fabric-protos';

/**
 * Turns an unsigned request for blocks into one for the newest block alone; the client library itself asks only from a
 * number on or for the next block.
 * @param request common.Envelope with an orderer.SeekInfo
 */
export function seekNewest(request: Uint8Array): Uint8Array {
  const envelope = common.Envelope.deserializeBinary(request);
  const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
  const seek = orderer.SeekInfo.deserializeBinary(payload.getData_asU8());
  const newest = new orderer.SeekPosition();
  newest.setNewest(new orderer.SeekNewest());
  seek.setStart(newest);
  seek.setStop(newest);
  payload.setData(seek.serializeBinary());
  envelope.setPayload(payload.serializeBinary());
  return envelope.serializeBinary();
}
