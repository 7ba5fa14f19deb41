/**
 * The ledger port over both test chains: the real contracts endorse against committed state, ordering checks versions, so
 * that relays race and conflict as they do on a ledger.
 */
import { type LedgerRole } from '@chargecast/protocol';
import { type Simulation } from '@chargecast/chaincode/testing/memory-ledger';

import { type KeyedLock } from '../common/keyed-lock';
import { parseCodedText } from '../common/errors';
import {
  type BlockOptions,
  type Channel,
  type EndorsedTransaction,
  type Ledger,
  type LedgerBlock,
  LedgerError,
  type SubmitResult,
  type Transaction,
} from '../ledger';
import { type TestChain } from './test-chain';

const MVCC_READ_CONFLICT = 11;

export interface TestLedgerOptions {
  /** Unix seconds. */
  readonly now: () => number;
  readonly role?: LedgerRole;
  /** One for all ledgers of a chain: ordering is one at a time. */
  readonly ordering: KeyedLock;
}

export class TestLedger implements Ledger {
  readonly #chain: TestChain;
  readonly #options: TestLedgerOptions;
  /** While set, every call fails with this code. */
  outage: string | undefined;
  /** Awaited between endorsement and ordering. */
  beforeOrdering: () => Promise<void> | void = () => undefined;
  readonly endorsed: Transaction[] = [];

  constructor(chain: TestChain, options: TestLedgerOptions) {
    this.#chain = chain;
    this.#options = options;
  }

  async endorse(channel: Channel, transaction: Transaction): Promise<EndorsedTransaction> {
    this.#ensureUp();
    this.endorsed.push(transaction);
    const { now } = this.#options;
    const time = now();
    const simulation = await this.#simulate(channel, transaction, time);
    return {
      transactionId: simulation.transactionId,
      result: Buffer.from(simulation.payload),
      submit: () => this.#order(channel, simulation, time),
    };
  }

  async submit(channel: Channel, transaction: Transaction): Promise<SubmitResult> {
    return (await this.endorse(channel, transaction)).submit();
  }

  async evaluate(channel: Channel, transaction: Transaction): Promise<Uint8Array> {
    this.#ensureUp();
    return Buffer.from((await this.#simulate(channel, transaction, this.#options.now())).payload);
  }

  blocks(channel: Channel, options: BlockOptions): AsyncIterable<LedgerBlock> {
    return this.#chain.blocks(channel, options);
  }

  async height(channel: Channel): Promise<bigint> {
    this.#ensureUp();
    return BigInt(this.#chain.blocksOf[channel].length);
  }

  close(): void {
    this.outage = 'E_LEDGER_UNAVAILABLE';
  }

  async #simulate(channel: Channel, transaction: Transaction, time: number): Promise<Simulation> {
    const { consortium } = this.#chain;
    const simulation = await consortium[channel].simulate({
      name: `${transaction.contract}:${transaction.name}`,
      args: transaction.args ?? [],
      transient: transaction.transient ?? {},
      as: consortium.as(this.#options.role ?? 'relay'),
      time,
    });
    if (simulation.status === 200) return simulation;
    const coded = parseCodedText(simulation.message);
    throw new LedgerError(coded?.code ?? 'E_CHAINCODE', coded?.message ?? simulation.message);
  }

  async #order(channel: Channel, simulation: Simulation, time: number): Promise<SubmitResult> {
    await this.beforeOrdering();
    return this.#options.ordering.run(channel, async () => {
      this.#ensureUp();
      const valid = this.#chain.consortium[channel].commit(simulation) === 'VALID';
      const code = valid ? 0 : MVCC_READ_CONFLICT;
      const block = await this.#chain.add(channel, Promise.resolve(simulation), { time, code });
      const { transactionId } = simulation;
      if (!valid) throw new LedgerError('E_MVCC', 'a key was changed', { transactionId, validationCode: code });
      return { transactionId, blockNumber: block.number, result: Buffer.from(simulation.payload) };
    });
  }

  #ensureUp(): void {
    if (this.outage !== undefined) throw new LedgerError(this.outage, 'the ledger is away');
  }
}
