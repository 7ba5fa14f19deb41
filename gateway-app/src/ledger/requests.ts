import { common, gateway, msp, orderer } from '@hyperledger/fabric-protos';

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

/**
 * An unsigned gateway.SignedCommitStatusRequest for a transaction whose submission got no answer: the client library makes
 * one only from an answer.
 */
export function commitStatusRequest(
  channel: string,
  transactionId: string,
  { mspId, credentials }: { readonly mspId: string; readonly credentials: Uint8Array },
): Uint8Array {
  const identity = new msp.SerializedIdentity();
  identity.setMspid(mspId);
  identity.setIdBytes(credentials);
  const request = new gateway.CommitStatusRequest();
  request.setChannelId(channel);
  request.setTransactionId(transactionId);
  request.setIdentity(identity.serializeBinary());
  const signed = new gateway.SignedCommitStatusRequest();
  signed.setRequest(request.serializeBinary());
  return signed.serializeBinary();
}
