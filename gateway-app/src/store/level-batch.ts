import { type ClassicLevel } from 'classic-level';

import { CodedError } from '../common/errors';
import { type Parts } from './large-values';
import { type Batch, type Store } from './store';

export type Level = ClassicLevel<string, Uint8Array>;
export type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string };

/** The value is sealed already; none is a deletion. */
export interface Write {
  readonly diskKey: string;
  readonly value: Parts | undefined;
}

export interface Prepared {
  readonly operations: readonly Operation[];
  /** To be called when the database has the operations, or never will. */
  readonly settled?: () => void;
}

/** A sub-store as its batches see it. */
export interface Writable {
  /** The write as it lies on disk. */
  seal(key: string, value: Parts | undefined): Write;
  /** A promise where something does not go into the database itself: it is on disk when that resolves. */
  prepare(writes: readonly Write[]): Prepared | Promise<Prepared>;
}

export class LevelBatch implements Batch {
  readonly #level: Level;
  readonly #writable: (store: Store) => Writable | undefined;
  readonly #writes = new Map<Writable, Write[]>();
  #size = 0;
  #committed = false;

  /** @param writable undefined for a store of another database */
  constructor(level: Level, writable: (store: Store) => Writable | undefined) {
    this.#level = level;
    this.#writable = writable;
  }

  get size(): number {
    return this.#size;
  }

  put(store: Store, key: string, value: Uint8Array | Parts): this {
    return this.#add(store, key, value instanceof Uint8Array ? [value] : value);
  }

  del(store: Store, key: string): this {
    return this.#add(store, key, undefined);
  }

  async commit(): Promise<void> {
    if (this.#committed) throw new CodedError('E_STORE_BATCH', 'this batch was committed before: make a new one');
    this.#committed = true;
    const prepared: Prepared[] = [];
    try {
      for (const [store, writes] of this.#writes) {
        const ready = store.prepare(writes);
        // Without a turn of the event loop in between, batches reach the database in the order they were committed.
        prepared.push(ready instanceof Promise ? await ready : ready);
      }
      const operations = prepared.flatMap((each) => each.operations);
      if (operations.length > 0) await this.#level.batch(operations, { sync: true });
    } finally {
      for (const { settled } of prepared) settled?.();
    }
  }

  #add(store: Store, key: string, value: Parts | undefined): this {
    const writable = this.#writable(store);
    if (!writable) throw new CodedError('E_STORE_BATCH', 'a batch spans the sub-stores of one database only');
    const write = writable.seal(key, value);
    const writes = this.#writes.get(writable);
    if (writes) writes.push(write);
    else this.#writes.set(writable, [write]);
    this.#size += 1;
    return this;
  }
}

export function operation(key: string, value: Parts | undefined): Operation {
  if (!value) return { type: 'del', key };
  return { type: 'put', key, value: value.length === 1 ? (value[0] as Uint8Array) : Buffer.concat(value) };
}
