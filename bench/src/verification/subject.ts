import { type SealedCommands } from '../end-to-end/subject';

/** A consortium of which no gateway runs: nothing but the ledger does work for a transaction. */
export interface VerificationSubject {
  readonly ledger: 'embedded' | 'fabric';
  /** @param receivers vehicles, one command each */
  seal(receivers: number): Promise<SealedCommands>;
  /** One σ in one transaction; resolves when committed. */
  submit(sealed: SealedCommands): Promise<void>;
  /** A put of the compared contract through the same gateway, the value its argument. */
  put(value: string): Promise<void>;
  /** The same with the value in the transient map: in the block it stands once, as σ does. */
  putOnce(value: Uint8Array): Promise<void>;
  /** CPU time of all processes of the ledger since they started, milliseconds; undefined where the system does not tell. */
  ledgerCpuMs(): Promise<number | undefined>;
  close(): Promise<void>;
}

/** @param receivers most of a σ */
export type VerificationFactory = (receivers: number) => Promise<VerificationSubject>;
