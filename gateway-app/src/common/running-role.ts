/** A started role. `stop` lets work in hand end, then closes its listener, streams and store. */
export interface RunningRole {
  readonly name: string;
  readonly role: string;
  /** Port listened on; 0 if the role listens on none. */
  readonly port: number;
  /** Where it serves people, `https://host:port`; absent if it does not. */
  readonly url?: string;
  stop(): Promise<void>;
  /** For operators: counts and positions, no identities. */
  status(): Promise<Record<string, unknown>>;
}
