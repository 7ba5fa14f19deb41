import { canonicalJson, decodeJson, type Decoder, type Json, type Page, ProtocolError } from '@chargecast/protocol';
import { type ChaincodeStub, type QueryResponseMetadata } from 'fabric-shim-api';
import { type StateBatches } from './state-batches';

/** The part of the shim's stub that rules may use: no clock, no identity, no history. */
export type StateStub = Pick<
  ChaincodeStub,
  'getState' | 'putState' | 'getStateByRange' | 'getStateByRangeWithPagination'
>;

/** Keys of `standing` to what their text was decoded to, which depends on the text alone. */
const decoded = new Map<string, { readonly source: string; readonly decoder: unknown; readonly value: unknown }>();

/**
 * World state of one transaction. A transaction does not see its own writes, so a key read once is known: each is asked
 * of the peer once. Writes wait for `flush`, so that they go together.
 */
export class WorldState {
  readonly #stub: StateStub;
  readonly #batches: StateBatches | undefined;
  readonly #read = new Map<string, Promise<Uint8Array>>();
  readonly #written = new Map<string, Uint8Array>();

  constructor(stub: StateStub, batches?: StateBatches) {
    this.#stub = stub;
    this.#batches = batches;
  }

  /**
   * Reads keys that will be asked for, together where the peer offers it. Only such as are asked for whatever the others
   * hold: what a transaction reads must not depend on the peer.
   */
  async fetch(keys: Iterable<string>): Promise<void> {
    const wanted = [...new Set(keys)].filter((key) => !this.#read.has(key));
    const batches = this.#batches;
    if (!batches || batches.readsAtOnce === 0 || wanted.length === 1) {
      await Promise.all(wanted.map((key) => this.#ask(key)));
      return;
    }
    for (const part of parts(wanted, batches.readsAtOnce)) {
      const values = await batches.read(part);
      for (const [index, key] of part.entries()) this.#read.set(key, Promise.resolve(values[index] as Uint8Array));
    }
  }

  /** Sends what was written; the transaction ends with it. */
  async flush(): Promise<void> {
    const entries = [...this.#written];
    this.#written.clear();
    const batches = this.#batches;
    if (!batches || batches.writesAtOnce === 0) {
      await Promise.all(entries.map(([key, value]) => this.#stub.putState(key, value)));
      return;
    }
    for (const part of parts(entries, batches.writesAtOnce)) await batches.write(part);
  }

  async has(key: string): Promise<boolean> {
    return (await this.bytes(key)) !== undefined;
  }

  async bytes(key: string): Promise<Uint8Array | undefined> {
    const value = await (this.#read.get(key) ?? this.#ask(key));
    return value.length > 0 ? value : undefined;
  }

  async text(key: string): Promise<string | undefined> {
    const value = await this.bytes(key);
    return value && toText(value);
  }

  async json<T>(key: string, decoder: Decoder<T>): Promise<T | undefined> {
    const source = await this.text(key);
    return source === undefined ? undefined : decodeJson(source, decoder, key);
  }

  /** As `json`, for the few documents that every transaction reads: each is decoded when its text has changed. */
  async standing<T>(key: string, decoder: Decoder<T>): Promise<T | undefined> {
    const source = await this.text(key);
    if (source === undefined) return undefined;
    const last = decoded.get(key);
    if (last?.source === source && last.decoder === decoder) return last.value as T;
    const value = decodeJson(source, decoder, key);
    decoded.set(key, { source, decoder, value });
    return value;
  }

  async putBytes(key: string, value: Uint8Array): Promise<void> {
    this.#written.set(key, value);
  }

  async putText(key: string, value: string): Promise<void> {
    await this.putBytes(key, Buffer.from(value, 'utf8'));
  }

  async putJson(key: string, value: object): Promise<void> {
    await this.putText(key, canonicalJson(value as Json));
  }

  #ask(key: string): Promise<Uint8Array> {
    const reading = this.#stub.getState(key);
    this.#read.set(key, reading);
    return reading;
  }

  /** All of a key range, at most `max`; for queries. */
  async all<T>([start, end]: readonly [string, string], max: number, decoder: Decoder<T>): Promise<T[]> {
    const iterator = await this.#stub.getStateByRange(start, end);
    const items: T[] = [];
    try {
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
        if (items.length === max) throw new ProtocolError('E_TOO_MANY', `more than ${max} entries; read the blocks`);
        items.push(decodeJson(toText(next.value.value), decoder, next.value.key));
      }
    } finally {
      await iterator.close();
    }
    return items;
  }

  /** A page of a key range, for queries only: Fabric refuses updates after a paged range. */
  async page<T>(
    [start, end]: readonly [string, string],
    pageSize: number,
    bookmark: string,
    read: (key: string, value: Uint8Array) => T,
  ): Promise<Page<T>> {
    const response = await this.#stub.getStateByRangeWithPagination(start, end, pageSize, bookmark);
    const { iterator } = response;
    // An empty page's metadata is an empty message, which the shim takes for none, whatever its types say.
    const metadata: Partial<QueryResponseMetadata> = response.metadata ?? {};
    const items: T[] = [];
    try {
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
        const { key, value } = next.value;
        // A bookmark replaces the start of the range: one that was made up would open another family of keys.
        if (key < start || key >= end) {
          throw new ProtocolError('E_ARGUMENTS', 'bookmark is what the page before returned, or empty');
        }
        items.push(read(key, value));
      }
    } finally {
      await iterator.close();
    }
    return { items, bookmark: metadata.bookmark ?? '' };
  }
}

function* parts<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}

export const toText = (value: Uint8Array): string => Buffer.from(value).toString('utf8');
