import { createHash } from 'node:crypto';
import { join } from 'node:path';

import { type common } from '@hyperledger/fabric-protos';

import { BlockCutter, type PendingEnvelope } from './block-cutter';
import { blockHash, makeBlock } from './blocks';
import { EmbeddedLedgerError, messageOf } from './errors';
import { genesisBlock } from './genesis';
import { type Identities } from './identities';
import {
  type BlockOptions,
  type ChaincodeOptions,
  type ChannelOptions,
  type Log,
  type OrganisationOptions,
} from './options';
import { OrderedRequests } from './ordered-requests';
import { ChannelPolicies } from './policies';
import { transactionId } from './proposal';
import { type StateSnapshot, Store, type TransactionEntry } from './store';
import { type TransactionHeader } from './transaction';
import { Validator } from './validator';

/** Blocks kept in memory for those who follow the chain. */
const RECENT_BLOCKS = 16;
const VALID = 0;

export interface ChannelSettings {
  readonly channel: ChannelOptions;
  readonly organisations: readonly OrganisationOptions[];
  readonly definitions: readonly ChaincodeOptions[];
  readonly identities: Identities;
  readonly dataDir: string;
  readonly blocks: BlockOptions;
  readonly maxPendingTransactions: number;
  readonly log: Log;
}

/** One chain: orders envelopes, validates blocks, keeps blocks and state, tells those who wait. */
export class Channel {
  readonly name: string;
  readonly policies: ChannelPolicies;
  readonly chaincodes: readonly string[];
  readonly #store: Store;
  readonly #validator: Validator;
  readonly #cutter: BlockCutter;
  readonly #maxPending: number;
  readonly #log: Log;
  /** Requests of the envelopes that wait for a block, by the envelope's hash. */
  readonly #pending = new Map<string, string>();
  readonly #ordered = new OrderedRequests();
  readonly #failed = new AbortController();
  readonly #recent = new Map<number, common.Block>();
  readonly #transactionWaiters = new Map<string, Set<(entry: TransactionEntry) => void>>();
  readonly #blockWaiters = new Set<() => void>();

  private constructor(settings: ChannelSettings, policies: ChannelPolicies, store: Store) {
    const { channel, identities, blocks, maxPendingTransactions, log } = settings;
    this.name = channel.name;
    this.policies = policies;
    this.chaincodes = channel.chaincodes;
    this.#store = store;
    this.#validator = new Validator(channel.name, policies, channel.chaincodes, identities, store);
    this.#cutter = new BlockCutter(blocks, (batch) => this.#commit(batch));
    this.#maxPending = maxPendingTransactions;
    this.#log = log;
  }

