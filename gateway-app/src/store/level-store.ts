import { ClassicLevel } from 'classic-level';
import { join } from 'node:path';

import { CodedError } from '../common/errors';
import { privateDirectory } from '../common/files';
import { clearCipher, type ValueCipher } from './cipher';
import { Counter } from './counter';
import { decodePlace, encodePlace, LARGE_FOLDER, LargeValues, lengthOf, type Parts, type Place } from './large-values';
import { type Level, LevelBatch, operation, type Prepared, type Writable, type Write } from './level-batch';
import { type Batch, type KeyRange, type Store, type StoreEntry, type SubStoreOptions } from './store';

/**
 * Keys on disk: each sub-store's name and `!`, then `:` and the key itself. `:` starts no name, so a store's own keys
 * and its sub-stores' never mix in a range.
 */
const SUB = '!';
const OWN = ':';
const NAME = /^[A-Za-z0-9._-]+$/;
const COUNTERS = 'counters';

/** Most bytes are ciphertext, in which there is nothing to compress; a log of LevelDB's own 4 MB would soon be full of them. */
const CIPHERTEXT = { compression: false, writeBufferSize: 32 * 1024 * 1024 };

/** Values of this length and more lie beside the database, where a sub-store asks for it. */
const LARGE = 16 * 1024;
/** What stands first in values of such a sub-store; no sealed value begins so, as did those of older databases. */
const HERE = Buffer.of(0xf0);
const BESIDE = Buffer.of(0xf1);

/**
 * Opens a role's database, made if missing.
 * @throws CodedError E_STORE_LOCKED if another process has it open, E_STORE_OPEN
 */
export async function openStore(directory: string): Promise<Store> {
  return openWithCipher(directory, clearCipher);
}

/** As `openStore`; `cipher` seals every value, and the keys of sub-stores that hide theirs. */
export async function openWithCipher(directory: string, cipher: ValueCipher): Promise<Store> {
  return new LevelStore(new Database(await openLevel(directory), directory), '', cipher);
}

async function openLevel(directory: string): Promise<Level> {
  await privateDirectory(directory);
  const level: Level = new ClassicLevel(directory, { keyEncoding: 'utf8', valueEncoding: 'view', ...CIPHERTEXT });
  try {
    await level.open();
    return level;
  } catch (error) {
    const { cause } = error as { readonly cause?: { readonly code?: unknown } };
    if (cause?.code === 'LEVEL_LOCKED') {
      throw new CodedError('E_STORE_LOCKED', `${directory} is open in another process: stop that one first`, {
        cause: error,
      });
    }
    const message = `${directory} cannot be opened as a database: restore it from a copy or remove it`;
    throw new CodedError('E_STORE_OPEN', message, { cause: error });
  }
}

/** LevelDB's own files, and those beside them. */
class Database {
  readonly level: Level;
  readonly #directory: string;
  readonly #large: LargeValues[] = [];

  constructor(level: Level, directory: string) {
    this.level = level;
    this.#directory = directory;
  }

