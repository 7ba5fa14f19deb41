import { createHash } from 'node:crypto';

import { ledger } from '@hyperledger/fabric-protos';

import { type Version } from './store';

const { kvrwset } = ledger.rwset;
type KVRead = ledger.rwset.kvrwset.KVRead;
type QueryReads = ledger.rwset.kvrwset.QueryReads;
type MerkleSummary = ledger.rwset.kvrwset.QueryReadsMerkleSummary;

/** Results of a range query up to which they stand in the read set one by one, as in Fabric. */
export const MAX_DEGREE = 50;

export function kvRead(key: string, version: Version | undefined): KVRead {
  const read = new kvrwset.KVRead();
  read.setKey(key);
  if (version) read.setVersion(protoVersion(version));
  return read;
}

function protoVersion({ block, transaction }: Version): ledger.rwset.kvrwset.Version {
  const version = new kvrwset.Version();
  version.setBlockNum(block);
  version.setTxNum(transaction);
  return version;
}

/**
 * What a transaction keeps of a range query's results, for the phantom check: the reads themselves, or, of more than
 * `maxDegree`, the top level of a tree of SHA-256 hashes over groups of `maxDegree + 1`.
 */
export class RangeReads {
  readonly #maxDegree: number;
  #pending: KVRead[] = [];
  /** Hashes at level 1 and up; a level holds at most `maxDegree` between two additions. */
  readonly #levels: Buffer[][] = [];

  constructor(maxDegree = MAX_DEGREE) {
    this.#maxDegree = maxDegree;
  }

  add(key: string, version: Version): void {
    this.#pending.push(kvRead(key, version));
    if (this.#pending.length > this.#maxDegree) this.#hashPending();
  }

  /** To be called once, after the last result. */
  finish(): { readonly raw: QueryReads } | { readonly merkle: MerkleSummary } {
    if (this.#levels.length === 0) return { raw: queryReads(this.#pending) };
    if (this.#pending.length > 0) this.#hashPending();
    return { merkle: this.#summary(this.#closeTree()) };
  }

  #hashPending(): void {
    this.#addHash(0, sha256([queryReads(this.#pending).serializeBinary()]));
    this.#pending = [];
  }

  #addHash(level: number, hash: Buffer): void {
    const hashes = (this.#levels[level] ??= []);
    hashes.push(hash);
    if (hashes.length <= this.#maxDegree) return;
    this.#levels[level] = [];
    this.#addHash(level + 1, sha256(hashes));
  }

  /** Lifts what stands at lower levels up to the highest; @returns that level, counted from 1. */
  #closeTree(): number {
    for (let level = 0; level < this.#levels.length - 1; level++) {
      const hashes = this.#levels[level] as Buffer[];
      if (hashes.length === 0) continue;
      this.#levels[level] = [];
      (this.#levels[level + 1] as Buffer[]).push(hashes.length === 1 ? (hashes[0] as Buffer) : sha256(hashes));
    }
    const top = this.#levels[this.#levels.length - 1] as Buffer[];
    if (top.length > this.#maxDegree) this.#levels.push([sha256(top)]);
    return this.#levels.length;
  }

  #summary(level: number): MerkleSummary {
    const summary = new kvrwset.QueryReadsMerkleSummary();
    summary.setMaxDegree(this.#maxDegree);
    summary.setMaxLevel(level);
    summary.setMaxLevelHashesList(this.#levels[level - 1] as Buffer[]);
    return summary;
  }
}

function queryReads(reads: KVRead[]): QueryReads {
  const message = new kvrwset.QueryReads();
  message.setKvReadsList(reads);
  return message;
}

function sha256(parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
