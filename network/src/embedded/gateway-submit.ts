import { status } from '@grpc/grpc-js';
import { type common, gateway } from '@hyperledger/fabric-protos';

import { OrderingRefusal } from './channel';
import { failure } from './endorsement-plan';
import { messageOf } from './errors';
import { type LocalGateway, requireChannel } from './gateway-requests';
import { RpcError } from './rpc-error';
import { readHeader } from './transaction';

const REFUSED = 'insufficient number of orderers could successfully process transaction to satisfy quorum requirement';

type OrdererStatus = 'BAD_REQUEST' | 'NOT_FOUND' | 'FORBIDDEN' | 'SERVICE_UNAVAILABLE';

/** Hands a signed transaction to the ordering of its channel. */
export function submit(context: LocalGateway, request: gateway.SubmitRequest): gateway.SubmitResponse {
  const envelope = request.getPreparedTransaction();
  if (!envelope) throw new RpcError(status.INVALID_ARGUMENT, 'a prepared transaction is required');
  if (envelope.getSignature_asU8().length === 0) {
    throw new RpcError(status.INVALID_ARGUMENT, 'prepared transaction must be signed');
  }
  requireChannel(context, request.getChannelId(), status.FAILED_PRECONDITION);
  order(context, envelope);
  return new gateway.SubmitResponse();
}

/** What an orderer of Fabric checks before it takes a message. */
function order(context: LocalGateway, envelope: common.Envelope): void {
  const { consortium } = context;
  const { header } = ordering(context, 'BAD_REQUEST', () => readHeader(envelope));
  const { absoluteMaxBytes } = consortium.blocks;
  const payload = envelope.getPayload_asU8();
  const signature = envelope.getSignature_asU8();
  const size = payload.length + signature.length;
  if (size > absoluteMaxBytes) {
    const text = `message payload is ${size} bytes and exceeds maximum allowed ${absoluteMaxBytes} bytes`;
    throw refusal(context, 'BAD_REQUEST', text);
  }
  const channel = consortium.channel(header.channelId);
  if (!channel) throw refusal(context, 'NOT_FOUND', 'channel does not exist');
  const identity = consortium.identities.find(header.creator);
  if (identity?.isExpired(Date.now())) throw refusal(context, 'BAD_REQUEST', 'broadcast client identity expired');
  const signer = identity?.verify(payload, signature) ? identity : undefined;
  const denial = channel.policies.refuses(signer, 'Writers');
  if (denial !== undefined) throw refusal(context, 'FORBIDDEN', `${denial}: permission denied`);
  ordering(context, 'SERVICE_UNAVAILABLE', () => channel.order(header.txId, envelope));
}

function ordering<T>(context: LocalGateway, failed: OrdererStatus, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const reason = messageOf(error);
    if (error instanceof OrderingRefusal) context.consortium.log('error', 'ordering refused', { reason });
    throw refusal(context, failed, reason);
  }
}

function refusal({ consortium, local }: LocalGateway, ordererStatus: OrdererStatus, info: string): RpcError {
  const message = `received unsuccessful response from orderer: status=${ordererStatus}, info=${info}`;
  return new RpcError(status.UNAVAILABLE, REFUSED, [failure(consortium.endorser(local), message)]);
}
