import type { CertificateOpening } from '@chargecast/protocol';

/** The pile and session both sides have signed. */
export interface OpenPlug {
  /** f of the pile, 16 bytes. */
  readonly pile: Uint8Array;
  /** 16 bytes. */
  readonly session: Uint8Array;
  /** Opens to whose certificate the session's records are made out. */
  readonly shown: CertificateOpening;
}
