import { createHash } from 'node:crypto';

import { common, ledger, msp, type peer } from '@hyperledger/fabric-protos';

import { blockHash, dataHash, envelopesOf, validationCodes } from '../embedded/blocks';
import { type Identities } from '../embedded/identities';
import {
  type Action,
  checkTransactionId,
  readAction,
  readChannelHeader,
  readEndorsedAction,
  readHeader,
} from '../embedded/transaction';
import { type Json, validationCode } from './outcome';
import { type Labelled, textOf } from './session';

type KVRWSet = ledger.rwset.kvrwset.KVRWSet;
type Version = ledger.rwset.kvrwset.Version | undefined;

/** Fabric's chaincode definitions stand there; every read set on Fabric names them. */
const LIFECYCLE = '_lifecycle';
/** Writes beyond which a set is shown by its digest. */
const SHOWN_WRITES = 8;
const SHOWN_BYTES = 64;

/** The chain of one channel as the steps left it. */
export class ChainRecord {
  readonly #blocks: readonly common.Block[];
  /** By transaction id. */
  readonly #steps: ReadonlyMap<string, string>;
  readonly #identities: Identities;
  readonly #writers = new Map<string, string>();

  /** @param blocks all of them, from block 0 */
  constructor(blocks: readonly common.Block[], labelled: readonly Labelled[], identities: Identities) {
    this.#blocks = blocks;
    this.#steps = new Map(labelled.map(({ transactionId, step }) => [transactionId, step]));
    this.#identities = identities;
  }

  /** Rules every block keeps, each with whether all did. */
  rules(): Json {
    const headers = this.#blocks.map((block) => block.getHeader() ?? new common.BlockHeader());
    const every = (holds: (block: common.Block, index: number) => boolean): boolean => this.#blocks.every(holds);
    return {
      'numbers follow each other from 0': headers.every((header, index) => header.getNumber() === index),
      'block 0 names no previous hash': headers[0]?.getPreviousHash_asU8().length === 0,
      'each names SHA-256 of DER(number, previous hash, data hash) of the one before': headers.every(
        (header, index) =>
          index === 0 || blockHash(headers[index - 1] as common.BlockHeader).equals(header.getPreviousHash_asU8()),
      ),
      'data hash is SHA-256 of the envelopes': every((block, index) =>
        dataHash(envelopesOf(block)).equals((headers[index] as common.BlockHeader).getDataHash_asU8()),
      ),
      'one validation code a transaction': every(
        (block) => validationCodes(block).length === envelopesOf(block).length,
      ),
      'no block is empty': every((block) => envelopesOf(block).length > 0),
    };
  }

  /** The script's transactions by step; where one ordered several, the second in the chain is `<step> #2`, and so on. */
  transactions(): Readonly<Record<string, Json>> {
    const found: Record<string, Json> = {};
    const counts = new Map<string, number>();
    for (const block of this.#blocks) {
      const codes = validationCodes(block);
      for (const [index, bytes] of envelopesOf(block).entries()) {
        const envelope = common.Envelope.deserializeBinary(bytes);
        const step = this.#steps.get(readChannelHeader(envelope)?.getTxId() ?? '');
        if (step === undefined) continue;
        const count = (counts.get(step) ?? 0) + 1;
        counts.set(step, count);
        const label = count === 1 ? step : `${step} #${count}`;
        this.#writers.set(`${block.getHeader()?.getNumber() ?? 0}:${index}`, label);
        const contents = readable(() => this.#contents(envelope));
        found[label] = { code: validationCode(codes[index] ?? -1), ...(contents ?? { readable: false }) };
      }
    }
    return found;
  }

  #contents(envelope: common.Envelope): Record<string, Json> {
    const { header, data } = readHeader(envelope);
    checkTransactionId(header);
    const action = readAction(header, readEndorsedAction(header, data));
    return { creator: this.#mspId(header.creator), ...this.#action(action, header.txId) };
  }

  #action(action: Action, transactionId: string): Record<string, Json> {
    const { event } = action;
    const namespaces = action.namespaces.filter(({ namespace }) => namespace !== LIFECYCLE);
    return {
      chaincode: action.chaincodeName,
      endorsements: action.endorsements.length,
      endorsementsHold: action.endorsements.every((endorsement) => this.#holds(action.responsePayload, endorsement)),
      event: event ? { name: event.getEventName(), payload: textOf(event.getPayload_asU8()) } : null,
      readWriteSet: namespaces.map(({ namespace, set }) => ({
        namespace,
        ...this.#set(withoutId(set, transactionId)),
      })),
    };
  }

  /** Signed by the endorser over response payload ‖ endorser. */
  #holds(responsePayload: Uint8Array, endorsement: peer.Endorsement): boolean {
    const endorser = endorsement.getEndorser_asU8();
    const identity = this.#identities.find(endorser);
    return identity?.verify(Buffer.concat([responsePayload, endorser]), endorsement.getSignature_asU8()) ?? false;
  }

