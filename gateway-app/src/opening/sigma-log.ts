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

/** Where a σ stands on the data chain. */
export type SigmaPlace = Pick<CommittedSigma, 'block' | 'transactionIndex' | 'index'>;

/** What a process has of committed σ's anyway, so that the log neither verifies nor stores them a second time. */
export interface KnownSigmas {
  /** @param id lower-case hex, computed from the committed bytes */
  verified(id: string): VerifiedSigma | undefined;
  /** From the process's own copy of the chain. */
  archived(place: SigmaPlace): Promise<Uint8Array | undefined>;
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
  readonly #known: KnownSigmas | undefined;
  #positions: string[];
  readonly #recent = new Map<string, LoggedSigma>();
  #recentBytes = 0;
  #waiting: (() => void)[] = [];

  private constructor(store: Store, params: Params, known: KnownSigmas | undefined, positions: string[]) {
    this.#store = store;
    this.#params = params;
    this.#known = known;
    this.#positions = positions;
  }

  /** @param store a sub-store of its own, of the replica's database */
  static async open(store: Store, params: Params, known?: KnownSigmas): Promise<SigmaLog> {
    const positions: string[] = [];
    for await (const { key } of store.entries()) positions.push(key);
    return new SigmaLog(store, params, known, positions);
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
    const id = toHex(committed.sigmaId);
    const verified = this.#known?.verified(id) ?? verifySigma(this.#params, Uint8Array.from(committed.sigma));
    ensureWithinLimits(verified, committed.limits, committed.txTime);
    return { position: positionOf(committed), id, verified };
  }

  keep({ position, verified }: LoggedSigma, batch: Batch): void {
    batch.put(this.#store, position, this.#known ? IN_ARCHIVE : verified.sigma.bytes);
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
    const kept = await this.#store.get(position);
    const bytes = kept?.length === 0 ? await this.#known?.archived(placeOf(position)) : kept;
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

/** Stands for a σ whose bytes are not in the log. */
const IN_ARCHIVE = new Uint8Array(0);

function positionOf({ block, transactionIndex, index }: CommittedSigma): string {
  return `${orderedKey(block)}.${short(transactionIndex)}.${short(index)}`;
}

function placeOf(position: string): SigmaPlace {
  const [block, transactionIndex, index] = position.split('.') as [string, string, string];
  return {
    block: BigInt(`0x${block}`),
    transactionIndex: Number.parseInt(transactionIndex, 16),
    index: Number.parseInt(index, 16),
  };
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