  large(path: string, places: () => AsyncIterable<Place>): LargeValues {
    const values = new LargeValues(join(this.#directory, LARGE_FOLDER, path), places);
    this.#large.push(values);
    return values;
  }

  async close(): Promise<void> {
    await this.level.close();
    for (const values of this.#large) await values.close();
  }
}

class LevelStore implements Store, Writable {
  readonly #database: Database;
  readonly #level: Level;
  /** Names of the sub-stores down to this one, each with `!`. */
  readonly #path: string;
  /** What all own keys begin with. */
  readonly #own: string;
  readonly #cipher: ValueCipher;
  readonly #large: LargeValues | undefined;
  readonly #subStores = new Map<string, LevelStore>();
  readonly #counters = new Map<string, Counter>();

  constructor(database: Database, path: string, cipher: ValueCipher, largeValues = false) {
    this.#database = database;
    this.#level = database.level;
    this.#path = path;
    this.#own = path + OWN;
    this.#cipher = cipher;
    this.#large = largeValues ? database.large(path, () => this.#places()) : undefined;
  }

  /** Read in this thread: from memory that takes a fraction of what another thread costs, where it waits behind syncs. */
  async get(key: string): Promise<Uint8Array | undefined> {
    const diskKey = this.#diskKey(key);
    const stored = this.#level.getSync(diskKey);
    return stored && this.#open(diskKey, stored).value;
  }

  async has(key: string): Promise<boolean> {
    return this.#level.getSync(this.#diskKey(key)) !== undefined;
  }

  put(key: string, value: Uint8Array): Promise<void> {
    return this.batch().put(this, key, value).commit();
  }

  del(key: string): Promise<void> {
    return this.batch().del(this, key).commit();
  }

  batch(): Batch {
    return new LevelBatch(this.#level, (store) =>
      store instanceof LevelStore && store.#level === this.#level ? store : undefined,
    );
  }

  entries(range: KeyRange = {}): AsyncGenerator<StoreEntry> {
    const entries = this.#entries(range);
    return this.#large ? this.#large.whileRead(entries) : entries;
  }

  async *#entries(range: KeyRange): AsyncGenerator<StoreEntry> {
    for await (const [diskKey, stored] of this.#level.iterator(this.#bounds(range))) {
      const opened = this.#open(diskKey, stored);
      yield { key: opened.key ?? diskKey.slice(this.#own.length), value: opened.value };
    }
  }

  sub(name: string, { hiddenKeys = false, largeValues = false }: SubStoreOptions = {}): Store {
    if (!NAME.test(name)) {
      throw new CodedError('E_STORE_NAME', `"${name}" cannot name a sub-store: use letters, digits, ".", "_", "-"`);
    }
    const known = this.#subStores.get(name);
    if (known) return known;
    const path = `${this.#path}${name}${SUB}`;
    const store = new LevelStore(this.#database, path, this.#cipher.sub(path, hiddenKeys), largeValues);
    this.#subStores.set(name, store);
    return store;
  }

  async nextCounter(name: string, count = 1): Promise<bigint> {
    let counter = this.#counters.get(name);
    if (!counter) {
      counter = new Counter(this.sub(COUNTERS), name);
      this.#counters.set(name, counter);
    }
    return counter.next(BigInt(count));
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  seal(key: string, value: Parts | undefined): Write {
    const diskKey = this.#diskKey(key);
    return { diskKey, value: value && this.#cipher.seal(diskKey, key, value) };
  }

  prepare(writes: readonly Write[]): Prepared | Promise<Prepared> {
    const large = this.#large;
    if (!large) return { operations: writes.map(({ diskKey, value }) => operation(diskKey, value)) };
    const values = writes.map(({ value }) => value).filter(isLarge);
    if (values.length === 0) return this.#placed(large, writes, []);
    return large.write(values).then((places) => this.#placed(large, writes, places));
  }

  /** @param places of the large ones among the writes, in their order */
  #placed(large: LargeValues, writes: readonly Write[], places: readonly Place[]): Prepared {
    const removes = writes.some(({ diskKey }) => this.#level.getSync(diskKey) !== undefined);
    const left = places.values();
    const operations = writes.map(({ diskKey, value }) => {
      if (!value) return operation(diskKey, undefined);
      return operation(diskKey, isLarge(value) ? [BESIDE, encodePlace(left.next().value as Place)] : [HERE, ...value]);
    });
    return {
      operations,
      settled: () => {
        large.known(places);
        if (removes) large.removed();
      },
    };
  }

  #open(diskKey: string, stored: Uint8Array): { key?: string; value: Uint8Array } {
    return this.#cipher.open(diskKey, this.#large ? whole(stored, this.#large) : stored);
  }

  async *#places(): AsyncGenerator<Place> {
    for await (const stored of this.#level.values(this.#bounds({}))) {
      if (stored[0] === BESIDE[0]) yield decodePlace(stored.subarray(1));
    }
  }

  #diskKey(key: string): string {
    return this.#own + (this.#cipher.hidesKeys ? this.#cipher.hide(key) : key);
  }

  #bounds({ limit, reverse = false, ...bounds }: KeyRange): {
    gte: string;
    lt: string;
    limit: number;
    reverse: boolean;
  } {
    if (this.#cipher.hidesKeys && (reverse || Object.values(bounds).some((bound) => bound !== undefined))) {
      throw new CodedError('E_STORE_HIDDEN_RANGE', 'hidden keys have no order: iterate without bounds and filter');
    }
    const { prefix = '', gt, gte, lt, lte } = bounds;
    const lower = [prefix, gte, gt === undefined ? gt : gt + SUCCESSOR].filter((bound) => bound !== undefined);
    const upper = [prefix + HIGHEST, lt, lte === undefined ? lte : lte + SUCCESSOR].filter(
      (bound) => bound !== undefined,
    );
    return {
      gte: this.#own + (lower.sort(byBytes).at(-1) as string),
      lt: this.#own + (upper.sort(byBytes)[0] as string),
      limit: limit ?? -1,
      reverse,
    };
  }
}

const isLarge = (value: Parts | undefined): value is Parts => value !== undefined && lengthOf(value) >= LARGE;

function whole(stored: Uint8Array, large: LargeValues): Uint8Array {
  if (stored[0] === BESIDE[0]) return large.read(decodePlace(stored.subarray(1)));
  return stored[0] === HERE[0] ? stored.subarray(1) : stored;
}

/** Appended to a key it gives the key that follows next. */
const SUCCESSOR = '\0';
/** Sorts after any character of a key. */
const HIGHEST = '\u{10ffff}';

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
