import { ledger } from '@hyperledger/fabric-protos';

import { kvRead, type RangeReads } from './range-reads';
import { type Version } from './store';

const { kvrwset, TxReadWriteSet, NsReadWriteSet } = ledger.rwset;

/** One range query of a transaction: what was asked and how far the results were read. */
export interface RangeQuery {
  readonly startKey: string;
  /** The query's end where `exhausted`, else the last key read. */
  readonly endKey: string;
  readonly exhausted: boolean;
  readonly reads: RangeReads;
}

interface NamespaceSet {
  readonly reads: Map<string, Version | undefined>;
  readonly writes: Map<string, Uint8Array>;
  readonly ranges: Map<string, RangeQuery>;
}

/** Collects what a transaction read and wrote, and writes it as Fabric does: keys sorted, the last write counts. */
export class ReadWriteSet {
  readonly #namespaces = new Map<string, NamespaceSet>();

  addRead(namespace: string, key: string, version: Version | undefined): void {
    this.#namespace(namespace).reads.set(key, version);
  }

  /** An empty value deletes the key. */
  addWrite(namespace: string, key: string, value: Uint8Array): void {
    this.#namespace(namespace).writes.set(key, value);
  }

  addRangeQuery(namespace: string, query: RangeQuery): void {
    const { ranges } = this.#namespace(namespace);
    const key = JSON.stringify([query.startKey, query.endKey, query.exhausted]);
    if (!ranges.has(key)) ranges.set(key, query);
  }

  serialize(): Uint8Array {
    const message = new TxReadWriteSet();
    message.setDataModel(TxReadWriteSet.DataModel.KV);
    message.setNsRwsetList(
      sorted(this.#namespaces).map(([namespace, set]) => {
        const entry = new NsReadWriteSet();
        entry.setNamespace(namespace);
        entry.setRwset(serializeNamespace(set));
        return entry;
      }),
    );
    return message.serializeBinary();
  }

  #namespace(name: string): NamespaceSet {
    let set = this.#namespaces.get(name);
    if (!set) {
      set = { reads: new Map(), writes: new Map(), ranges: new Map() };
      this.#namespaces.set(name, set);
    }
    return set;
  }
}

function serializeNamespace({ reads, writes, ranges }: NamespaceSet): Uint8Array {
  const message = new kvrwset.KVRWSet();
  message.setReadsList(sorted(reads).map(([key, version]) => kvRead(key, version)));
  message.setRangeQueriesInfoList([...ranges.values()].map(rangeQueryInfo));
  message.setWritesList(
    sorted(writes).map(([key, value]) => {
      const write = new kvrwset.KVWrite();
      write.setKey(key);
      write.setIsDelete(value.length === 0);
      write.setValue(value);
      return write;
    }),
  );
  return message.serializeBinary();
}

function rangeQueryInfo({ startKey, endKey, exhausted, reads }: RangeQuery): ledger.rwset.kvrwset.RangeQueryInfo {
  const info = new kvrwset.RangeQueryInfo();
  info.setStartKey(startKey);
  info.setEndKey(endKey);
  info.setItrExhausted(exhausted);
  const results = reads.finish();
  if ('merkle' in results) info.setReadsMerkleHashes(results.merkle);
  else if (results.raw.getKvReadsList().length > 0) info.setRawReads(results.raw);
  return info;
}

function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => compareKeys(a, b));
}

/** Order of the keys' UTF-8 bytes, in which both ledgers keep them (that of UTF-16 differs beyond the basic plane). */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
