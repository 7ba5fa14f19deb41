import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import { common, orderer, peer } from '@hyperledger/fabric-protos';

import { type Channel } from './channel';
import { type Consortium } from './consortium';
import { messageOf } from './errors';
import { filteredBlock } from './filtered-block';
import { parse } from './proposal';
import { timestampOf } from './proposal-check';
import { RpcError } from './rpc-error';
import { seekStart } from './seek';
import { send } from './streams';

type DeliverCall = ServerDuplexStream<common.Envelope, peer.DeliverResponse>;
type Render = (block: common.Block) => peer.DeliverResponse;
type Status = common.StatusMap[keyof common.StatusMap];

const { Status } = common;

/** A refusal that ends the stream with a status message, not with an error, as Fabric does. */
class DeliverStatus extends Error {
  readonly status: Status;

  constructor(code: Status, message: string) {
    super(message);
    this.name = 'DeliverStatus';
    this.status = code;
  }
}

interface Seek {
  readonly channel: Channel;
  readonly info: orderer.SeekInfo;
  readonly expired: () => boolean;
}

/** Fabric's Deliver service: blocks from any position on, whole, filtered, or with private data (there are none). */
export class DeliverService {
  readonly #consortium: Consortium;

  constructor(consortium: Consortium) {
    this.#consortium = consortium;
  }

  implementation(): peer.IDeliverServer {
    return {
      deliver: (call) => void this.#serve(call, wholeBlock),
      deliverFiltered: (call) => void this.#serve(call, withoutContents),
      deliverWithPrivateData: (call) => void this.#serve(call, withoutPrivateData),
    };
  }

  /** One request after the other; a refused one is the last. */
  async #serve(call: DeliverCall, render: Render): Promise<void> {
    const aborted = new AbortController();
    call.on('cancelled', () => aborted.abort(new RpcError(status.CANCELLED, 'context canceled')));
    try {
      const requests = call.iterator({ destroyOnReturn: false }) as AsyncIterable<common.Envelope>;
      for await (const envelope of requests) {
        const outcome = await this.#deliver(call, envelope, render, aborted.signal);
        await send(call, statusResponse(outcome), aborted.signal);
        if (outcome !== Status.SUCCESS) break;
      }
      call.end();
    } catch (error) {
      const failure = error instanceof RpcError ? error : new RpcError(status.ABORTED, messageOf(error));
      call.emit('error', failure.toResponse());
    }
  }

  async #deliver(call: DeliverCall, envelope: common.Envelope, render: Render, signal: AbortSignal): Promise<Status> {
    try {
      const seek = this.#readSeek(envelope);
      const { first, last } = seekRange(seek);
      for (let number = first; number <= last; number++) {
        await this.#await(seek, number, signal);
        const block = await seek.channel.block(number);
        if (!block) throw new DeliverStatus(Status.NOT_FOUND, `block ${number} not found`);
        if (seek.expired()) throw new DeliverStatus(Status.FORBIDDEN, 'client identity expired');
        await send(call, render(contents(block, seek.info)), signal);
      }
      return Status.SUCCESS;
    } catch (error) {
      if (!(error instanceof DeliverStatus)) throw error;
      this.#consortium.log('warn', 'deliver refused', { status: error.status, reason: error.message });
      return error.status;
    }
  }

  #readSeek(envelope: common.Envelope): Seek {
    const { header, data } = readSeekEnvelope(envelope);
    const now = Date.now();
    if (!header.channel.hasTimestamp() || !this.#isTimely(header.channel, now)) {
      throw new DeliverStatus(Status.BAD_REQUEST, 'timestamp missing or outside the time window');
    }
    const channel = this.#consortium.channel(header.channel.getChannelId());
    if (!channel) throw new DeliverStatus(Status.NOT_FOUND, 'channel not found');
    const identity = header.signature.getCreator_asU8();
    const signed = { data: envelope.getPayload_asU8(), identity, signature: envelope.getSignature_asU8() };
    const denial = this.#consortium.denies(channel.name, 'Readers', signed);
    const expired = (): boolean => this.#consortium.identities.find(identity)?.isExpired(Date.now()) ?? true;
    if (denial !== undefined || expired()) throw new DeliverStatus(Status.FORBIDDEN, denial ?? 'identity expired');
    return { channel, info: wellFormed('SeekInfo', () => parse(orderer.SeekInfo, data, 'SeekInfo')), expired };
  }

  #isTimely(header: common.ChannelHeader, now: number): boolean {
    return Math.abs(timestampOf(header) - now) <= this.#consortium.limits.authenticationWindow;
  }

  async #await({ channel, info }: Seek, number: number, signal: AbortSignal): Promise<void> {
    if (number >= channel.height && info.getBehavior() === orderer.SeekInfo.SeekBehavior.FAIL_IF_NOT_READY) {
      throw new DeliverStatus(Status.NOT_FOUND, `block ${number} not found`);
    }
    await channel.hasBlock(number, signal);
  }
}

