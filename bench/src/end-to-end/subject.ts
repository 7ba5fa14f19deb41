/** One σ and the commands in it, sealed and not sent yet. */
export interface SealedCommands {
  /** σ id, lower-case hex. */
  readonly id: string;
  readonly bytes: number;
  /** Receivers, one command each. */
  readonly commands: number;
}

/** What the reader of the stream tells: the pile follows a gateway and has verified the block. */
export interface StreamListener {
  /** @param id σ id, lower-case hex */
  sigma(id: string): void;
  /** A value of the contract that is compared with. */
  plain(key: string, value: string): void;
  block(transactions: number): void;
}

/** By kind of process: peer, orderer, chaincode, or ledger and its chaincode; gateways with centre and pile. */
export type CpuTimes = Readonly<Record<string, number>>;

/** A consortium with its gateways, a centre that seals, vehicles, and a pile that follows the stream. */
export interface EndToEndSubject {
  readonly ledger: 'embedded' | 'fabric';
  readonly organisations: number;
  /** m of one command: what the compared way seals as well. */
  readonly plaintext: Uint8Array;
  /** @param receivers vehicles, one command each, at most as many as the limits allow in a σ */
  seal(receivers: number): Promise<SealedCommands>;
  /** Hands σ to every gateway, as the KGC does; resolves when enough have acknowledged it. @throws coded E_CSS_FULL, … */
  hold(sealed: SealedCommands): Promise<void>;
  /** Opens the entries of the first `count` receivers of a committed σ as vehicle and pile do. @throws if one does not open */
  open(id: string, count: number): Promise<void>;
  /** A transaction of the compared contract through some organisation's gateway; resolves when committed. */
  put(key: string, value: string): Promise<void>;
  listen(listener: StreamListener | undefined): void;
  /** CPU time taken so far by kind of process, milliseconds; undefined where the system does not tell. */
  cpuMs(): Promise<CpuTimes | undefined>;
  close(): Promise<void>;
}

export type EndToEndFactory = () => Promise<EndToEndSubject>;
