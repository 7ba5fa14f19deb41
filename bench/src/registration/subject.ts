/** Some applications on their way. */
export interface Offered {
  /** Resolves when the provider has checked them, issued the certificates and stored them. */
  readonly accepted: Promise<void>;
  /** Resolves with how many the chain has committed. */
  readonly processed: Promise<number>;
}

/** A provider and a ledger, as the application brings them. */
export interface RegistrationSubject {
  /** Makes keys and applications, as vehicles do on their own machines: before the clock runs. */
  prepare(count: number): Promise<void>;
  /** Hands in the next `count` prepared applications. */
  offer(count: number): Offered;
  close(): Promise<void>;
}

export type RegistrationLedger = 'embedded' | 'fabric';

/** @returns undefined where that ledger's programs are absent */
export type RegistrationFactory = (ledger: RegistrationLedger) => Promise<RegistrationSubject | undefined>;
