import { RangeReads } from './range-reads';
import { ReadWriteSet } from './rwset';
import { type StateEntry, type StateSnapshot } from './store';

/**
 * One execution of a transaction against the state as it stood when the proposal came: reads never see the
 * transaction's own writes, and everything read or written is noted.
 */
export class Simulator {
  readonly #snapshot: StateSnapshot;
  readonly #txId: string;
  readonly #set = new ReadWriteSet();
  readonly #ranges: { readonly namespace: string; readonly cursor: RangeCursor }[] = [];
  #wrote = false;
  #paginated = false;

  constructor(snapshot: StateSnapshot, txId: string) {
    this.#snapshot = snapshot;
    this.#txId = txId;
  }

  get(namespace: string, key: string): Uint8Array | undefined {
    const found = this.#snapshot.get(namespace, key);
    this.#set.addRead(namespace, key, found?.version);
    return found?.value;
  }

  /** @throws Error with Fabric's text after a paginated query: those belong to read-only transactions */
  put(namespace: string, key: string, value: Uint8Array): void {
    if (this.#paginated) {
      throw new Error(
        `txid [${this.#txId}]: unsuppored transaction. Transaction has already performed a paginated query. Writes are not allowed`,
      );
    }
    this.#wrote = true;
    this.#set.addWrite(namespace, key, value);
  }

  delete(namespace: string, key: string): void {
    this.put(namespace, key, new Uint8Array());
  }

  range(namespace: string, startKey: string, endKey: string): RangeCursor {
    const cursor = new RangeCursor(this.#snapshot.range(namespace, startKey, endKey), startKey, endKey, 0);
    this.#ranges.push({ namespace, cursor });
    return cursor;
  }

  /** @throws Error with Fabric's text after a write */
  page(namespace: string, startKey: string, endKey: string, pageSize: number): RangeCursor {
    if (this.#wrote) {
      throw new Error(
        `txid [${this.#txId}]: unsuppored transaction. Paginated queries are supported only in a read-only transaction`,
      );
    }
    this.#paginated = true;
    const cursor = new RangeCursor(this.#snapshot.range(namespace, startKey, endKey), startKey, endKey, pageSize);
    this.#ranges.push({ namespace, cursor });
    return cursor;
  }

  /** The read-write set; the simulation ends with it. */
  async finish(): Promise<Uint8Array> {
    await this.close();
    for (const { namespace, cursor } of this.#ranges) this.#set.addRangeQuery(namespace, cursor.query());
    return this.#set.serialize();
  }

  async close(): Promise<void> {
    await Promise.all(this.#ranges.map(({ cursor }) => cursor.close()));
  }
}

/** Results of a range query, taken one at a time. */
export class RangeCursor {
  readonly #entries: AsyncIterator<StateEntry>;
  readonly #startKey: string;
  readonly #queryEndKey: string;
  readonly #limit: number;
  readonly #reads = new RangeReads();
  #lastKey = '';
  #taken = 0;
  #exhausted = false;
  #closed = false;

  /** @param limit results after which the query counts as exhausted; 0: none */
  constructor(entries: AsyncIterable<StateEntry>, startKey: string, endKey: string, limit: number) {
    this.#entries = entries[Symbol.asyncIterator]();
    this.#startKey = startKey;
    this.#queryEndKey = endKey;
    this.#limit = limit;
  }

  async next(): Promise<StateEntry | undefined> {
    const entry = this.#limit > 0 && this.#taken >= this.#limit ? undefined : await this.#advance();
    if (!entry) {
      this.#exhausted = true;
      return undefined;
    }
    this.#taken += 1;
    this.#lastKey = entry.key;
    this.#reads.add(entry.key, entry.version);
    return entry;
  }

  /** The key after the last one taken, from which a further page starts; empty at the end. */
  async bookmark(): Promise<string> {
    const entry = await this.#advance();
    await this.close();
    return entry?.key ?? '';
  }

  query(): { startKey: string; endKey: string; exhausted: boolean; reads: RangeReads } {
    return {
      startKey: this.#startKey,
      endKey: this.#exhausted ? this.#queryEndKey : this.#lastKey,
      exhausted: this.#exhausted,
      reads: this.#reads,
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#entries.return?.();
  }

  async #advance(): Promise<StateEntry | undefined> {
    if (this.#closed) return undefined;
    const result = await this.#entries.next();
    return result.done ? undefined : result.value;
  }
}
