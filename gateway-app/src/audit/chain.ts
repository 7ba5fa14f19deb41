import { type EpochsItem, itemLimits } from '@chargecast/protocol';
import {
  decodeRecord,
  ensureWithinLimits,
  fromHex,
  type Limits,
  parseParams,
  toHex,
  verifyRecord,
  verifySigma,
} from '@chargecast/signcryption';

import { CodedError, codeOf, messageOf } from '../common/errors';
import { ensureFollows } from '../ledger/block';
import { acceptBlock, type Consenter } from '../ledger/block-signatures';
import { EndorsementVerifier } from '../ledger/endorsements';
import { type BlockSource, type Channel, type LedgerBlock, LedgerError, type LedgerTransaction } from '../ledger/port';
import { type TrustBundle } from '../ledger/trust';
import { type Effects, readEffects, type WrittenSigma } from '../replica/effects';

/** Where and why the chain does not hold. */
export interface ChainFault {
  readonly channel: Channel;
  readonly block: string;
  readonly transactionId?: string;
  /** Lower-case hex. */
  readonly sigmaId?: string;
  readonly code: string;
  readonly message: string;
}

export interface ChainReport {
  /** No fault and no hit. */
  readonly verified: boolean;
  /** Of both channels. */
  readonly blocks: number;
  readonly heights: Readonly<Record<Channel, number>>;
  readonly transactions: number;
  /** Ordered, but refused by validation: they had no effect. */
  readonly invalidTransactions: number;
  readonly sigmas: number;
  readonly records: number;
  /** Places where something that should be secret stands in clear. */
  readonly hits: number;
  readonly faults: readonly ChainFault[];
}

export interface ChainAuditOptions {
  readonly trust: TrustBundle;
  readonly source: BlockSource;
  /** Blocks to read of each channel, from 0. */
  readonly heights: Readonly<Record<Channel, bigint>>;
  /** Counts forbidden byte strings in the raw bytes of every block. */
  readonly scanner?: { count(bytes: Uint8Array): number };
  /** Called for each committed σ, verified or not. */
  readonly onSigma?: (sigmaId: string, sigma: Uint8Array) => Promise<void> | void;
  /** Milliseconds to wait for the next block; default 30,000. */
  readonly patience?: number;
  readonly signal?: AbortSignal;
}

const PATIENCE_MS = 30_000;
const CHANNELS: readonly Channel[] = ['certchain', 'datachain'];

/**
 * Verifies both chains from public parts alone: hashes, the orderers' signatures on blocks, endorsements by a majority of
 * the pinned gateways, Merkle roots, every σ at its transaction's time under the limits then in force, every one-time key
 * once, every record's signature.
 * Faults are collected, not thrown; a channel whose blocks do not follow each other is not read further.
 * @throws whatever the source throws
 */
export async function verifyChain(options: ChainAuditOptions): Promise<ChainReport> {
  const tally = new Tally();
  const verifier = new EndorsementVerifier(options.trust);
  for (const channel of CHANNELS) await new ChannelAudit(channel, options, verifier, tally).run();
  return tally.report();
}

class Tally {
  readonly heights: Record<Channel, number> = { certchain: 0, datachain: 0 };
  readonly faults: ChainFault[] = [];
  transactions = 0;
  invalidTransactions = 0;
  sigmas = 0;
  records = 0;
  hits = 0;

  report(): ChainReport {
    const { heights, transactions, invalidTransactions, sigmas, records, hits, faults } = this;
    return {
      verified: faults.length === 0 && hits === 0,
      blocks: heights.certchain + heights.datachain,
      heights,
      transactions,
      invalidTransactions,
      sigmas,
      records,
      hits,
      faults,
    };
  }
}

class ChannelAudit {
  readonly #channel: Channel;
  readonly #options: ChainAuditOptions;
  readonly #verifier: EndorsementVerifier;
  readonly #tally: Tally;
  /** One-time keys that signed a σ. */
  readonly #spent = new Set<string>();
  /** One-time keys revoked, with the Unix seconds from which. */
  readonly #revoked = new Map<string, number>();
  /** Orderers that have to sign the next block. */
  #consenters: readonly Consenter[] = [];
  #limits: Limits | undefined;
  #epochs: EpochsItem | undefined;

  constructor(channel: Channel, options: ChainAuditOptions, verifier: EndorsementVerifier, tally: Tally) {
    this.#channel = channel;
    this.#options = options;
    this.#verifier = verifier;
    this.#tally = tally;
  }

