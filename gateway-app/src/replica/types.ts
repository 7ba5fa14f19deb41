import { type AcceptedEpoch, type Certificate, type CertificateStatus, type SystemKey } from '@chargecast/protocol';
import { type LedgerRecord, type Limits, type Params, type RecordKeys, type Role } from '@chargecast/signcryption';

import { type BlockSource, type Channel, type LedgerBlock } from '../ledger/port';
import { type TrustBundle } from '../ledger/trust';
import { type Logger } from '../common/log';
import { type Batch, type Store } from '../store/store';

/** One σ as it stands on the chain: endorsed by a majority, committed as valid, its Merkle root checked. */
export interface CommittedSigma {
  readonly block: bigint;
  readonly transactionIndex: number;
  readonly transactionId: string;
  /** Position in its submission: the Merkle leaf's index. */
  readonly index: number;
  /** 32 bytes. */
  readonly sigmaId: Uint8Array;
  readonly sigma: Uint8Array;
  /** The transaction's time, Unix seconds: when its endorsers verified it. */
  readonly txTime: number;
  /** Merkle root over the submission's committed σ, 64 bytes. */
  readonly root: Uint8Array;
  /** In force when the endorsers verified it. */
  readonly limits: Limits;
}

/** What one block of one channel brought. */
export interface AppliedBlock {
  readonly channel: Channel;
  readonly number: bigint;
  /** In order; empty on the certification chain. */
  readonly sigmas: readonly CommittedSigma[];
  /** Pseudo-identities whose record or revocation came with this block, lower-case hex. */
  readonly recordsChanged: readonly string[];
  /** IDs whose certificate came, was superseded or was revoked with this block, lower-case hex. */
  readonly certificatesChanged: readonly string[];
  /** Names of providers revoked with this block: their certificates hold no longer. */
  readonly providersRevoked: readonly string[];
  readonly block: LedgerBlock;
}

export interface ReplicaOptions {
  /** A sub-store of the role's own database, so that its effects and the position commit together. */
  readonly store: Store;
  readonly trust: TrustBundle;
  readonly source: BlockSource;
  readonly logger: Logger;
  /** Default: both. */
  readonly channels?: readonly Channel[];
  /**
   * Called once for each block, in the channel's order, before it counts as applied. What it adds to `batch` (writes to
   * any sub-store of the same database) is stored in one step with the position: all of it, or the block comes again.
   * If it throws, the block is tried again after a pause.
   */
  readonly apply?: (applied: AppliedBlock, batch: Batch) => Promise<void> | void;
  /** Called after the batch is on disk; for waking up workers. */
  readonly applied?: (applied: AppliedBlock) => void;
}

/** A record of the certification chain as this replica holds it. */
export interface ReplicaRecord {
  readonly record: LedgerRecord;
  /** Block of the certification chain that brought it. */
  readonly block: bigint;
  readonly revoked: boolean;
  /**
   * Q and u(Q), present only if the record counts: its signature holds and it is approved by a majority, or
   * countersigned by a provider of the consortium, as its role asks. Whether it is revoked is a separate question.
   */
  readonly keys?: RecordKeys;
}

export interface ReplicaProvider {
  readonly provider: string;
  readonly mspId: string;
  /** Ed25519, 32 bytes. */
  readonly key: Uint8Array;
}

export interface ReplicaEpochs {
  readonly version: number;
  /** The epoch new records belong to. */
  readonly current: number;
  /** Epochs accepted at the moment of asking, ascending. */
  readonly accepted: readonly number[];
  /** All listed ones, with the Unix seconds after which each is closed. */
  readonly schedule: readonly AcceptedEpoch[];
}

export interface ReplicaSlot {
  readonly number: number;
  readonly epoch: number;
  readonly recordsRoot: Uint8Array;
  readonly revocationsRoot: Uint8Array;
  readonly certchainBlock: bigint;
}

export interface RecordFilter {
  readonly role?: Role;
  readonly epoch?: number;
  /** Only those that count and are not revoked. */
  readonly counting?: boolean;
}

/** What a replica answers from its own store, never asking anybody. */
export interface ReplicaView {
  readonly params: Params;
  /** @throws CodedError E_REPLICA_EMPTY until the governance items have been seen */
  limits(): Limits;
  epochs(): ReplicaEpochs;
  /** The newest slot head of the data chain. */
  slot(): ReplicaSlot | undefined;
  /**
   * The newest slot head is at most two slots of 900 s older than `now` (Unix seconds), and the records and revocations
   * read here have the roots a majority of gateways signed into it. If not, nobody should act on what was read.
   */
  isFresh(now: number): boolean;
  record(f: Uint8Array): Promise<ReplicaRecord | undefined>;
  records(filter?: RecordFilter): AsyncIterable<ReplicaRecord>;
  provider(id: string): Promise<ReplicaProvider | undefined>;
  /** The certificate in force for the ID of a vehicle or pile (16 bytes hex); a revoked one as well. */
  certificateOf(id: string): Promise<Certificate | undefined>;
  /** Certificates in force, revoked ones as well, in the order of their IDs. @param after an ID to begin behind */
  certificates(after?: string): AsyncIterable<Certificate>;
  /** @param at Unix seconds @returns undefined for an ID nobody registered */
  statusOf(id: string, at: number): Promise<CertificateStatus | undefined>;
  /**
   * The system key of a provider the consortium admitted and has not revoked, signed by that provider.
   * @param version the newest without one
   */
  systemKeyOf(provider: string, version?: number): Promise<SystemKey | undefined>;
  isRecordRevoked(f: Uint8Array): Promise<boolean>;
  isCredentialRevoked(credential: Uint8Array): Promise<boolean>;
  isCredentialSpent(credential: Uint8Array): Promise<boolean>;
  /** Where a σ was committed. */
  committed(sigmaId: Uint8Array): Promise<{ readonly block: bigint; readonly transactionId: string } | undefined>;
  /** Merkle roots over records and revocations committed up to a block of the certification chain, for slot heads. */
  roots(certchainBlock: bigint): Promise<{ readonly recordsRoot: Uint8Array; readonly revocationsRoot: Uint8Array }>;
}

/** Follows the chains and keeps what they say, verified block by block. */
export interface Replica extends ReplicaView {
  start(): void;
  stop(): Promise<void>;
  /** Number of the newest block applied; undefined before the first. */
  position(channel: Channel): bigint | undefined;
  /** Resolves when the block is applied. @throws CodedError E_CANCELLED when the signal aborts first */
  reached(channel: Channel, block: bigint, signal?: AbortSignal): Promise<void>;
  /** Resolves when σ is committed and applied. @throws CodedError E_CANCELLED when the signal aborts first */
  whenCommitted(
    sigmaId: Uint8Array,
    signal?: AbortSignal,
  ): Promise<{ readonly block: bigint; readonly transactionId: string }>;
}