interface SeekEnvelope {
  readonly header: { readonly channel: common.ChannelHeader; readonly signature: common.SignatureHeader };
  readonly data: Uint8Array;
}

function readSeekEnvelope(envelope: common.Envelope): SeekEnvelope {
  return wellFormed('envelope', () => {
    const payload = parse(common.Payload, envelope.getPayload_asU8(), 'Payload');
    const header = payload.getHeader();
    if (!header) throw new Error('envelope has no header');
    const channel = parse(common.ChannelHeader, header.getChannelHeader_asU8(), 'ChannelHeader');
    const signature = parse(common.SignatureHeader, header.getSignatureHeader_asU8(), 'SignatureHeader');
    return { header: { channel, signature }, data: payload.getData_asU8() };
  });
}

function wellFormed<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new DeliverStatus(Status.BAD_REQUEST, `malformed ${what}: ${messageOf(error)}`);
  }
}

function seekRange({ channel, info }: Seek): { first: number; last: number } {
  const { height } = channel;
  const start = seekStart(info.getStart(), height);
  const stop = seekStart(info.getStop(), height);
  if (!info.hasStart() || !info.hasStop()) throw new DeliverStatus(Status.BAD_REQUEST, 'missing start or stop');
  if (start.kind === 'unset' || start.number > height) throw new DeliverStatus(Status.NOT_FOUND, 'no such start');
  const first = start.number;
  switch (stop.kind) {
    case 'oldest':
      return { first, last: first };
    case 'newest':
      return { first, last: start.kind === 'newest' ? first : height - 1 };
    case 'specified':
      if (stop.number < first) throw new DeliverStatus(Status.BAD_REQUEST, 'start greater than stop');
      return { first, last: stop.number };
    default:
      throw new DeliverStatus(Status.BAD_REQUEST, 'the stop must be oldest, newest or a block number');
  }
}

/** With `HEADER_WITH_SIG`, header and metadata alone, except of a configuration block. */
function contents(block: common.Block, info: orderer.SeekInfo): common.Block {
  const isConfiguration = block.getHeader()?.getNumber() === 0;
  if (info.getContentType() !== orderer.SeekInfo.SeekContentType.HEADER_WITH_SIG || isConfiguration) return block;
  const header = new common.Block();
  header.setHeader(block.getHeader());
  header.setMetadata(block.getMetadata());
  return header;
}

function wholeBlock(block: common.Block): peer.DeliverResponse {
  const response = new peer.DeliverResponse();
  response.setBlock(block);
  return response;
}

function withoutContents(block: common.Block): peer.DeliverResponse {
  const response = new peer.DeliverResponse();
  response.setFilteredBlock(filteredBlock(block));
  return response;
}

function withoutPrivateData(block: common.Block): peer.DeliverResponse {
  const both = new peer.BlockAndPrivateData();
  both.setBlock(block);
  const response = new peer.DeliverResponse();
  response.setBlockAndPrivateData(both);
  return response;
}

function statusResponse(code: Status): peer.DeliverResponse {
  const response = new peer.DeliverResponse();
  response.setStatus(code);
  return response;
}
