/**
 * Reading and writing many keys in one message. A peer offers it in READY (Fabric since 3.1, chaincode.runtimeParams of its
 * core.yaml); fabric-shim 2.5.8 does not know of it and its protobufs end before, so offer and messages are coded here
 * (fabric-protos: peer/chaincode.proto, peer/chaincode_shim.proto).
 */
import ChaincodeServer, {
  type ChaincodeHandler,
  type ChaincodeMessage,
  type ChaincodeStream,
} from 'fabric-shim/lib/server';
import { keepBytes } from './byte-arguments';
import { field, readFields, varintField } from './protobuf';

const READY = 4;
const PUT_STATE = 9;
const WRITE_BATCH_STATE = 24;
const GET_STATE_MULTIPLE = 25;

interface Offer {
  /** Keys in one message, at most; 0 where it is not offered. */
  readonly reads: number;
  readonly writes: number;
  /** Cloned for every request: only the shim's own message class can be sent. */
  readonly template: ChaincodeMessage;
}

const offers = new WeakMap<ChaincodeStream, Offer>();

/** The shim's server, which hears what the peer offers, and from which byte arguments are kept. */
export class BatchingServer extends ChaincodeServer {
  override connect(stream: ChaincodeStream): void {
    const hear = (message: ChaincodeMessage): void => {
      if (message.getType() !== READY) return;
      stream.off('data', hear);
      offers.set(stream, readOffer(message));
    };
    stream.on('data', hear);
    keepBytes(stream);
    super.connect(stream);
  }
}

/** ChaincodeAdditionalParams: use_write_batch = 1, max_size_write_batch = 2, use_get_multiple_keys = 3, max_size_… = 4. */
function readOffer(ready: ChaincodeMessage): Offer {
  const params = new Map(readFields(ready.getPayload_asU8()).map(({ number, value }) => [number, Number(value)]));
  const size = (use: number, max: number): number => (params.get(use) === 1 ? (params.get(max) ?? 0) : 0);
  return { writes: size(1, 2), reads: size(3, 4), template: ready };
}

/** The batches one transaction may use; a peer that offers none is asked key by key. */
export class StateBatches {
  readonly #offer: Offer;
  readonly #handler: ChaincodeHandler;
  readonly #channel: string;
  readonly #txId: string;

  private constructor(offer: Offer, handler: ChaincodeHandler, channel: string, txId: string) {
    this.#offer = offer;
    this.#handler = handler;
    this.#channel = channel;
    this.#txId = txId;
  }

  static of(stub: {
    readonly handler?: ChaincodeHandler;
    getChannelID(): string;
    getTxID(): string;
  }): StateBatches | undefined {
    const offer = stub.handler && offers.get(stub.handler._stream);
    return offer && stub.handler && new StateBatches(offer, stub.handler, stub.getChannelID(), stub.getTxID());
  }

  get readsAtOnce(): number {
    return this.#offer.reads;
  }

  get writesAtOnce(): number {
    return this.#offer.writes;
  }

  /** @param keys at most `readsAtOnce` @returns in order; empty where nothing stands */
  async read(keys: readonly string[]): Promise<Uint8Array[]> {
    const answer = await this.#ask(
      GET_STATE_MULTIPLE,
      Buffer.concat(keys.flatMap((key) => field(1, Buffer.from(key)))),
    );
    const values = readFields(answer).map(({ value }) => value as Uint8Array);
    if (values.length !== keys.length) throw new RangeError('the peer answered for other keys than were asked');
    return values;
  }

  /** @param entries at most `writesAtOnce` */
  async write(entries: readonly (readonly [key: string, value: Uint8Array])[]): Promise<void> {
    const records = entries.flatMap(([key, value]) =>
      field(1, ...field(1, Buffer.from(key)), ...field(2, value), varintField(5, PUT_STATE)),
    );
    await this.#ask(WRITE_BATCH_STATE, Buffer.concat(records));
  }

  #ask(type: number, payload: Uint8Array): Promise<Uint8Array> {
    const message = this.#offer.template.clone();
    message.setType(type);
    message.setPayload(payload);
    message.setTxid(this.#txId);
    message.setChannelId(this.#channel);
    return this.#handler._askPeerAndListen(message, 'batch');
  }
}
