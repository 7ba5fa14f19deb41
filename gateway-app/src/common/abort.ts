import { setMaxListeners } from 'node:events';

/** What ends a role's work. As many wait on it as there is work under way: Node's warning of a leak would be a false one. */
export function stopOfRole(): AbortController {
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  return stop;
}

/** What `work` gives, or undefined as soon as the signal aborts; a later failure of `work` is then nobody's. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(undefined);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Resolves after `milliseconds`, or at once when the signal aborts: for bounded back-off, not for waiting on others. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done, { once: true });
  });
}

/** Growing waits between attempts, doubling from `first` to `last` milliseconds, each spread over its upper half. */
export class Backoff {
  readonly #first: number;
  readonly #last: number;
  #next: number;

  constructor(first = 100, last = 5000) {
    this.#first = first;
    this.#last = last;
    this.#next = first;
  }

  async wait(signal: AbortSignal): Promise<void> {
    const delay = this.#next * (0.5 + Math.random() / 2);
    this.#next = Math.min(2 * this.#next, this.#last);
    await pause(delay, signal);
  }

  reset(): void {
    this.#next = this.#first;
  }
}
