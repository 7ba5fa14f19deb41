import {
  type Certificate,
  type CertificateStatus,
  MAX_SLOT_AGE,
  slotNumber,
  type SystemKey,
} from '@chargecast/protocol';
import { type Limits, type Params, parseParams, toHex } from '@chargecast/signcryption';

import { Backoff } from '../common/abort';
import { CodedError } from '../common/errors';
import { type Logger } from '../common/log';
import { EndorsementVerifier } from '../ledger/endorsements';
import { type Channel, type LedgerBlock, LedgerError, type LedgerTransaction } from '../ledger/port';
import { getJson, type Store, toJson } from '../store/store';
import { CertificateRegistry } from './certificates';
import { ChainHead } from './chain-head';
import { type Effects, readEffects } from './effects';
import { Governance } from './governance';
import { Registry } from './registry';
import {
  type AppliedBlock,
  type CommittedSigma,
  type RecordFilter,
  type Replica,
  type ReplicaEpochs,
  type ReplicaOptions,
  type ReplicaProvider,
  type ReplicaRecord,
  type ReplicaSlot,
} from './types';
import { Waiters } from './waiters';

interface Place {
  readonly block: bigint;
  readonly transactionId: string;
}

const CHANNELS: readonly Channel[] = ['certchain', 'datachain'];

/** Opens a replica where it last stood; `start` makes it follow. */
export async function openReplica(options: ReplicaOptions): Promise<Replica> {
  const now = (): number => Math.floor(Date.now() / 1000);
  const { store, trust } = options;
  const [certchain, datachain] = await Promise.all([
    ChainHead.open(store, trust, 'certchain'),
    ChainHead.open(store, trust, 'datachain'),
  ]);
  const registry = await Registry.open(store, trust.params, now);
  const replica = new ChainReplica(
    options,
    registry,
    await CertificateRegistry.open(store, trust.params, registry),
    await Governance.open(store, now),
    { certchain, datachain },
  );
  await replica.compareWithSlot();
  return replica;
}

