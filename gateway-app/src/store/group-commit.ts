import type { Batch, Store } from './store';

interface Waiting {
  readonly writes: (batch: Batch) => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Joins the writes of concurrent callers into one batch while another is being synced: a thousand effects at once cost a few
 * syncs, not a thousand. A caller's writes are in one batch whole, and are on disk when its promise resolves.
 */
export class GroupCommit {
  readonly #store: Store;
  #waiting: Waiting[] = [];
  #running = false;

  constructor(store: Store) {
    this.#store = store;
  }

  commit(writes: (batch: Batch) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ writes, resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0);
      try {
        const batch = this.#store.batch();
        for (const { writes } of group) writes(batch);
        if (batch.size > 0) await batch.commit();
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#running = false;
  }
}
