/** What the application brings to show how costs grow. */

/** Milliseconds. */
export interface CommitTimes {
  /** From handing the transaction to a gateway to its commit. */
  readonly commit: number;
  /** A gateway's replica and archive, applying the block. */
  readonly gateway: number;
  /** A pile's replica, applying the block its gateway streams. */
  readonly pile: number;
}

/** Milliseconds, each on the data it left. */
export interface RestartTimes {
  /** All processes of the ledger, until it answers. */
  readonly ledger: number;
  /** Replica and archive. */
  readonly gateway: number;
  readonly pile: number;
}

/** A consortium with a gateway's replica and a pile's that follows it. */
export interface ChainSubject {
  /** Adds σ's of one receiver each, gathered into full transactions; both replicas have them when it resolves. */
  extend(sigmas: number): Promise<void>;
  /** One σ of one receiver in a transaction of its own. */
  commitOne(): Promise<CommitTimes>;
  /** A committed σ by its id, of all there are each as likely as the other. */
  query(): Promise<void>;
  restart(): Promise<RestartTimes>;
  /** Bytes of the envelope of the newest transaction. */
  newestTransactionBytes(): Promise<number>;
  /** CPU time of all processes of the ledger since they started, milliseconds; undefined where the system does not tell. */
  ledgerCpuMs(): Promise<number | undefined>;
  close(): Promise<void>;
}

export type LedgerName = 'embedded' | 'fabric';

export interface GrowthSubjects {
  readonly chain: (ledger: LedgerName, organisations: number) => Promise<ChainSubject>;
  /** On which costs over organisations are measured; length of chain on the first. */
  readonly ledgers: readonly LedgerName[];
  /** σ's the chain grows to. */
  readonly messages: number;
}
