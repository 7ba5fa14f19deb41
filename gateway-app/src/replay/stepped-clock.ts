import { setImmediate as turn } from 'node:timers/promises';

import { type Clock } from '../stations';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** Time that stands still until it is moved on: who sleeps wakes at the moments slept for, in their order. */
export class SteppedClock implements Clock {
  #now: number;
  #sleepers: Sleeper[] = [];

  /** @param start Unix milliseconds */
  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = { at: this.#now + Math.max(0, milliseconds), wake: (): void => done() };
      const done = (): void => {
        signal.removeEventListener('abort', done);
        this.#sleepers = this.#sleepers.filter((each) => each !== sleeper);
        resolve();
      };
      signal.addEventListener('abort', done, { once: true });
      this.#sleepers.push(sleeper);
    });
  }

  /** Time never goes back: an earlier moment is now. @param until Unix milliseconds */
  async advanceTo(until: number): Promise<void> {
    for (;;) {
      // Who was woken acts, and may sleep again, before time goes on.
      await turn();
      const next = this.#sleepers.reduce<Sleeper | undefined>(
        (first, each) => (first && first.at <= each.at ? first : each),
        undefined,
      );
      if (!next || next.at > until) break;
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
    this.#now = Math.max(this.#now, until);
    await turn();
  }
}
