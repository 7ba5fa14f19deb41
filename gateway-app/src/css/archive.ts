import { parseEnvelope } from '../ledger/envelope';
import type { Channel, LedgerBlock } from '../ledger/port';
import type { SigmaPlace } from '../opening';
import { readEffects } from '../replica';
import type { ChainItem } from '../rpc';
import { type Batch, orderedKey, type Store } from '../store/store';
import { type ArchivedBlock, decodeBlock, encodeBlock } from './archived-block';

/** The newest blocks stay in memory: hundreds of readers that keep up need not each have them read and unsealed. */
const MEMORY_BYTES = 16 * 1024 * 1024;

/**
 * A CSS's own copy of one channel: every block as ordered, from which it streams to its readers, so that a reader's catching
 * up costs the ledger nothing and goes on while the ledger is down. It is written in one step with the CSS's replica.
 */
export class ChainArchive {
  readonly channel: Channel;
  readonly #store: Store;
  readonly #recent = new Map<number, ArchivedBlock>();
  #recentBytes = 0;
  #staged: LedgerBlock | undefined;
  #height: number;
  #waiting: (() => void)[] = [];

  private constructor(channel: Channel, store: Store, height: number) {
    this.channel = channel;
    this.#store = store;
    this.#height = height;
  }

  /** @param parent in the replica's database; the archive takes a sub-store of its own */
  static async open(channel: Channel, parent: Store): Promise<ChainArchive> {
    const store = parent.sub(channel, { largeValues: true });
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
    this.#staged = block;
    batch.put(this.#store, orderedKey(block.number), encodeBlock(block));
  }

  kept(block: bigint): void {
    if (this.#staged?.number === block) this.#remember(Number(block), this.#staged);
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
        const kept = signal.aborted ? undefined : await this.block(number);
        if (kept) yield* itemsOf(number, kept);
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  /** A committed σ's bytes, of the data chain; undefined if none stands there. */
  async sigma({ block, transactionIndex, index }: SigmaPlace): Promise<Uint8Array | undefined> {
    const transaction = (await this.block(Number(block)))?.transactions[transactionIndex];
    if (!transaction) return undefined;
    const parsed = parseEnvelope(transaction.envelope, transactionIndex, transaction.validationCode);
    return readEffects(parsed).sigmas[index]?.sigma;
  }

  /** Undefined for one not kept. */
  async block(number: number): Promise<ArchivedBlock | undefined> {
    const recent = this.#recent.get(number);
    if (recent) return recent;
    const stored = number < 0 ? undefined : await this.#store.get(orderedKey(number));
    return stored && decodeBlock(stored);
  }

  #remember(number: number, { header, signatures, transactions }: LedgerBlock): void {
    const block = {
      header,
      signatures,
      transactions: transactions.map(({ validationCode, envelope }) => ({ validationCode, envelope })),
    };
    this.#staged = undefined;
    this.#recent.set(number, block);
    this.#recentBytes += bytesOf(block);
    for (const [oldest, forgotten] of this.#recent) {
      if (this.#recentBytes <= MEMORY_BYTES) break;
      this.#recent.delete(oldest);
      this.#recentBytes -= bytesOf(forgotten);
    }
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function bytesOf({ transactions }: ArchivedBlock): number {
  return transactions.reduce((sum, { envelope }) => sum + envelope.length, 0);
}

function* itemsOf(block: number, { header, signatures, transactions }: ArchivedBlock): Generator<ChainItem> {
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
