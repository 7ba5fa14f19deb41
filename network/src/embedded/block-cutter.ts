import { type common } from '@hyperledger/fabric-protos';

import { type BlockOptions } from './options';

export interface PendingEnvelope {
  readonly txId: string;
  readonly envelope: common.Envelope;
  readonly bytes: Uint8Array;
}

/**
 * Gathers envelopes into blocks, in the order they came. One block is in work at a time, and what arrives meanwhile
 * makes the next: so blocks grow with the load.
 */
export class BlockCutter {
  readonly #options: BlockOptions;
  readonly #commit: (batch: readonly PendingEnvelope[]) => Promise<void>;
  #queue: PendingEnvelope[] = [];
  #queuedBytes = 0;
  #waitingSince = 0;
  #lastCut = 0;
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> | undefined;
  #failure: Error | undefined;

  /** @param commit makes a block of a batch; once it fails, no further block is cut */
  constructor(options: BlockOptions, commit: (batch: readonly PendingEnvelope[]) => Promise<void>) {
    this.#options = options;
    this.#commit = commit;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  get size(): number {
    return this.#queue.length;
  }

  add(pending: PendingEnvelope): void {
    if (this.#queue.length === 0) this.#waitingSince = Date.now();
    this.#queue.push(pending);
    this.#queuedBytes += pending.bytes.length;
    this.#schedule();
  }

  /** Commits all that waits, unless a block failed. */
  async drain(): Promise<void> {
    while (this.#failure === undefined && (this.#work || this.#queue.length > 0)) {
      if (!this.#work) this.#cut();
      await this.#work;
    }
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#work || this.#queue.length === 0 || this.#failure) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#cut(), this.#delay());
  }

  #delay(): number {
    const { maxMessageCount, preferredMaxBytes, batchTimeout, adaptive } = this.#options;
    if (this.#queue.length >= maxMessageCount || this.#queuedBytes >= preferredMaxBytes) return 0;
    const since = adaptive ? this.#lastCut : this.#waitingSince;
    return Math.max(0, since + batchTimeout - Date.now());
  }

  #cut(): void {
    clearTimeout(this.#timer);
    if (this.#work || this.#queue.length === 0) return;
    const batch = this.#nextBatch();
    this.#lastCut = Date.now();
    this.#work = this.#commit(batch)
      .catch((error: unknown) => {
        this.#failure = error instanceof Error ? error : new Error(String(error));
      })
      .finally(() => {
        this.#work = undefined;
        this.#schedule();
      });
  }

  #nextBatch(): readonly PendingEnvelope[] {
    const { maxMessageCount, preferredMaxBytes } = this.#options;
    let count = 0;
    let bytes = 0;
    while (count < this.#queue.length && count < maxMessageCount) {
      const size = (this.#queue[count] as PendingEnvelope).bytes.length;
      if (count > 0 && bytes + size > preferredMaxBytes) break;
      bytes += size;
      count += 1;
    }
    const batch = this.#queue.slice(0, count);
    this.#queue = this.#queue.slice(count);
    this.#queuedBytes -= bytes;
    this.#waitingSince = Date.now();
    return batch;
  }
}
