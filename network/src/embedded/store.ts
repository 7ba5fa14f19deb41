import { mkdir } from 'node:fs/promises';

import { common } from '@hyperledger/fabric-protos';
import { ClassicLevel } from 'classic-level';

import { blockHash, type ValidationCode } from './blocks';
import { EmbeddedLedgerError } from './errors';

/** The transaction that wrote a value: block number and index within the block. */
export interface Version {
  readonly block: number;
  readonly transaction: number;
}

export interface VersionedValue {
  readonly value: Uint8Array;
  readonly version: Version;
}

export interface StateEntry extends VersionedValue {
  readonly key: string;
}

export interface StateUpdate {
  readonly namespace: string;
  readonly key: string;
  /** undefined: the key is deleted. */
  readonly value: Uint8Array | undefined;
  readonly version: Version;
}

/** Where a transaction id stands. */
export interface TransactionEntry {
  readonly block: number;
  readonly index: number;
  readonly code: ValidationCode;
}

/** Everything one block changes; written whole or not at all. */
export interface BlockCommit {
  readonly block: common.Block;
  readonly state: Iterable<StateUpdate>;
  readonly transactions: Iterable<readonly [txId: string, entry: TransactionEntry]>;
}

type Database = ClassicLevel<Buffer, Buffer>;
type Snapshot = ReturnType<Database['snapshot']>;

/*
 * Keys, one database a channel:
 *   'h'                       chain head: height (8), hash of the last block (32)
 *   'b' number (8)            serialized block
 *   't' transaction id        block (8), index (4), validation code (1)
 *   's' namespace 00 key      block (8), transaction (8), value
 * Integers are big-endian, so blocks and keys stand in Fabric's order.
 */
const HEAD = Buffer.from('h');
const VERSION_SIZE = 16;

/** One channel's blocks, transaction index and state. */
export class Store {
  readonly #database: Database;
  #height = 0;
  #lastHash: Uint8Array = new Uint8Array();

  private constructor(database: Database) {
    this.#database = database;
  }

  /** @throws EmbeddedLedgerError `E_LEDGER_DATA_DIR_IN_USE`, `E_LEDGER_STORE`, `E_LEDGER_DATA_CORRUPT` */
  static async open(directory: string): Promise<Store> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const database: Database = new ClassicLevel(directory, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
    try {
      await database.open();
    } catch (error) {
      throw openingFault(directory, error);
    }
    const store = new Store(database);
    try {
      store.#readHead(directory);
    } catch (error) {
      await database.close();
      throw error;
    }
    return store;
  }

  /** Number of blocks. */
  get height(): number {
    return this.#height;
  }

  /** Hash of the last block's header; empty before block 0. */
  get lastHash(): Uint8Array {
    return this.#lastHash;
  }

