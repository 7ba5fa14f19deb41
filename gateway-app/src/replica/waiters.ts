import { CodedError } from '../common/errors';

/** Promises that others resolve by key, until the caller's signal gives them up. */
export class Waiters<T> {
  readonly #waiting = new Map<string, Set<(value: T) => void>>();

  /** @throws CodedError E_CANCELLED when the signal aborts first */
  wait(key: string, signal: AbortSignal | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const group = this.#waiting.get(key) ?? new Set();
      const end = (): void => {
        group.delete(settle);
        if (group.size === 0) this.#waiting.delete(key);
        signal?.removeEventListener('abort', giveUp);
      };
      const settle = (value: T): void => {
        end();
        resolve(value);
      };
      const giveUp = (): void => {
        end();
        reject(new CodedError('E_CANCELLED', 'no longer waited for'));
      };
      if (signal?.aborted) return giveUp();
      this.#waiting.set(key, group.add(settle));
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }

  resolve(key: string, value: T): void {
    for (const settle of [...(this.#waiting.get(key) ?? [])]) settle(value);
  }

  keys(): string[] {
    return [...this.#waiting.keys()];
  }
}