  async run(): Promise<void> {
    const height = this.#options.heights[this.#channel];
    if (height === 0n) return;
    let previous: LedgerBlock | undefined;
    try {
      for await (const block of this.#blocks()) {
        if (!this.#follows(previous, block)) return;
        await this.#block(block);
        previous = block;
        if (block.number + 1n >= height) return;
      }
    } catch (error) {
      if (!(error instanceof LedgerError) || error.code !== 'E_BLOCK_MALFORMED') throw error;
      this.#fault(previous ? previous.number + 1n : 0n, error);
      return;
    }
    throw new CodedError(
      'E_CHAIN_SHORT',
      `the source ended before block ${height - 1n} of ${this.#channel}: try again`,
    );
  }

  /** Ends when the source does, is aborted, or gives nothing for too long. */
  async *#blocks(): AsyncGenerator<LedgerBlock> {
    const { source, signal: outer, patience = PATIENCE_MS } = this.#options;
    const controller = new AbortController();
    const stop = (): void => controller.abort();
    const timer = setTimeout(stop, patience);
    outer?.addEventListener('abort', stop, { once: true });
    if (outer?.aborted) stop();
    try {
      for await (const block of source.blocks(this.#channel, { from: 0n, signal: controller.signal })) {
        timer.refresh();
        yield block;
      }
    } finally {
      clearTimeout(timer);
      outer?.removeEventListener('abort', stop);
    }
  }

  #follows(previous: LedgerBlock | undefined, block: LedgerBlock): boolean {
    try {
      if (previous) ensureFollows(previous, block);
      else if (block.number !== 0n) throw new CodedError('E_CHAIN_BROKEN', 'the first block is not block 0');
      this.#consenters = acceptBlock(this.#options.trust, this.#channel, block, this.#consenters);
      return true;
    } catch (error) {
      this.#fault(block.number, error);
      return false;
    }
  }

  async #block(block: LedgerBlock): Promise<void> {
    const { scanner } = this.#options;
    this.#tally.heights[this.#channel]++;
    if (scanner) this.#tally.hits += scanner.count(block.header);
    for (const transaction of block.transactions) {
      this.#tally.transactions++;
      if (scanner) this.#tally.hits += scanner.count(transaction.envelope);
      if (transaction.validationCode !== 0) this.#tally.invalidTransactions++;
      if (!transaction.valid || transaction.chaincode !== this.#options.trust.chaincode) continue;
      try {
        await this.#transaction(block.number, transaction);
      } catch (error) {
        this.#fault(block.number, error, transaction);
      }
    }
  }

  async #transaction(number: bigint, transaction: LedgerTransaction): Promise<void> {
    this.#verifier.verify(transaction, this.#options.trust.params[this.#channel]);
    const effects = readEffects(transaction);
    this.#govern(effects);
    for (const { entry } of effects.records) {
      this.#tally.records++;
      verifyRecord(this.#options.trust.params, decodeRecord(fromHex(entry.record)));
    }
    const keys = new Map(effects.spent.map(({ credential, sigmaId }) => [sigmaId, credential]));
    for (const sigma of effects.sigmas) {
      const id = toHex(sigma.sigmaId);
      this.#tally.sigmas++;
      try {
        this.#sigma(sigma, keys.get(id), transaction.timestamp);
      } catch (error) {
        this.#fault(number, error, transaction, id);
      }
      await this.#options.onSigma?.(id, sigma.sigma);
    }
  }

  #govern({ params, limits, epochs, revocations }: Effects): void {
    if (params !== undefined && toHex(parseParams(params).ctx) !== toHex(this.#options.trust.params.ctx)) {
      throw new CodedError('E_TRUST_PARAMS', 'the channel was initialised with other params than those trusted here');
    }
    if (limits) this.#limits = itemLimits(limits);
    if (epochs) this.#epochs = epochs;
    for (const { kind, item } of revocations) {
      if (kind === 'credential') this.#revoked.set(item.body.subject, item.body.effective);
    }
  }

  #sigma({ sigma }: WrittenSigma, nullified: string | undefined, time: number): void {
    const verified = verifySigma(this.#options.trust.params, Uint8Array.from(sigma));
    const { header } = verified;
    if (!this.#limits) throw new CodedError('E_LIMITS_VERSION', 'σ was committed before there were limits');
    ensureWithinLimits(verified, this.#limits, time);
    this.#ensureEpoch(header.epoch, header.notAfter, time);
    const key = toHex(header.oneTimeKey);
    if (key !== nullified) throw new CodedError('E_WRITE_SET', 'the nullifier of σ is not its one-time key');
    if (this.#spent.has(key))
      throw new CodedError('E_CREDENTIAL_SPENT', 'the one-time credential has signed another σ');
    this.#spent.add(key);
    if ((this.#revoked.get(key) ?? Infinity) <= time) {
      throw new CodedError('E_CREDENTIAL_REVOKED', 'the one-time credential was revoked before σ was committed');
    }
  }

  #ensureEpoch(epoch: number, notAfter: number, time: number): void {
    const accepted = this.#epochs?.body.accepted.find((candidate) => candidate.epoch === epoch);
    const closeAt = accepted?.closeAt ?? Infinity;
    if (!accepted || time > closeAt || notAfter > closeAt) {
      throw new CodedError('E_EPOCH', `epoch ${epoch} was not accepted when σ was committed`);
    }
  }

  #fault(block: bigint, error: unknown, transaction?: LedgerTransaction, sigmaId?: string): void {
    this.#tally.faults.push({
      channel: this.#channel,
      block: block.toString(),
      ...(transaction && { transactionId: transaction.transactionId }),
      ...(sigmaId !== undefined && { sigmaId }),
      code: codeOf(error) ?? 'E_INTERNAL',
      message: messageOf(error),
    });
  }
}
