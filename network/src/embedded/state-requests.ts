import { randomUUID } from 'node:crypto';

import { ledger, peer } from '@hyperledger/fabric-protos';

import { messageOf } from './errors';
import { type RangeCursor, type Simulator } from './simulator';
import { type StateEntry } from './store';

/** Results Fabric puts into one message; the chaincode asks for the next batch. */
const BATCH_SIZE = 100;

type MessageType = peer.ChaincodeMessage.TypeMap[keyof peer.ChaincodeMessage.TypeMap];
type Handler = (payload: Uint8Array) => Uint8Array | Promise<Uint8Array>;

interface OpenQuery {
  readonly cursor: RangeCursor;
  /** Read ahead of the batch they will be sent in. */
  pending: StateEntry[];
  taken: number;
}

const { Type } = peer.ChaincodeMessage;
const TYPE_NAMES = new Map<number, string>(Object.entries(Type).map(([name, value]) => [value, name]));
const NOTHING = new Uint8Array();

export function messageTypeName(type: number): string {
  return TYPE_NAMES.get(type) ?? String(type);
}

/** Which transaction asks, and what it may know of. */
export interface Execution {
  readonly channel: string;
  readonly chaincode: string;
  readonly txId: string;
  readonly totalQueryLimit: number;
  readonly isDefined: (channel: string, chaincode: string) => boolean;
}

/** Answers what one executing transaction asks of the state. */
export class StateRequests {
  readonly #simulator: Simulator;
  readonly #namespace: string;
  readonly #channel: string;
  readonly #txId: string;
  readonly #totalQueryLimit: number;
  readonly #isDefined: (channel: string, chaincode: string) => boolean;
  readonly #queries = new Map<string, OpenQuery>();
  readonly #handlers: ReadonlyMap<MessageType, Handler>;

