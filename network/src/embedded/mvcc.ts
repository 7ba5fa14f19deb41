import { type ledger, peer } from '@hyperledger/fabric-protos';

import { RangeReads } from './range-reads';
import { compareKeys } from './rwset';
import { type StateEntry, type StateUpdate, type Store, type Version } from './store';
import { type NamespaceChanges } from './transaction';

type KVRWSet = ledger.rwset.kvrwset.KVRWSet;
type RangeQueryInfo = ledger.rwset.kvrwset.RangeQueryInfo;
type ProtoVersion = ledger.rwset.kvrwset.Version;

const Code = peer.TxValidationCode;
type Conflict = typeof Code.MVCC_READ_CONFLICT | typeof Code.PHANTOM_READ_CONFLICT;

/** State as it will be after the block's transactions so far: the store's, under their writes. */
export class PendingState {
  readonly #store: Store;
  readonly #updates = new Map<string, Map<string, StateUpdate>>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** @returns the conflict with the state or an earlier transaction of the block, if any */
  async conflict(namespaces: readonly NamespaceChanges[]): Promise<Conflict | undefined> {
    for (const { namespace, set } of namespaces) {
      if (!this.#readsHold(namespace, set)) return Code.MVCC_READ_CONFLICT;
      for (const query of set.getRangeQueriesInfoList()) {
        if (!(await this.#rangeHolds(namespace, query))) return Code.PHANTOM_READ_CONFLICT;
      }
    }
    return undefined;
  }

  apply(namespaces: readonly NamespaceChanges[], version: Version): void {
    for (const { namespace, set } of namespaces) {
      for (const write of set.getWritesList()) {
        const value = write.getValue_asU8();
        const deleted = write.getIsDelete() || value.length === 0;
        this.#namespace(namespace).set(write.getKey(), {
          namespace,
          key: write.getKey(),
          value: deleted ? undefined : value,
          version,
        });
      }
    }
  }

  *updates(): Generator<StateUpdate> {
    for (const updates of this.#updates.values()) yield* updates.values();
  }

  #namespace(name: string): Map<string, StateUpdate> {
    let updates = this.#updates.get(name);
    if (!updates) {
      updates = new Map();
      this.#updates.set(name, updates);
    }
    return updates;
  }

  #readsHold(namespace: string, set: KVRWSet): boolean {
    const updates = this.#updates.get(namespace);
    return set.getReadsList().every((read) => {
      const key = read.getKey();
      return !updates?.has(key) && sameVersion(this.#store.version(namespace, key), read.getVersion());
    });
  }

  /** The query asked again gives the same keys at the same versions. */
  async #rangeHolds(namespace: string, query: RangeQueryInfo): Promise<boolean> {
    const expected = query.getReadsMerkleHashes();
    if (expected && expected.getMaxDegree() < 2) return false;
    const reads = new RangeReads(expected ? expected.getMaxDegree() : Number.POSITIVE_INFINITY);
    for await (const { key, version } of this.#range(namespace, query)) reads.add(key, version);
    const found = reads.finish();
    if ('merkle' in found) return expected !== undefined && sameBytes(found.merkle, expected);
    return expected === undefined && sameReads(found.raw, query.getRawReads());
  }

  async *#range(namespace: string, query: RangeQueryInfo): AsyncGenerator<StateEntry> {
    const [start, end] = [query.getStartKey(), query.getEndKey()];
    const includesEnd = !query.getItrExhausted();
    const updates = this.#updatesBetween(namespace, start, end, includesEnd);
    let next = 0;
    for await (const entry of this.#committedBetween(namespace, start, end, includesEnd)) {
      for (; next < updates.length && compareKeys((updates[next] as StateUpdate).key, entry.key) < 0; next++) {
        yield* present(updates[next] as StateUpdate);
      }
      if (updates[next]?.key === entry.key) yield* present(updates[next++] as StateUpdate);
      else yield entry;
    }
    for (; next < updates.length; next++) yield* present(updates[next] as StateUpdate);
  }

  async *#committedBetween(
    namespace: string,
    start: string,
    end: string,
    includesEnd: boolean,
  ): AsyncGenerator<StateEntry> {
    // The key right after `end` in byte order is `end` with a zero byte.
    yield* this.#store.range(namespace, start, includesEnd ? `${end}\0` : end);
  }

  #updatesBetween(namespace: string, start: string, end: string, includesEnd: boolean): StateUpdate[] {
    const beforeEnd = (key: string): boolean => {
      if (end === '' && !includesEnd) return true;
      const order = compareKeys(key, end);
      return order < 0 || (includesEnd && order === 0);
    };
    return [...(this.#updates.get(namespace)?.values() ?? [])]
      .filter(({ key }) => compareKeys(key, start) >= 0 && beforeEnd(key))
      .sort((a, b) => compareKeys(a.key, b.key));
  }
}

function* present({ key, value, version }: StateUpdate): Generator<StateEntry> {
  if (value !== undefined) yield { key, value, version };
}

function sameVersion(committed: Version | undefined, read: ProtoVersion | undefined): boolean {
  if (!committed || !read) return !committed && !read;
  return committed.block === read.getBlockNum() && committed.transaction === read.getTxNum();
}

function sameReads(
  found: ledger.rwset.kvrwset.QueryReads,
  expected: ledger.rwset.kvrwset.QueryReads | undefined,
): boolean {
  const [a, b] = [found.getKvReadsList(), expected?.getKvReadsList() ?? []];
  return a.length === b.length && a.every((read, index) => sameBytes(read, b[index] as typeof read));
}

interface Serializable {
  serializeBinary(): Uint8Array;
}

function sameBytes(a: Serializable, b: Serializable): boolean {
  return Buffer.compare(a.serializeBinary(), b.serializeBinary()) === 0;
}
