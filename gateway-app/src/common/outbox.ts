import { type Batch, fromJson, orderedKey, type Store, toJson } from '../store';
import { Backoff } from './abort';
import type { Logger } from './log';

export interface OutboxOptions<T> {
  /** Sends some items of one lane, oldest first. A throw leaves them in the outbox, to be sent again. */
  readonly send: (items: readonly T[]) => Promise<void>;
  /** Items of different lanes do not wait for each other. Default: one lane. */
  readonly lane?: (item: T) => string;
  /** Items of one lane sent at once. Default 1. */
  readonly together?: number;
  /** Whether time mends a failure. Others are tried a few times, then the items are given up. */
  readonly isPassing: (error: unknown) => boolean;
  /** Wait before the second attempt, milliseconds; later ones double it. Default 100. */
  readonly firstWaitMs?: number;
  readonly log: Logger;
  readonly stopping: AbortSignal;
}

export interface Prepared {
  /** Adds the item to the batch of what it follows from. */
  readonly write: (batch: Batch) => void;
  readonly ticket: string;
}

interface Waiting<T> {
  readonly key: string;
  readonly item: T;
  readonly sent: () => void;
}

interface Failure {
  readonly error: unknown;
}

interface Lane<T> {
  readonly waiting: Waiting<T>[];
  running: Promise<void> | undefined;
}

const MAX_REFUSALS = 6;

/** What must reach another process: on disk before it is sent, in order within its lane, sent until it is taken. */
export class Outbox<T> {
  readonly #store: Store;
  readonly #options: OutboxOptions<T>;
  readonly #lanes = new Map<string, Lane<T>>();
  readonly #prepared = new Map<string, T>();
  #next = 0;
  #waiting = 0;

  private constructor(store: Store, options: OutboxOptions<T>) {
    this.#store = store;
    this.#options = options;
  }

  /**
   * Begins to send what a former process left.
   * @param store a sub-store of its own
   */
  static async open<T>(store: Store, options: OutboxOptions<T>): Promise<Outbox<T>> {
    const outbox = new Outbox<T>(store, options);
    for await (const { key, value } of store.entries()) {
      outbox.#next = Number.parseInt(key, 16) + 1;
      outbox.#enqueue({ key, item: fromJson<T>(value), sent: () => undefined });
    }
    return outbox;
  }

  /** Items not taken yet. */
  get waiting(): number {
    return this.#waiting;
  }

  prepare(item: T): Prepared {
    const ticket = orderedKey(this.#next++);
    this.#prepared.set(ticket, item);
    return { ticket, write: (batch) => void batch.put(this.#store, ticket, toJson(item)) };
  }

  /** To be called when the prepared item is on disk. Resolves when the item is taken or given up. */
  release(ticket: string): Promise<void> {
    const item = this.#prepared.get(ticket);
    if (item === undefined) return Promise.resolve();
    this.#prepared.delete(ticket);
    return new Promise((sent) => this.#enqueue({ key: ticket, item, sent }));
  }

  /** Stores an item and begins to send it. Only one that is stored before another is added goes before it. */
  async add(item: T): Promise<void> {
    const prepared = this.prepare(item);
    const batch = this.#store.batch();
    prepared.write(batch);
    await batch.commit();
    void this.release(prepared.ticket);
  }

  /** Waits for the sending under way; call it when `stopping` has aborted. */
  async stopped(): Promise<void> {
    for (const { running } of [...this.#lanes.values()]) await running;
  }

  #enqueue(waiting: Waiting<T>): void {
    const name = this.#options.lane?.(waiting.item) ?? '';
    const lane = this.#lanes.get(name) ?? { waiting: [], running: undefined };
    this.#lanes.set(name, lane);
    lane.waiting.push(waiting);
    this.#waiting += 1;
    lane.running ??= Promise.resolve().then(() => this.#run(name, lane));
  }

  async #run(name: string, lane: Lane<T>): Promise<void> {
    const { stopping, together = 1, firstWaitMs = 100 } = this.#options;
    const backoff = new Backoff(firstWaitMs, 10_000);
    let refusals = 0;
    while (lane.waiting.length > 0 && !stopping.aborted) {
      // One that is refused must not take the others with it.
      const group = lane.waiting.slice(0, refusals > 0 ? 1 : together);
      const failure = await this.#send(group);
      refusals = failure && !this.#options.isPassing(failure.error) ? refusals + 1 : 0;
      const isDone = !failure || refusals >= MAX_REFUSALS;
      if (isDone && (await this.#drop(lane, group, failure))) {
        refusals = 0;
        backoff.reset();
      } else await backoff.wait(stopping);
    }
    lane.running = undefined;
    if (lane.waiting.length === 0) this.#lanes.delete(name);
  }

  async #send(group: readonly Waiting<T>[]): Promise<Failure | undefined> {
    try {
      await this.#options.send(group.map(({ item }) => item));
      return undefined;
    } catch (error) {
      if (!this.#options.stopping.aborted)
        this.#options.log.warn({ err: error, items: group.length }, 'sent again later');
      return { error };
    }
  }

  /** @returns whether the items are gone from disk; else they are sent once more, which does no harm */
  async #drop(lane: Lane<T>, group: readonly Waiting<T>[], refusal: Failure | undefined): Promise<boolean> {
    const { log } = this.#options;
    if (refusal) log.error({ err: refusal.error, items: group.length }, 'given up: the other side refuses it');
    const batch = this.#store.batch();
    for (const { key } of group) batch.del(this.#store, key);
    try {
      await batch.commit();
    } catch (error) {
      log.error({ err: error }, 'what was sent could not be forgotten: sent once more');
      return false;
    }
    lane.waiting.splice(0, group.length);
    this.#waiting -= group.length;
    for (const { sent } of group) sent();
    return true;
  }
}