  constructor(simulator: Simulator, { channel, chaincode, txId, totalQueryLimit, isDefined }: Execution) {
    this.#simulator = simulator;
    this.#namespace = chaincode;
    this.#channel = channel;
    this.#txId = txId;
    this.#totalQueryLimit = totalQueryLimit;
    this.#isDefined = isDefined;
    this.#handlers = new Map<MessageType, Handler>([
      [Type.GET_STATE, (payload) => this.#getState(payload)],
      [Type.PUT_STATE, (payload) => this.#putState(payload)],
      [Type.DEL_STATE, (payload) => this.#deleteState(payload)],
      [Type.GET_STATE_METADATA, (payload) => this.#getStateMetadata(payload)],
      [Type.GET_STATE_BY_RANGE, (payload) => this.#getStateByRange(payload)],
      [Type.QUERY_STATE_NEXT, (payload) => this.#queryNext(payload)],
      [Type.QUERY_STATE_CLOSE, (payload) => this.#queryClose(payload)],
      [Type.GET_QUERY_RESULT, () => refuse('ExecuteQuery not supported for leveldb')],
      [Type.GET_HISTORY_FOR_KEY, () => refuse('history database is not enabled')],
      [Type.GET_PRIVATE_DATA_HASH, (payload) => this.#getPrivateDataHash(payload)],
      [Type.PURGE_PRIVATE_DATA, (payload) => this.#purgePrivateData(payload)],
      [Type.PUT_STATE_METADATA, () => refuse(unsupported('state metadata (key-level endorsement)'))],
      [Type.INVOKE_CHAINCODE, (payload) => this.#invokeChaincode(payload)],
      [Type.WRITE_BATCH_STATE, (payload) => this.#writeBatch(payload)],
      [Type.GET_STATE_MULTIPLE, (payload) => this.#getStateMultiple(payload)],
    ]);
  }

  /** @returns the answer for a message of a kind a chaincode may send; a refusal is an answer too */
  async answer(message: peer.ChaincodeMessage): Promise<peer.ChaincodeMessage> {
    const answer = new peer.ChaincodeMessage();
    answer.setTxid(message.getTxid());
    answer.setChannelId(message.getChannelId());
    try {
      const handler = this.#handlers.get(message.getType()) ?? ((): never => refuse('not a request for state'));
      answer.setPayload(await handler(message.getPayload_asU8()));
      answer.setType(Type.RESPONSE);
    } catch (error) {
      const text = `${messageTypeName(message.getType())} failed: transaction ID: ${this.#txId}: ${messageOf(error)}`;
      answer.setPayload(Buffer.from(text));
      answer.setType(Type.ERROR);
    }
    return answer;
  }

  #getState(payload: Uint8Array): Uint8Array {
    const request = peer.GetState.deserializeBinary(payload);
    this.#refuseCollection(request.getCollection());
    return this.#simulator.get(this.#namespace, request.getKey()) ?? NOTHING;
  }

  #putState(payload: Uint8Array): Uint8Array {
    const request = peer.PutState.deserializeBinary(payload);
    this.#refuseCollection(request.getCollection());
    this.#simulator.put(this.#namespace, request.getKey(), request.getValue_asU8());
    return NOTHING;
  }

  #getStateMultiple(payload: Uint8Array): Uint8Array {
    const request = peer.GetStateMultiple.deserializeBinary(payload);
    this.#refuseCollection(request.getCollection());
    const result = new peer.GetStateMultipleResult();
    result.setValuesList(request.getKeysList().map((key) => this.#simulator.get(this.#namespace, key) ?? NOTHING));
    return result.serializeBinary();
  }

  #writeBatch(payload: Uint8Array): Uint8Array {
    const { PUT_STATE, DEL_STATE } = peer.WriteRecord.Type;
    for (const record of peer.WriteBatchState.deserializeBinary(payload).getRecList()) {
      this.#refuseCollection(record.getCollection());
      const type = record.getType();
      if (type === PUT_STATE) this.#simulator.put(this.#namespace, record.getKey(), record.getValue_asU8());
      else if (type === DEL_STATE) this.#simulator.delete(this.#namespace, record.getKey());
      else refuse(unsupported('state metadata and private data in a batch of writes'));
    }
    return NOTHING;
  }

  #deleteState(payload: Uint8Array): Uint8Array {
    const request = peer.DelState.deserializeBinary(payload);
    this.#refuseCollection(request.getCollection());
    this.#simulator.delete(this.#namespace, request.getKey());
    return NOTHING;
  }

  /** No key has metadata here; Fabric notes the read all the same. */
  #getStateMetadata(payload: Uint8Array): Uint8Array {
    const request = peer.GetStateMetadata.deserializeBinary(payload);
    this.#refuseCollection(request.getCollection());
    this.#simulator.get(this.#namespace, request.getKey());
    return new peer.StateMetadataResult().serializeBinary();
  }

  #getPrivateDataHash(payload: Uint8Array): never {
    const collection = peer.GetState.deserializeBinary(payload).getCollection();
    return refuse(`collection [${collection}] not defined in the collection config for chaincode [${this.#namespace}]`);
  }

  #purgePrivateData(payload: Uint8Array): Uint8Array {
    this.#refuseCollection(peer.PurgePrivateState.deserializeBinary(payload).getCollection());
    return NOTHING;
  }

  /** No chaincode has collections here. */
  #refuseCollection(collection: string): void {
    if (collection === '') return;
    refuse(`collection ${this.#channel}/${this.#namespace}/${collection} could not be found`);
  }

  #invokeChaincode(payload: Uint8Array): never {
    const called = peer.ChaincodeSpec.deserializeBinary(payload).getChaincodeId()?.getName() ?? '';
    const [chaincode = '', channel = this.#channel] = called.split('/');
    if (chaincode === this.#namespace && channel === this.#channel) {
      return refuse(`execute failed: error sending: txid: ${this.#txId}(${channel}) exists`);
    }
    if (!this.#isDefined(channel, chaincode)) {
      return refuse(
        `execute failed: invalid invocation: [channel ${channel}] failed to get chaincode container info for ${chaincode}: chaincode ${chaincode} not found`,
      );
    }
    return refuse(unsupported('a chaincode calling another'));
  }

  async #getStateByRange(payload: Uint8Array): Promise<Uint8Array> {
    const request = peer.GetStateByRange.deserializeBinary(payload);
    this.#refuseCollection(request.getCollection());
    const metadata = peer.QueryMetadata.deserializeBinary(request.getMetadata_asU8());
    const pageSize = metadata.getPagesize();
    const paginated = pageSize !== 0 || metadata.getBookmark() !== '';
    const startKey = metadata.getBookmark() || request.getStartkey();
    const cursor = paginated
      ? this.#simulator.page(this.#namespace, startKey, request.getEndkey(), pageSize)
      : this.#simulator.range(this.#namespace, request.getStartkey(), request.getEndkey());
    const id = randomUUID();
    this.#queries.set(id, { cursor, pending: [], taken: 0 });
    if (!paginated) return this.#nextBatch(id);
    const limit = pageSize > 0 ? Math.min(pageSize, this.#totalQueryLimit) : this.#totalQueryLimit;
    return this.#onePage(id, limit);
  }

  async #queryNext(payload: Uint8Array): Promise<Uint8Array> {
    const id = peer.QueryStateNext.deserializeBinary(payload).getId();
    if (!this.#queries.has(id)) return refuse('query iterator not found');
    return this.#nextBatch(id);
  }

  async #queryClose(payload: Uint8Array): Promise<Uint8Array> {
    const id = peer.QueryStateClose.deserializeBinary(payload).getId();
    await this.#end(id);
    return response(id, [], this.#namespace).serializeBinary();
  }

  /** A batch is complete only when a result beyond it was seen, which then opens the next. */
  async #nextBatch(id: string): Promise<Uint8Array> {
    const query = this.#queries.get(id) as OpenQuery;
    while (query.taken < this.#totalQueryLimit) {
      const entry = await query.cursor.next();
      if (!entry) break;
      query.taken += 1;
      if (query.pending.length === BATCH_SIZE) {
        const batch = response(id, query.pending, this.#namespace);
        batch.setHasMore(true);
        query.pending = [entry];
        return batch.serializeBinary();
      }
      query.pending.push(entry);
    }
    await this.#end(id);
    return response(id, query.pending, this.#namespace).serializeBinary();
  }

  async #onePage(id: string, limit: number): Promise<Uint8Array> {
    const { cursor } = this.#queries.get(id) as OpenQuery;
    const page: StateEntry[] = [];
    while (page.length < limit) {
      const entry = await cursor.next();
      if (!entry) break;
      page.push(entry);
    }
    const metadata = new peer.QueryResponseMetadata();
    metadata.setFetchedRecordsCount(page.length);
    metadata.setBookmark(await cursor.bookmark());
    this.#queries.delete(id);
    const answer = response(id, page, this.#namespace);
    answer.setMetadata(metadata.serializeBinary());
    return answer.serializeBinary();
  }

  async #end(id: string): Promise<void> {
    const query = this.#queries.get(id);
    this.#queries.delete(id);
    await query?.cursor.close();
  }
}

function response(id: string, entries: readonly StateEntry[], namespace: string): peer.QueryResponse {
  const message = new peer.QueryResponse();
  message.setId(id);
  message.setHasMore(false);
  message.setResultsList(
    entries.map(({ key, value }) => {
      const kv = new ledger.queryresult.KV();
      kv.setNamespace(namespace);
      kv.setKey(key);
      kv.setValue(value);
      const result = new peer.QueryResultBytes();
      result.setResultbytes(kv.serializeBinary());
      return result;
    }),
  );
  return message;
}

function unsupported(what: string): string {
  return `${what} is not supported by the embedded ledger`;
}

function refuse(text: string): never {
  throw new Error(text);
}
