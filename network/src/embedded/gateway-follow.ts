import { type ServerWritableStream, status } from '@grpc/grpc-js';
import { gateway } from '@hyperledger/fabric-protos';

import { chaincodeEvents, EventFilter } from './chaincode-events';
import { type Channel } from './channel';
import { type LocalGateway, readableChannel, readRequest } from './gateway-requests';
import { RpcError } from './rpc-error';
import { seekStart } from './seek';
import { send } from './streams';

const { INVALID_ARGUMENT } = status;

export type EventCall = ServerWritableStream<gateway.SignedChaincodeEventsRequest, gateway.ChaincodeEventsResponse>;

/** The validation code of a transaction, once it is committed. */
export async function commitStatus(
  context: LocalGateway,
  signed: gateway.SignedCommitStatusRequest,
  signal: AbortSignal,
): Promise<gateway.CommitStatusResponse> {
  const data = signed.getRequest_asU8();
  const missing = 'a commit status request is required';
  const request = readRequest(gateway.CommitStatusRequest, data, missing, 'invalid status request: ');
  const identity = request.getIdentity_asU8();
  if (identity.length === 0) throw new RpcError(INVALID_ARGUMENT, 'no identity provided');
  if (request.getChannelId() === '') throw new RpcError(INVALID_ARGUMENT, 'no channel ID provided');
  if (request.getTransactionId() === '') throw new RpcError(INVALID_ARGUMENT, 'transaction ID should not be empty');
  const signature = signed.getSignature_asU8();
  const channel = readableChannel(context, request.getChannelId(), { data, identity, signature });
  const entry = await channel.committed(request.getTransactionId(), signal);
  const response = new gateway.CommitStatusResponse();
  response.setResult(entry.code);
  response.setBlockNumber(entry.block);
  return response;
}

/** Sends the chaincode's events of each block that has any, until the reader leaves. */
export async function sendChaincodeEvents(context: LocalGateway, call: EventCall, signal: AbortSignal): Promise<void> {
  const data = call.request.getRequest_asU8();
  const missing = 'a chaincode events request is required';
  const request = readRequest(gateway.ChaincodeEventsRequest, data, missing, 'invalid chaincode events request: ');
  const signed = { data, identity: request.getIdentity_asU8(), signature: call.request.getSignature_asU8() };
  const channel = readableChannel(context, request.getChannelId(), signed);
  const filter = new EventFilter(request);
  for (let number = startBlock(channel, request); ; number++) {
    await channel.hasBlock(number, signal);
    const block = await channel.block(number);
    const events = block ? filter.select(chaincodeEvents(block)) : [];
    if (events.length === 0) continue;
    const response = new gateway.ChaincodeEventsResponse();
    response.setBlockNumber(number);
    response.setEventsList(events);
    await send(call, response, signal);
  }
}

/** After a known transaction, its own block; else where the request says. */
function startBlock(channel: Channel, request: gateway.ChaincodeEventsRequest): number {
  const after = request.getAfterTransactionId();
  const entry = after === '' ? undefined : channel.transaction(after);
  if (entry) return entry.block;
  const start = seekStart(request.getStartPosition(), channel.height);
  if (start.kind === 'nextCommit' || start.kind === 'unset') return channel.height;
  if (start.kind === 'specified') return start.number;
  const name = start.kind === 'oldest' ? 'SeekPosition_Oldest' : 'SeekPosition_Newest';
  throw new RpcError(INVALID_ARGUMENT, `invalid start position type: *orderer.${name}`);
}