class ChainReplica implements Replica {
  readonly #options: ReplicaOptions;
  readonly #registry: Registry;
  readonly #certificates: CertificateRegistry;
  readonly #governance: Governance;
  readonly #verifier: EndorsementVerifier;
  readonly #stores: Readonly<Record<'sigmas' | 'spent', Store>>;
  readonly #heads: Readonly<Record<Channel, ChainHead>>;
  readonly #reached = new Waiters<void>();
  readonly #committed = new Waiters<Place>();
  readonly #stopping = new AbortController();
  /** Newest slot head whose roots were compared with the own registry, and the newest that agreed. */
  #comparedSlot: number | undefined;
  #confirmedSlot: number | undefined;
  #following: Promise<unknown> = Promise.resolve();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    options: ReplicaOptions,
    registry: Registry,
    certificates: CertificateRegistry,
    governance: Governance,
    heads: Readonly<Record<Channel, ChainHead>>,
  ) {
    const { store, trust } = options;
    this.#options = options;
    this.#registry = registry;
    this.#certificates = certificates;
    this.#governance = governance;
    this.#verifier = new EndorsementVerifier(trust);
    this.#stores = { sigmas: store.sub('sigmas'), spent: store.sub('spent') };
    this.#heads = heads;
  }

  get params(): Params {
    return this.#options.trust.params;
  }

  start(): void {
    const channels = this.#options.channels ?? CHANNELS;
    this.#following = Promise.all(channels.map((channel) => this.#follow(channel)));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#following;
  }

  position(channel: Channel): bigint | undefined {
    return this.#heads[channel].number;
  }

  limits(): Limits {
    return this.#governance.limits();
  }

  epochs(): ReplicaEpochs {
    return this.#governance.epochs();
  }

  slot(): ReplicaSlot | undefined {
    return this.#governance.slot();
  }

  isFresh(now: number): boolean {
    const confirmed = this.#confirmedSlot;
    return confirmed !== undefined && confirmed === this.#comparedSlot && slotNumber(now) - confirmed <= MAX_SLOT_AGE;
  }

  record(f: Uint8Array): Promise<ReplicaRecord | undefined> {
    return this.#registry.record(f);
  }

  records(filter?: RecordFilter): AsyncIterable<ReplicaRecord> {
    return this.#registry.records(filter);
  }

  provider(id: string): Promise<ReplicaProvider | undefined> {
    return this.#registry.provider(id);
  }

  certificateOf(id: string): Promise<Certificate | undefined> {
    return this.#certificates.certificateOf(id);
  }

  certificates(after?: string): AsyncIterable<Certificate> {
    return this.#certificates.certificates(after);
  }

  statusOf(id: string, at: number): Promise<CertificateStatus | undefined> {
    return this.#certificates.statusOf(id, at);
  }

  systemKeyOf(provider: string, version?: number): Promise<SystemKey | undefined> {
    return this.#certificates.systemKeyOf(provider, version);
  }

  async isRecordRevoked(f: Uint8Array): Promise<boolean> {
    return this.#registry.isRevoked('record', toHex(f));
  }

  async isCredentialRevoked(credential: Uint8Array): Promise<boolean> {
    return this.#registry.isRevoked('credential', toHex(credential));
  }

  isCredentialSpent(credential: Uint8Array): Promise<boolean> {
    return this.#stores.spent.has(toHex(credential));
  }

  async committed(sigmaId: Uint8Array): Promise<Place | undefined> {
    const stored = await getJson<{ block: string; transactionId: string }>(this.#stores.sigmas, toHex(sigmaId));
    return stored && { block: BigInt(stored.block), transactionId: stored.transactionId };
  }

  async roots(certchainBlock: bigint): Promise<{ recordsRoot: Uint8Array; revocationsRoot: Uint8Array }> {
    const position = this.position('certchain');
    if (position === undefined || position < certchainBlock) {
      throw new CodedError(
        'E_REPLICA_BEHIND',
        `block ${certchainBlock} has not been read yet: wait until it is reached`,
      );
    }
    return this.#registry.roots(certchainBlock);
  }

  async reached(channel: Channel, block: bigint, signal?: AbortSignal): Promise<void> {
    if ((this.position(channel) ?? -1n) >= block) return;
    await this.#reached.wait(`${channel}:${block}`, signal);
  }

  async whenCommitted(sigmaId: Uint8Array, signal?: AbortSignal): Promise<Place> {
    const key = toHex(sigmaId);
    // Waiting begins before looking, so that a commit in between is not missed.
    const later = this.#committed.wait(key, signal);
    later.catch(() => undefined);
    const place = await this.committed(sigmaId);
    if (place) this.#committed.resolve(key, place);
    return later;
  }

  /**
   * A gateway that withholds a record or a revocation shows itself here: a majority signed the roots of the certification
   * chain into the slot head.
   */
  async compareWithSlot(): Promise<void> {
    const slot = this.slot();
    const position = this.position('certchain') ?? -1n;
    if (!slot || slot.number === this.#comparedSlot || position < slot.certchainBlock) return;
    const own = await this.#registry.roots(slot.certchainBlock);
    const agree =
      toHex(own.recordsRoot) === toHex(slot.recordsRoot) && toHex(own.revocationsRoot) === toHex(slot.revocationsRoot);
    this.#comparedSlot = slot.number;
    if (agree) this.#confirmedSlot = slot.number;
    else {
      const fields = { code: 'E_SLOT_ROOTS', slot: slot.number, block: slot.certchainBlock.toString() };
      this.#options.logger.error(fields, 'a majority of gateways saw other records or revocations than were read here');
    }
  }

  /** Reads the channel until stopped, connecting again with growing pauses. */
  async #follow(channel: Channel): Promise<void> {
    const { source, logger } = this.#options;
    const { signal } = this.#stopping;
    const backoff = new Backoff(100, 2000);
    while (!signal.aborted) {
      try {
        const from = (this.position(channel) ?? -1n) + 1n;
        for await (const block of source.blocks(channel, { from, signal })) {
          if (signal.aborted) return;
          await this.#inTurn(() => this.#applyBlock(channel, block));
          backoff.reset();
        }
      } catch (error) {
        if (signal.aborted) return;
        logLost(logger, channel, error);
      }
      await backoff.wait(signal);
    }
  }

  /** One block at a time over both channels: a role's hook never runs twice at once. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #applyBlock(channel: Channel, block: LedgerBlock): Promise<void> {
    const { store, apply, applied } = this.#options;
    const batch = store.batch();
    const advance = this.#heads[channel].stage(batch, block);
    const sigmas: CommittedSigma[] = [];
    const recordsChanged = new Set<string>();
    const certificatesChanged = new Set<string>();
    const providersRevoked: string[] = [];
    for (const transaction of this.#own(channel, block)) {
      const effects = readEffects(transaction);
      this.#ensureSameParams(effects);
      await this.#registry.stage(batch, channel, block.number, effects);
      for (const id of this.#certificates.stage(batch, effects)) certificatesChanged.add(id);
      const limits = this.#governance.stage(batch, channel, effects);
      sigmas.push(...committedSigmas(block, transaction, effects, limits));
      for (const { credential, sigmaId } of effects.spent) batch.put(this.#stores.spent, credential, toJson(sigmaId));
      for (const { f } of effects.records) recordsChanged.add(f);
      for (const { kind, item } of effects.revocations) {
        if (kind === 'record') recordsChanged.add(item.body.subject);
        if (kind === 'provider') providersRevoked.push(item.body.subject);
      }
    }
    for (const { sigmaId, transactionId } of sigmas) {
      batch.put(this.#stores.sigmas, toHex(sigmaId), toJson({ block: block.number.toString(), transactionId }));
    }
    const outcome: AppliedBlock = {
      channel,
      number: block.number,
      sigmas,
      recordsChanged: [...recordsChanged],
      certificatesChanged: [...certificatesChanged],
      providersRevoked,
      block,
    };
    await apply?.(outcome, batch);
    await batch.commit();
    advance();
    await this.compareWithSlot();
    this.#tell(outcome);
    applied?.(outcome);
  }

  /** The trusted chaincode's valid transactions, each endorsed; those of other chaincodes do not touch its state. */
  *#own(channel: Channel, { transactions }: LedgerBlock): Generator<LedgerTransaction> {
    const { params, chaincode } = this.#options.trust;
    for (const transaction of transactions) {
      if (!transaction.valid || transaction.chaincode !== chaincode) continue;
      this.#verifier.verify(transaction, params[channel]);
      yield transaction;
    }
  }

  #ensureSameParams({ params }: Effects): void {
    if (params === undefined) return;
    const found = parseParams(params);
    const pinned = this.params;
    const same =
      Buffer.from(found.ctx).equals(pinned.ctx) && describeOrganisations(found) === describeOrganisations(pinned);
    if (!same) {
      throw new CodedError('E_TRUST_PARAMS', 'the channel was initialised with other params than those trusted here');
    }
  }

  #tell({ channel, number, sigmas }: AppliedBlock): void {
    for (const key of this.#reached.keys()) {
      const [waited, block] = key.split(':') as [string, string];
      if (waited === channel && BigInt(block) <= number) this.#reached.resolve(key, undefined);
    }
    for (const { sigmaId, block, transactionId } of sigmas) {
      this.#committed.resolve(toHex(sigmaId), { block, transactionId });
    }
  }
}

function committedSigmas(
  block: LedgerBlock,
  { index: transactionIndex, transactionId, timestamp }: LedgerTransaction,
  { sigmas, root }: Effects,
  limits: Limits | undefined,
): CommittedSigma[] {
  if (!root) return [];
  if (!limits) throw new LedgerError('E_WRITE_SET', 'σ stand on a chain without limits: distrust its source');
  const place = { block: block.number, transactionIndex, transactionId, txTime: timestamp, root, limits };
  return sigmas.map((sigma) => ({ ...place, ...sigma }));
}

function describeOrganisations({ organisations }: Params): string {
  return JSON.stringify(organisations.map(({ mspId, role, publicKey }) => [mspId, role, toHex(publicKey)]));
}

const QUIET = new Set(['E_LEDGER_UNAVAILABLE', 'E_UNREACHABLE', 'E_CANCELLED']);

/** A source that is away is ordinary; one whose blocks do not hold is an attack or a bug. */
function logLost(logger: Logger, channel: Channel, error: unknown): void {
  const quiet = error instanceof CodedError && QUIET.has(error.code);
  logger[quiet ? 'debug' : 'error']({ err: error, channel }, 'following the chain was interrupted');
}