  /** A view of the state as it stands now, unmoved by later blocks. */
  snapshot(): StateSnapshot {
    return new StateSnapshot(this.#database, this.#database.snapshot());
  }

  version(namespace: string, key: string): Version | undefined {
    const bytes = this.#database.getSync(stateKey(namespace, key));
    return bytes && decodeVersion(bytes);
  }

  range(namespace: string, startKey: string, endKey: string): AsyncIterable<StateEntry> {
    return range(this.#database, namespace, startKey, endKey);
  }

  transaction(txId: string): TransactionEntry | undefined {
    const bytes = this.#database.getSync(transactionKey(txId));
    if (!bytes) return undefined;
    return {
      block: readInteger(bytes, 0),
      index: bytes.readUInt32BE(8),
      code: bytes.readUInt8(12) as ValidationCode,
    };
  }

  async block(number: number): Promise<common.Block | undefined> {
    const bytes = await this.#database.get(blockKey(number));
    return bytes && common.Block.deserializeBinary(bytes);
  }

  /** Written and synced when this resolves; a crash at any moment leaves all of it or nothing. */
  async commit({ block, state, transactions }: BlockCommit): Promise<void> {
    const header = block.getHeader() as common.BlockHeader;
    const hash = blockHash(header);
    const batch = this.#database.batch();
    for (const { namespace, key, value, version } of state) {
      if (value === undefined) batch.del(stateKey(namespace, key));
      else batch.put(stateKey(namespace, key), Buffer.concat([encodeVersion(version), value]));
    }
    for (const [txId, entry] of transactions) batch.put(transactionKey(txId), encodeTransaction(entry));
    batch.put(blockKey(header.getNumber()), Buffer.from(block.serializeBinary()));
    batch.put(HEAD, Buffer.concat([integer(header.getNumber() + 1), hash]));
    await batch.write({ sync: true });
    this.#height = header.getNumber() + 1;
    this.#lastHash = hash;
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  #readHead(directory: string): void {
    const head = this.#database.getSync(HEAD);
    if (!head) return;
    const height = readInteger(head, 0);
    const bytes = this.#database.getSync(blockKey(height - 1));
    const header = bytes && common.Block.deserializeBinary(bytes).getHeader();
    if (!header || !blockHash(header).equals(head.subarray(8))) {
      throw new EmbeddedLedgerError(
        'E_LEDGER_DATA_CORRUPT',
        `the last block in ${directory} is not the one its head names: restore the folder from a backup`,
      );
    }
    this.#height = height;
    this.#lastHash = head.subarray(8);
  }
}

/** State as it stood when this was taken. Must be closed. */
export class StateSnapshot {
  readonly #database: Database;
  readonly #snapshot: Snapshot;

  constructor(database: Database, snapshot: Snapshot) {
    this.#database = database;
    this.#snapshot = snapshot;
  }

  get(namespace: string, key: string): VersionedValue | undefined {
    const bytes = this.#database.getSync(stateKey(namespace, key), { snapshot: this.#snapshot });
    return bytes && { value: bytes.subarray(VERSION_SIZE), version: decodeVersion(bytes) };
  }

  range(namespace: string, startKey: string, endKey: string): AsyncIterable<StateEntry> {
    return range(this.#database, namespace, startKey, endKey, this.#snapshot);
  }

  close(): Promise<void> {
    return this.#snapshot.close();
  }
}

const RANGE_BATCH = 128;

/** Keys from `startKey` up to, not including, `endKey`; an empty `endKey` means all that follow. */
async function* range(
  database: Database,
  namespace: string,
  startKey: string,
  endKey: string,
  snapshot?: Snapshot,
): AsyncGenerator<StateEntry> {
  const prefix = stateKey(namespace, '');
  const end = endKey === '' ? afterNamespace(namespace) : stateKey(namespace, endKey);
  const iterator = database.iterator({ gte: stateKey(namespace, startKey), lt: end, snapshot });
  try {
    for (;;) {
      const entries = await iterator.nextv(RANGE_BATCH);
      if (entries.length === 0) return;
      for (const [key, bytes] of entries) {
        yield {
          key: key.subarray(prefix.length).toString('utf8'),
          value: bytes.subarray(VERSION_SIZE),
          version: decodeVersion(bytes),
        };
      }
    }
  } finally {
    await iterator.close();
  }
}

function openingFault(directory: string, error: unknown): EmbeddedLedgerError {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause;
  if (cause?.code === 'LEVEL_LOCKED') {
    return new EmbeddedLedgerError(
      'E_LEDGER_DATA_DIR_IN_USE',
      `another ledger works in ${directory}: stop it or choose another data folder`,
      { cause: error },
    );
  }
  return new EmbeddedLedgerError(
    'E_LEDGER_STORE',
    `cannot open the database in ${directory}: ${cause?.message ?? String(error)}`,
    { cause: error },
  );
}

function stateKey(namespace: string, key: string): Buffer {
  return Buffer.from(`s${namespace}\0${key}`);
}

function afterNamespace(namespace: string): Buffer {
  return Buffer.from(`s${namespace}\x01`);
}

function transactionKey(txId: string): Buffer {
  return Buffer.from(`t${txId}`);
}

function blockKey(number: number): Buffer {
  return Buffer.concat([Buffer.from('b'), integer(number)]);
}

function encodeTransaction({ block, index, code }: TransactionEntry): Buffer {
  const bytes = Buffer.alloc(13);
  integer(block).copy(bytes);
  bytes.writeUInt32BE(index, 8);
  bytes.writeUInt8(code, 12);
  return bytes;
}

function encodeVersion({ block, transaction }: Version): Buffer {
  return Buffer.concat([integer(block), integer(transaction)]);
}

function decodeVersion(bytes: Buffer): Version {
  return { block: readInteger(bytes, 0), transaction: readInteger(bytes, 8) };
}

function integer(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function readInteger(bytes: Buffer, offset: number): number {
  return Number(bytes.readBigUInt64BE(offset));
}
