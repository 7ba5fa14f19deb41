import { CodedError } from '../common/errors';

export interface Schedule<T> {
  readonly items: Iterable<T>;
  /** What an item occupies: items that share a key run one after the other, in the order given. */
  readonly keys: (item: T) => readonly string[];
  readonly concurrency: number;
  readonly run: (item: T) => Promise<void>;
}

/**
 * Runs all items, those that share nothing concurrently. After a failure nothing new starts; what runs is waited for,
 * then the first failure is thrown.
 */
export async function runScheduled<T>({ items, keys, concurrency, run }: Schedule<T>): Promise<void> {
  if (concurrency < 1) throw new CodedError('E_ARGUMENT', 'concurrency must be 1 or more');
  const last = new Map<string, Promise<void>>();
  const slots = new Slots(concurrency);
  const failures: unknown[] = [];
  const running = new Set<Promise<void>>();
  for (const item of items) {
    const occupied = keys(item);
    const before = occupied.flatMap((key) => last.get(key) ?? []);
    const turn = (async (): Promise<void> => {
      await Promise.all(before);
      await slots.take();
      try {
        if (failures.length === 0) await run(item);
      } catch (error) {
        failures.push(error);
      } finally {
        slots.give();
      }
    })();
    for (const key of occupied) last.set(key, turn);
    running.add(turn);
    void turn.then(() => running.delete(turn));
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
}

/** So many at once; the others wait their turn. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(free: number) {
    this.#free = free;
  }

  async take(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}
