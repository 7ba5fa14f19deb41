import { type Limits, type Receiver, type RecordKeys } from '@chargecast/signcryption';

/** Commands on their way through a centre; its steps run in order, each once. */
export interface CentreRun {
  step(index: number): Promise<void>;
}

/** What is measured. The bench knows no centre: the application brings its own. */
export interface CentreSubject {
  /** Names of the steps, in order. */
  readonly steps: readonly string[];
  /** @param commands so many, each to another vehicle @param receivers of one σ */
  begin(commands: number, receivers: number): CentreRun;
  /** The σ's of such a run are sealed and kept nowhere: what of its steps is signcrypt. */
  signcrypt(commands: number, receivers: number): Promise<void>;
  close(): Promise<void>;
}

/** Keys that a centre addresses and seals with; all vehicles are plugged in at one pile. */
export interface CentreParts {
  readonly limits: Limits;
  readonly pile: RecordKeys;
  readonly vehicles: readonly RecordKeys[];
  readonly seal: (receivers: readonly Receiver[], ttlSeconds: number) => Promise<{ sigma: Uint8Array; id: Uint8Array }>;
}

export type CentreFactory = (parts: CentreParts) => Promise<CentreSubject>;
