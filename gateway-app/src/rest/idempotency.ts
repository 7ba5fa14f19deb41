import { createHash, randomBytes } from 'node:crypto';

import { KeyedLock } from '../common/keyed-lock';
import { fromJson, getJson, type Store, toJson } from '../store';
import { httpStatusOf, RestError } from './problems';

export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

interface Kept {
  readonly digest: string;
  readonly seed: string;
  /** Unix milliseconds. */
  readonly at: number;
  /** Absent while the request is at work, or was when the process died. */
  readonly answer?: KeptAnswer;
}

export interface IdempotencyOptions {
  /** Sealed: keys and answers name commands of customers. */
  readonly store: Store;
  readonly keepSeconds: number;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Most keys remembered. Default 100,000. */
  readonly most?: number;
}

/**
 * Requests that may be repeated (draft-ietf-httpapi-idempotency-key-header): the key is on disk before the work begins,
 * its answer before it is sent. A repetition after a crash in between runs the work again with the same seed, from which
 * the work derives what must exist once.
 */
export class Idempotency {
  readonly #store: Store;
  readonly #options: IdempotencyOptions;
  readonly #most: number;
  readonly #turns = new KeyedLock();
  #count = 0;

  private constructor(options: IdempotencyOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#most = options.most ?? 100_000;
  }

  static async open(options: IdempotencyOptions): Promise<Idempotency> {
    const idempotency = new Idempotency(options);
    await idempotency.prune();
    return idempotency;
  }

  /**
   * The answer to a request, made at most once.
   * @param key the caller's, qualified by who calls what
   * @param request what the caller asks; another request under the same key is refused
   * @throws RestError 422 E_IDEMPOTENCY_REUSED, 503 E_IDEMPOTENCY_FULL; what `work` throws
   */
  run(key: string, request: string, work: (seed: string) => Promise<KeptAnswer>): Promise<KeptAnswer> {
    return this.#turns.run(key, async () => {
      const digest = createHash('sha256').update(request).digest('hex');
      const kept = await this.#begin(key, digest);
      if (kept.answer) return kept.answer;
      const answer = await work(kept.seed).catch(async (error: unknown) => {
        // A refused request did nothing: its key is free for a corrected one.
        if (httpStatusOf(error) < 500) await this.#forget(key);
        throw error;
      });
      await this.#store.put(key, toJson({ ...kept, answer } satisfies Kept));
      return answer;
    });
  }

  /** Forgets what is older than it is kept for. */
  async prune(): Promise<void> {
    const { now, keepSeconds } = this.#options;
    const oldest = now() - keepSeconds * 1000;
    let left = 0;
    for await (const { key, value } of this.#store.entries()) {
      if (fromJson<Kept>(value).at < oldest) await this.#store.del(key);
      else left += 1;
    }
    this.#count = left;
  }

  async #begin(key: string, digest: string): Promise<Kept> {
    const kept = await getJson<Kept>(this.#store, key);
    if (kept) {
      if (kept.digest === digest) return kept;
      throw new RestError(422, 'E_IDEMPOTENCY_REUSED', 'this Idempotency-Key came with another request: use a new key');
    }
    if (this.#count >= this.#most) {
      throw new RestError(503, 'E_IDEMPOTENCY_FULL', 'as many requests are remembered as may be: try again later', {
        headers: { 'retry-after': '60' },
      });
    }
    const fresh: Kept = { digest, seed: randomBytes(32).toString('hex'), at: this.#options.now() };
    this.#count += 1;
    await this.#store.put(key, toJson(fresh));
    return fresh;
  }

  async #forget(key: string): Promise<void> {
    this.#count -= 1;
    await this.#store.del(key);
  }
}
