import type { Channel, LedgerBlock } from '../ledger/port';
import type { ChainItem } from '../rpc';
import { type Batch, orderedKey, type Store } from '../store/store';
import { decodeBlock, encodeBlock } from './archived-block';

/**
 * A CSS's own copy of one channel: every block as ordered, from which it streams to its readers, so that a reader's catching
 * up costs the ledger nothing and goes on while the ledger is down. It is written in one step with the CSS's replica.
 */
export class ChainArchive {
  readonly channel: Channel;
  readonly #store: Store;
  #height: number;
  #waiting: (() => void)[] = [];

  private constructor(channel: Channel, store: Store, height: number) {
    this.channel = channel;
    this.#store = store;
    this.#height = height;
  }

  /** @param store a sub-store of its own, of the replica's database */
  static async open(channel: Channel, store: Store): Promise<ChainArchive> {
    for await (const { key } of store.entries({ reverse: true, limit: 1 })) {
      return new ChainArchive(channel, store, Number.parseInt(key, 16) + 1);
    }
    return new ChainArchive(channel, store, 0);
  }

  /** Number of blocks kept; the newest is one less. */
  get height(): number {
    return this.#height;
  }

  /** Adds a block to what the replica is about to commit; {@link kept} tells that it has. */
  keep(block: LedgerBlock, batch: Batch): void {
    batch.put(this.#store, orderedKey(block.number), encodeBlock(block));
  }

  kept(block: bigint): void {
    this.#height = Math.max(this.#height, Number(block) + 1);
    this.#wake();
  }

  /** All transactions from block `from` on, in order, those to come included; ends when `signal` aborts. */
  async *items(from: number, signal: AbortSignal): AsyncGenerator<ChainItem, void, undefined> {
    const wake = (): void => this.#wake();
    signal.addEventListener('abort', wake);
    try {
      for (let number = from; !signal.aborted; number += 1) {
        while (number >= this.#height && !signal.aborted) await this.#changed();
        const kept = signal.aborted ? undefined : await this.#store.get(orderedKey(number));
        if (kept) yield* itemsOf(number, kept);
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function* itemsOf(block: number, kept: Uint8Array): Generator<ChainItem> {
  const { header, signatures, transactions } = decodeBlock(kept);
  for (const [index, { validationCode, envelope }] of transactions.entries()) {
    const lastOfBlock = index === transactions.length - 1;
    yield {
      block,
      index,
      envelope,
      validationCode,
      lastOfBlock,
      header: lastOfBlock ? header : new Uint8Array(),
      transactions: transactions.length,
      signatures: lastOfBlock ? signatures : new Uint8Array(),
    };
  }
}
