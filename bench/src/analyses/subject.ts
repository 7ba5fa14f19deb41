/** What the application brings for the second paper's analyses. */

/** What some transactions take of every peer's disk. */
export interface Weight {
  readonly transactions: number;
  /** Envelopes as ordered. */
  readonly blockBytes: number;
  /** Keys and values they left in the state. */
  readonly stateBytes: number;
}

export interface BlockWeight {
  readonly transactions: number;
  /** Header and the orderers' signatures: what a block takes beside its transactions. */
  readonly overheadBytes: number;
}

/** Limits of a block, as the channel's first configuration sets them. */
export interface BlockLimits {
  readonly maxMessageCount: number;
  readonly maxBytes: number;
}

/** `vehicle`: the public key of one, by its ID; `vehiclePage`: the next page of a list; `chargingRecord`: one, by its transaction. */
export type Query = 'vehicle' | 'vehiclePage' | 'chargingRecord';

/** A consortium whose chains hold what the analyses put there, and nothing else. */
export interface RecordsSubject {
  readonly ledger: string;
  readonly organisations: number;
  readonly blockLimits: BlockLimits;
  /** Entries of a page. */
  readonly pageSize: number;
  /** Certificates of vehicles through their provider, gathered into transactions as it gathers them. */
  register(vehicles: number): Promise<Weight>;
  /** Charging records of two readings each, at most 128, in one transaction. */
  charge(records: number): Promise<Weight>;
  /** One σ in one transaction. */
  broadcast(receivers: number): Promise<Weight>;
  /** A value under a key, not looked at, in one transaction. */
  put(bytes: number): Promise<Weight>;
  /** So many puts at once. @returns the blocks they came in */
  burst(transactions: number, bytes: number): Promise<readonly BlockWeight[]>;
  /** Evaluates one through a gateway: of what is there, each as likely as the other. */
  query(what: Query): Promise<void>;
  close(): Promise<void>;
}

export type RecordsFactory = () => Promise<RecordsSubject>;

/** How blocks are cut. */
export interface Cutting {
  /** Transactions a block holds at most. */
  readonly maxMessageCount: number;
  /** Milliseconds its first transaction waits for others at most. */
  readonly intervalMs: number;
}

/** A consortium that cuts blocks as asked for. */
export interface OrderingSubject {
  readonly ledger: string;
  /** Resolves when a put of these many bytes is committed. */
  put(bytes: number): Promise<void>;
  /** Number of blocks so far. */
  height(): Promise<number>;
  close(): Promise<void>;
}

/** @param cutting undefined: as this project has it by default */
export type OrderingFactory = (cutting: Cutting | undefined) => Promise<OrderingSubject>;