  /** @throws EmbeddedLedgerError `E_LEDGER_DATA_DIR_FOREIGN` where the chain there was begun by another consortium */
  static async open(settings: ChannelSettings): Promise<Channel> {
    const { channel, organisations, definitions, dataDir } = settings;
    const policies = new ChannelPolicies(channel, organisations, definitions);
    const directory = join(dataDir, 'channels', channel.name);
    const store = await Store.open(directory);
    try {
      await begin(store, genesisBlock(channel.name, policies, organisations), directory);
      return new Channel(settings, policies, store);
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  get height(): number {
    return this.#store.height;
  }

  /** The disk refused a block: nothing more is ordered. */
  get failure(): Error | undefined {
    return this.#cutter.failure;
  }

  snapshot(): StateSnapshot {
    return this.#store.snapshot();
  }

  transaction(txId: string): TransactionEntry | undefined {
    return this.#store.transaction(txId);
  }

  async block(number: number): Promise<common.Block | undefined> {
    const recent = this.#recent.get(number);
    if (recent || number >= this.height) return recent;
    const block = await this.#store.block(number);
    if (block) this.#remember(number, block);
    return block;
  }

  /**
   * Takes an envelope for a coming block; one that already waits is not taken twice.
   * @throws Error where too many wait, the disk failed, or the request was ordered lately
   */
  order({ txId, nonce, creator }: TransactionHeader, envelope: common.Envelope): void {
    if (this.failure) throw new Error(`the ledger's disk failed: ${this.failure.message}`);
    const request = transactionId(nonce, creator);
    if (this.#ordered.has(request)) throw new Error('failed to submit request: request already processed');
    const bytes = envelope.serializeBinary();
    const hash = hashOf(bytes);
    if (this.#pending.has(hash)) return;
    if (this.#pending.size >= this.#maxPending) {
      throw new Error(`${this.#maxPending} transactions already wait for a block`);
    }
    this.#pending.set(hash, request);
    this.#cutter.add({ txId, envelope, bytes });
  }

  /** @throws the signal's reason where it is aborted first; an Error where the disk fails */
  async committed(txId: string, signal: AbortSignal): Promise<TransactionEntry> {
    const entry = this.#store.transaction(txId);
    if (entry) return entry;
    const waiters = this.#transactionWaiters.get(txId) ?? new Set();
    this.#transactionWaiters.set(txId, waiters);
    let waiter: ((entry: TransactionEntry) => void) | undefined;
    try {
      return await abortable<TransactionEntry>(AbortSignal.any([signal, this.#failed.signal]), (resolve) => {
        waiter = resolve;
        waiters.add(resolve);
      });
    } finally {
      if (waiter) waiters.delete(waiter);
      if (waiters.size === 0) this.#transactionWaiters.delete(txId);
    }
  }

  /** Resolves when there are more than `number` blocks. @throws the signal's reason where it is aborted first */
  async hasBlock(number: number, signal: AbortSignal): Promise<void> {
    while (this.height <= number) {
      let waiter: (() => void) | undefined;
      try {
        await abortable<void>(signal, (resolve) => {
          waiter = resolve;
          this.#blockWaiters.add(resolve);
        });
      } finally {
        if (waiter) this.#blockWaiters.delete(waiter);
      }
    }
  }

  /** Commits what waits, then closes the files. */
  async close(): Promise<void> {
    await this.#cutter.drain();
    await this.#store.close();
  }

  async #commit(batch: readonly PendingEnvelope[]): Promise<void> {
    const number = this.height;
    const started = Date.now();
    try {
      const validated = await this.#validator.validate(
        number,
        batch.map(({ envelope }) => envelope),
      );
      const envelopes = batch.map(({ bytes }) => bytes);
      const block = makeBlock(number, this.#store.lastHash, envelopes, validated.codes);
      await this.#store.commit({ block, state: validated.state, transactions: validated.transactions });
      this.#remember(number, block);
      const valid = validated.codes.filter((code) => code === VALID).length;
      this.#log('debug', 'block committed', {
        channel: this.name,
        block: number,
        transactions: batch.length,
        valid,
        milliseconds: Date.now() - started,
      });
    } catch (error) {
      this.#log('error', 'block not committed', { channel: this.name, block: number, reason: messageOf(error) });
      this.#failed.abort(new Error(`the ledger's disk failed: ${messageOf(error)}`));
      throw error;
    }
    this.#announce(batch);
  }

  #announce(batch: readonly PendingEnvelope[]): void {
    for (const { txId, bytes } of batch) {
      const hash = hashOf(bytes);
      this.#ordered.add(this.#pending.get(hash) ?? '');
      this.#pending.delete(hash);
      const waiters = this.#transactionWaiters.get(txId);
      const entry = waiters && this.#store.transaction(txId);
      if (entry) for (const resolve of waiters) resolve(entry);
    }
    for (const resolve of this.#blockWaiters) resolve();
  }

  #remember(number: number, block: common.Block): void {
    this.#recent.set(number, block);
    const [oldest] = this.#recent.keys();
    if (this.#recent.size > RECENT_BLOCKS && oldest !== undefined) this.#recent.delete(oldest);
  }
}

async function begin(store: Store, genesis: common.Block, directory: string): Promise<void> {
  if (store.height === 0) {
    await store.commit({ block: genesis, state: [], transactions: [] });
    return;
  }
  const header = (await store.block(0))?.getHeader();
  const expected = genesis.getHeader();
  if (!header || !expected || !blockHash(header).equals(blockHash(expected))) {
    throw new EmbeddedLedgerError(
      'E_LEDGER_DATA_DIR_FOREIGN',
      `the chain in ${directory} was begun with other organisations, certificates or policies: use the settings it was begun with, or another data folder`,
    );
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}

function abortable<T>(signal: AbortSignal, start: (resolve: (value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    start((value) => {
      signal.removeEventListener('abort', abort);
      resolve(value);
    });
  });
}
