import { status } from '@grpc/grpc-js';
import { type common, gateway } from '@hyperledger/fabric-protos';

import { blockQuorum } from '../topology';
import { type Channel } from './channel';
import { failure } from './endorsement-plan';
import { messageOf } from './errors';
import { type LocalGateway, requireChannel } from './gateway-requests';
import { RpcError } from './rpc-error';
import { readOrderedHeader } from './transaction';

const REFUSED = 'insufficient number of orderers could successfully process transaction to satisfy quorum requirement';

class OrdererRefusal extends Error {
  readonly status: 'BAD_REQUEST' | 'NOT_FOUND' | 'FORBIDDEN' | 'SERVICE_UNAVAILABLE';

  constructor(code: OrdererRefusal['status'], info: string, options?: ErrorOptions) {
    super(info, options);
    this.name = 'OrdererRefusal';
    this.status = code;
  }
}

/** Hands a signed transaction to the ordering of its channel. */
export function submit(context: LocalGateway, request: gateway.SubmitRequest): gateway.SubmitResponse {
  const envelope = request.getPreparedTransaction();
  if (!envelope) throw new RpcError(status.INVALID_ARGUMENT, 'a prepared transaction is required');
  if (envelope.getSignature_asU8().length === 0) {
    throw new RpcError(status.INVALID_ARGUMENT, 'prepared transaction must be signed');
  }
  const channel = requireChannel(context, request.getChannelId(), status.FAILED_PRECONDITION);
  try {
    order(context, envelope);
  } catch (error) {
    if (error instanceof OrdererRefusal) throw refusedByOrderers(context, channel, error);
    throw error;
  }
  return new gateway.SubmitResponse();
}

/** What an orderer of Fabric checks before it takes a message. @throws OrdererRefusal */
function order({ consortium }: LocalGateway, envelope: common.Envelope): void {
  const header = readable(() => readOrderedHeader(envelope));
  const { absoluteMaxBytes } = consortium.blocks;
  const payload = envelope.getPayload_asU8();
  const signature = envelope.getSignature_asU8();
  const size = payload.length + signature.length;
  if (size > absoluteMaxBytes) {
    const text = `message payload is ${size} bytes and exceeds maximum allowed ${absoluteMaxBytes} bytes`;
    throw new OrdererRefusal('BAD_REQUEST', text);
  }
  const channel = consortium.channel(header.channelId);
  if (!channel) throw new OrdererRefusal('NOT_FOUND', 'channel does not exist');
  const identity = consortium.identities.find(header.creator);
  if (identity?.isExpired(Date.now())) throw new OrdererRefusal('BAD_REQUEST', 'broadcast client identity expired');
  const signer = identity?.verify(payload, signature) ? identity : undefined;
  const denial = channel.policies.refuses(signer, 'Writers');
  if (denial !== undefined) throw new OrdererRefusal('FORBIDDEN', `${denial}: permission denied`);
  try {
    channel.order(header, envelope);
  } catch (error) {
    throw new OrdererRefusal('SERVICE_UNAVAILABLE', messageOf(error), { cause: error });
  }
}

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new OrdererRefusal('BAD_REQUEST', messageOf(error), { cause: error });
  }
}

/** The gateway gives up once so many orderers refuse that the others are no quorum, and names those. */
function refusedByOrderers({ consortium }: LocalGateway, { policies }: Channel, refusal: OrdererRefusal): RpcError {
  const { length: orderers } = policies.endorsers;
  const refusing = orderers - blockQuorum(orderers) + 1;
  const message = `received unsuccessful response from orderer: status=${refusal.status}, info=${refusal.message}`;
  const failures = policies.endorsers.slice(0, refusing).map((mspId) => failure(consortium.endorser(mspId), message));
  return new RpcError(status.UNAVAILABLE, REFUSED, failures);
}
