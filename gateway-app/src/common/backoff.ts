import { setTimeout as delay } from 'node:timers/promises';

export interface BackoffLimits {
  readonly firstMs: number;
  readonly maxMs: number;
}

export const DEFAULT_BACKOFF: BackoffLimits = { firstMs: 100, maxMs: 5_000 };

/** Doubling waits with full jitter below the bound, so that relays that failed together do not return together. */
export class Backoff {
  readonly #limits: BackoffLimits;
  #attempts = 0;

  constructor(limits: BackoffLimits = DEFAULT_BACKOFF) {
    this.#limits = limits;
  }

  get attempts(): number {
    return this.#attempts;
  }

  reset(): void {
    this.#attempts = 0;
  }

  /** @param short the first wait again, whatever came before; ends early on `signal` without throwing */
  async wait(signal: AbortSignal, short = false): Promise<void> {
    const bound = Math.min(this.#limits.maxMs, this.#limits.firstMs * 2 ** (short ? 0 : Math.min(this.#attempts, 20)));
    this.#attempts += 1;
    await delay(bound * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
  }
}
