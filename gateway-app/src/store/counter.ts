import { orderedKey, type Store } from './store';

const RESERVE = 64n;

/** Reserves numbers on disk some at a time; what a crash leaves unused of a reservation is never given. */
export class Counter {
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
      const end = start + (count > RESERVE ? count : RESERVE);
      await this.#store.put(this.#name, Buffer.from(orderedKey(end)));
      this.#next = start;
      this.#reserved = end;
    }
    const first = this.#next;
    this.#next += count;
    return first;
  }
}
