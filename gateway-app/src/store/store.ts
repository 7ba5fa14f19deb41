/**
 * The embedded database of a role. Keys are strings ordered by their UTF-8 bytes, values bytes. Every write is atomic and
 * synced to disk before its promise resolves. Sub-stores share one database, so one batch may span them.
 */
export interface Store {
  get(key: string): Promise<Uint8Array | undefined>;
  has(key: string): Promise<boolean>;
  put(key: string, value: Uint8Array): Promise<void>;
  del(key: string): Promise<void>;
  /** Collects writes to this store and any other sub-store of the same database. */
  batch(): Batch;
  /** In key order, over a snapshot taken at the first step. */
  entries(range?: KeyRange): AsyncIterable<StoreEntry>;
  /** @param name letters, digits, `.`, `_`, `-` */
  sub(name: string, options?: SubStoreOptions): Store;
  /**
   * A number never given before under this name on this database, durable before it resolves; gaps occur.
   * @param count so many in a row are taken, of which this is the first
   */
  nextCounter(name: string, count?: number): Promise<bigint>;
  /** Closes the whole database; sub-stores with it. */
  close(): Promise<void>;
}

/** All or nothing. Nothing is written before `commit`; a batch is used once. */
export interface Batch {
  /** @param value its bytes, or what they consist of */
  put(store: Store, key: string, value: Uint8Array | readonly Uint8Array[]): this;
  del(store: Store, key: string): this;
  readonly size: number;
  commit(): Promise<void>;
}

export interface KeyRange {
  readonly prefix?: string;
  readonly gt?: string;
  readonly gte?: string;
  readonly lt?: string;
  readonly lte?: string;
  readonly limit?: number;
  readonly reverse?: boolean;
}

export interface StoreEntry {
  readonly key: string;
  readonly value: Uint8Array;
}

export interface SubStoreOptions {
  /**
   * For sealed stores: keys lie on disk as HMACs, for keys that name somebody. `entries` then gives the clear keys in an
   * order without meaning and takes no bounds but `limit` (E_STORE_HIDDEN_RANGE).
   */
  readonly hiddenKeys?: boolean;
  /** Long values lie in files beside the database, which is faster to write: for σ's and blocks, written once. */
  readonly largeValues?: boolean;
}

/** A number as a key part whose text order is its order: 16 hex digits. */
export function orderedKey(number: bigint | number): string {
  return BigInt(number).toString(16).padStart(16, '0');
}

export async function getJson<T>(store: Store, key: string): Promise<T | undefined> {
  const value = await store.get(key);
  return value && fromJson<T>(value);
}

export function toJson(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

/** For values this process wrote itself with `toJson`. */
export function fromJson<T>(bytes: Uint8Array): T {
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as T;
}
