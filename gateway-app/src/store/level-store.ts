import { ClassicLevel } from 'classic-level';

import { CodedError } from '../common/errors';
import { privateDirectory } from '../common/files';
import { clearCipher, type ValueCipher } from './cipher';
import { orderedKey, type Batch, type KeyRange, type Store, type StoreEntry, type SubStoreOptions } from './store';

type Level = ClassicLevel<string, Uint8Array>;
type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string };

/**
 * Keys on disk: each sub-store's name and `!`, then `:` and the key itself. `:` starts no name, so a store's own keys
 * and its sub-stores' never mix in a range.
 */
const SUB = '!';
const OWN = ':';
const NAME = /^[A-Za-z0-9._-]+$/;
const COUNTERS = 'counters';
const COUNTER_RESERVE = 64n;

/**
 * Most bytes are σ's and blocks of them: ciphertext, in which there is nothing to compress. From a log of LevelDB's own 4 MB
 * a busy gateway would write a table, and merge it with others, for nearly every block.
 */
const LARGE_VALUES = { compression: false, writeBufferSize: 32 * 1024 * 1024 };

/**
 * Opens a role's database, made if missing.
 * @throws CodedError E_STORE_LOCKED if another process has it open, E_STORE_OPEN
 */
export async function openStore(directory: string): Promise<Store> {
  return new LevelStore(await openLevel(directory), '', clearCipher);
}

/** As `openStore`; `cipher` seals every value, and the keys of sub-stores that hide theirs. */
export async function openWithCipher(directory: string, cipher: ValueCipher): Promise<Store> {
  return new LevelStore(await openLevel(directory), '', cipher);
}

async function openLevel(directory: string): Promise<Level> {
  await privateDirectory(directory);
  const level: Level = new ClassicLevel(directory, { keyEncoding: 'utf8', valueEncoding: 'view', ...LARGE_VALUES });
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

class LevelStore implements Store {
  readonly #level: Level;
  /** Names of the sub-stores down to this one, each with `!`. */
  readonly #path: string;
  /** What all own keys begin with. */
  readonly #own: string;
  readonly #cipher: ValueCipher;
  readonly #subStores = new Map<string, LevelStore>();
  readonly #counters = new Map<string, Counter>();

  constructor(level: Level, path: string, cipher: ValueCipher) {
    this.#level = level;
    this.#path = path;
    this.#own = path + OWN;
    this.#cipher = cipher;
  }

  /** Read in this thread: from memory that takes a fraction of what another thread costs, where it waits behind syncs. */
  async get(key: string): Promise<Uint8Array | undefined> {
    const diskKey = this.#diskKey(key);
    const value = this.#level.getSync(diskKey);
    return value && this.#cipher.open(diskKey, value).value;
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
    return new LevelBatch(this.#level);
  }

  async *entries(range: KeyRange = {}): AsyncGenerator<StoreEntry> {
    for await (const [diskKey, value] of this.#level.iterator(this.#bounds(range))) {
      const opened = this.#cipher.open(diskKey, value);
      yield { key: opened.key ?? diskKey.slice(this.#own.length), value: opened.value };
    }
  }

  sub(name: string, { hiddenKeys = false }: SubStoreOptions = {}): Store {
    if (!NAME.test(name)) {
      throw new CodedError('E_STORE_NAME', `"${name}" cannot name a sub-store: use letters, digits, ".", "_", "-"`);
    }
    const known = this.#subStores.get(name);
    if (known) return known;
    const path = `${this.#path}${name}${SUB}`;
    const store = new LevelStore(this.#level, path, this.#cipher.sub(path, hiddenKeys));
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
    return this.#level.close();
  }

  /** The write as it lies on disk. */
  operation(key: string, value: Uint8Array | undefined): Operation {
    const diskKey = this.#diskKey(key);
    if (value === undefined) return { type: 'del', key: diskKey };
    return { type: 'put', key: diskKey, value: this.#cipher.seal(diskKey, key, value) };
  }

  isOf(level: Level): boolean {
    return this.#level === level;
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

/** Appended to a key it gives the key that follows next. */
const SUCCESSOR = '\0';
/** Sorts after any character of a key. */
const HIGHEST = '\u{10ffff}';

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

class LevelBatch implements Batch {
  readonly #level: Level;
  readonly #operations: Operation[] = [];
  #committed = false;

  constructor(level: Level) {
    this.#level = level;
  }

  get size(): number {
    return this.#operations.length;
  }

  put(store: Store, key: string, value: Uint8Array): this {
    return this.#add(store, key, value);
  }

  del(store: Store, key: string): this {
    return this.#add(store, key, undefined);
  }

  async commit(): Promise<void> {
    if (this.#committed) throw new CodedError('E_STORE_BATCH', 'this batch was committed before: make a new one');
    this.#committed = true;
    if (this.#operations.length > 0) await this.#level.batch(this.#operations, { sync: true });
  }

  #add(store: Store, key: string, value: Uint8Array | undefined): this {
    if (!(store instanceof LevelStore) || !store.isOf(this.#level)) {
      throw new CodedError('E_STORE_BATCH', 'a batch spans the sub-stores of one database only');
    }
    this.#operations.push(store.operation(key, value));
    return this;
  }
}

/** Reserves numbers on disk some at a time; what a crash leaves unused of a reservation is never given. */
class Counter {
  readonly #store: Store;
  readonly #name: string;
  #next = 0n;
  #reserved = 0n;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(store: Store, name: string) {
    this.#store = store;
    this.#name = name;
  }

  next(count: bigint): Promise<bigint> {
    const turn = this.#queue.then(() => this.#take(count));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #take(count: bigint): Promise<bigint> {
    if (this.#next + count > this.#reserved) {
      const stored = await this.#store.get(this.#name);
      const start = stored ? BigInt(`0x${Buffer.from(stored).toString()}`) : 0n;
      const end = start + (count > COUNTER_RESERVE ? count : COUNTER_RESERVE);
      await this.#store.put(this.#name, Buffer.from(orderedKey(end)));
      this.#next = start;
      this.#reserved = end;
    }
    const first = this.#next;
    this.#next += count;
    return first;
  }
}
