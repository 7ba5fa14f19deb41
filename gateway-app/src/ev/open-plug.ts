/** The pile and session both sides have signed. */
export interface OpenPlug {
  /** f of the pile, 16 bytes. */
  readonly pile: Uint8Array;
  /** 16 bytes. */
  readonly session: Uint8Array;
}
