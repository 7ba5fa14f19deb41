import { ensureWithinLimits, type Params, toHex, type VerifiedSigma, verifySigma } from '@chargecast/signcryption';

import type { CommittedSigma } from '../replica';
import { type Batch, orderedKey, type Store } from '../store';

/** A σ that passed step 0 of unsigncrypt, in the order of the chain. */
export interface LoggedSigma {
  /** Sorts as the chain does. */
  readonly position: string;
  /** Lower-case hex. */
  readonly id: string;
  readonly verified: VerifiedSigma;
}

/** Verified σ's kept in memory, so that a thousand sessions do not verify each anew. */
const MEMORY_BYTES = 32 * 1024 * 1024;

/**
 * The committed σ's that some receiver of this process has not been through yet. Written in one step with the replica's
 * position; each receiver keeps a cursor into it of its own.
 */
export class SigmaLog {
  readonly #store: Store;
  readonly #params: Params;
  #positions: string[];
  readonly #recent = new Map<string, LoggedSigma>();
  #recentBytes = 0;
  #waiting: (() => void)[] = [];

  private constructor(store: Store, params: Params, positions: string[]) {
    this.#store = store;
    this.#params = params;
    this.#positions = positions;
  }

  /** @param store a sub-store of its own, of the replica's database */
  static async open(store: Store, params: Params): Promise<SigmaLog> {
    const positions: string[] = [];
    for await (const { key } of store.entries()) positions.push(key);
    return new SigmaLog(store, params, positions);
  }

  /** The cursor of a receiver that is to see nothing up to and including a block. */
  static after(block: bigint | undefined): string {
    return block === undefined ? '' : `${orderedKey(block)}~`;
  }

  get length(): number {
    return this.#positions.length;
  }

  /**
   * Step 0 of unsigncrypt, at the transaction's own time and under the limits in force then.
   * @throws SigncryptionError E_SIGMA_… of the first check that fails
   */
  check(committed: CommittedSigma): LoggedSigma {
    const sigma = Uint8Array.from(committed.sigma);
    const verified = verifySigma(this.#params, sigma);
    ensureWithinLimits(verified, committed.limits, committed.txTime);
    return { position: positionOf(committed), id: toHex(verified.id), verified };
  }

  keep({ position, verified }: LoggedSigma, batch: Batch): void {
    batch.put(this.#store, position, verified.sigma.bytes);
  }

  /** Tells that the batch is on disk. */
  appended(logged: readonly LoggedSigma[]): void {
    for (const each of logged) {
      this.#positions.push(each.position);
      this.#remember(each);
    }
    this.wake();
  }

  /** Up to `limit` σ's behind a cursor, in order. */
  async behind(cursor: string, limit: number): Promise<LoggedSigma[]> {
    const from = firstAfter(this.#positions, cursor);
    const loaded = await Promise.all(this.#positions.slice(from, from + limit).map((position) => this.#load(position)));
    return loaded.filter((each) => each !== undefined);
  }

  /** Resolves when something was added since, or {@link wake} is called. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Forgets what every receiver is through with. @param cursor the lowest cursor; all, if there is no receiver */
  async prune(cursor: string | undefined): Promise<void> {
    const count = cursor === undefined ? this.#positions.length : firstAfter(this.#positions, cursor);
    const batch = this.#store.batch();
    for (const position of this.#positions.slice(0, count)) {
      batch.del(this.#store, position);
      this.#forget(position);
    }
    if (batch.size === 0) return;
    this.#positions = this.#positions.slice(count);
    await batch.commit();
  }

  async #load(position: string): Promise<LoggedSigma | undefined> {
    const recent = this.#recent.get(position);
    if (recent) return recent;
    const bytes = await this.#store.get(position);
    if (!bytes) return undefined;
    const verified = verifySigma(this.#params, Uint8Array.from(bytes));
    const logged = { position, id: toHex(verified.id), verified };
    this.#remember(logged);
    return logged;
  }

  #remember(logged: LoggedSigma): void {
    if (this.#recent.has(logged.position)) return;
    this.#recent.set(logged.position, logged);
    this.#recentBytes += logged.verified.sigma.bytes.length;
    for (const oldest of this.#recent.keys()) {
      if (this.#recentBytes <= MEMORY_BYTES) break;
      this.#forget(oldest);
    }
  }

  #forget(position: string): void {
    this.#recentBytes -= this.#recent.get(position)?.verified.sigma.bytes.length ?? 0;
    this.#recent.delete(position);
  }
}

function positionOf({ block, transactionIndex, index }: CommittedSigma): string {
  return `${orderedKey(block)}.${short(transactionIndex)}.${short(index)}`;
}

function short(number: number): string {
  return number.toString(16).padStart(8, '0');
}

function firstAfter(sorted: readonly string[], cursor: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as string) > cursor) high = middle;
    else low = middle + 1;
  }
  return low;
}