  #mspId(creator: Uint8Array): string {
    return msp.SerializedIdentity.deserializeBinary(creator).getMspid();
  }

  #set(set: KVRWSet): Record<string, Json> {
    const reads = set.getReadsList().map((read) => this.#read(read));
    const ranges = set.getRangeQueriesInfoList().map((range) => this.#range(range));
    const writes = set.getWritesList().map((write) => ({
      key: write.getKey(),
      ...(write.getIsDelete() ? { delete: true } : { value: shownBytes(write.getValue_asU8()) }),
    }));
    return {
      reads,
      ranges,
      writes: writes.length > SHOWN_WRITES ? digestOf(writes) : writes,
      // Versions are block numbers; where there are none, the bytes themselves are to be equal.
      bytes: sha256(withoutVersions(set).serializeBinary()),
    };
  }

  #read(read: ledger.rwset.kvrwset.KVRead): Json {
    return { key: read.getKey(), version: this.#version(read.getVersion()) };
  }

  #range(range: ledger.rwset.kvrwset.RangeQueryInfo): Json {
    const [raw, tree] = [range.getRawReads()?.getKvReadsList(), range.getReadsMerkleHashes()];
    const reads = raw?.map((read) => this.#read(read)) ?? [];
    return {
      from: range.getStartKey(),
      to: range.getEndKey(),
      exhausted: range.getItrExhausted(),
      reads: reads.length > SHOWN_WRITES ? digestOf(reads) : reads,
      ...(tree && {
        tree: {
          degree: tree.getMaxDegree(),
          level: tree.getMaxLevel(),
          hashes: tree.getMaxLevelHashesList_asU8().length,
        },
      }),
    };
  }

  /** By the step whose transaction wrote it. */
  #version(version: Version): Json {
    if (!version) return null;
    return this.#writers.get(`${version.getBlockNum()}:${version.getTxNum()}`) ?? 'before the script';
  }
}

/** Undefined for a transaction that was altered beyond reading: both ledgers then give only a code. */
function readable<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** The transaction's own id, as text or as bytes, made zero wherever the chaincode wrote it. */
function withoutId(set: KVRWSet, transactionId: string): KVRWSet {
  const bytes = Buffer.from(set.serializeBinary());
  for (const id of [Buffer.from(transactionId), Buffer.from(transactionId, 'hex')]) {
    for (let at = bytes.indexOf(id); at >= 0; at = bytes.indexOf(id))
      bytes.fill(id.length === 64 ? '0' : 0, at, at + id.length);
  }
  return ledger.rwset.kvrwset.KVRWSet.deserializeBinary(bytes);
}

/** Block numbers and all that is hashed over them taken out. */
function withoutVersions(set: KVRWSet): KVRWSet {
  const clean = set.clone();
  clean.getReadsList().forEach(clearVersion);
  for (const range of clean.getRangeQueriesInfoList()) {
    range.getRawReads()?.getKvReadsList().forEach(clearVersion);
    range.getReadsMerkleHashes()?.clearMaxLevelHashesList();
  }
  return clean;
}

/** A version that is there stays there, as an empty one. */
function clearVersion(read: ledger.rwset.kvrwset.KVRead): void {
  if (read.hasVersion()) read.setVersion(new ledger.rwset.kvrwset.Version());
}

function shownBytes(bytes: Uint8Array): Json {
  return bytes.length > SHOWN_BYTES ? `${bytes.length} bytes, SHA-256 ${sha256(bytes)}` : textOf(bytes);
}

function digestOf(entries: readonly Json[]): Json {
  return { count: entries.length, sha256: sha256(Buffer.from(JSON.stringify(entries))) };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
