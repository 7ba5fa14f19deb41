/**
 * Every failure of this package is a {@link SigncryptionError} with one of these stable codes. Messages say what to do
 * and never carry key material, plaintext or an identity.
 */
export type SigncryptionErrorCode =
  /** A caller passed a value of the wrong size, type or range. */
  | 'E_ARGUMENT'
  /** `await ready()` was not called before a function that uses secret scalars or judges points. */
  | 'E_NOT_READY'
  /** Not the canonical encoding of an element of the prime-order group, or the identity. */
  | 'E_POINT'
  /** A scalar that is zero or not below the group order. */
  | 'E_SCALAR'
  /** A derived value was zero (probability about 2⁻¹²⁶): draw again from the start of the step. */
  | 'E_REDRAW'
  | 'E_PARAMS'
  | 'E_LIMITS'
  | 'E_RECORD_MALFORMED'
  | 'E_RECORD_SIGNATURE'
  /** Too few, or the wrong, organisations stand behind the record. */
  | 'E_RECORD_UNSUPPORTED'
  | 'E_ENROL_REQUEST'
  | 'E_ENROL_REPEATED'
  | 'E_ENROL_RESPONSE'
  | 'E_CREDENTIAL_REQUEST'
  | 'E_CREDENTIAL_REPEATED'
  | 'E_CREDENTIAL_RESPONSE'
  | 'E_CREDENTIAL_SPENT'
  | 'E_OPENING'
  | 'E_MERKLE'
  | 'E_STATEMENT'
  | 'E_MESSAGES'
  | 'E_RECEIVER_TWICE'
  | 'E_RECEIVER_COUNT'
  | 'E_MESSAGE_SIZE'
  /** Sender, credential and receivers are not of one epoch. */
  | 'E_EPOCH'
  | 'E_TTL'
  /** The limits' table does not let this sender role and class address this receiver role. */
  | 'E_NOT_ALLOWED'
  | 'E_SIGMA_MALFORMED'
  | 'E_SIGMA_VERSION'
  | 'E_SIGMA_SUITE'
  | 'E_SIGMA_CONTEXT'
  | 'E_SIGMA_EPHEMERAL'
  | 'E_SIGMA_KEY'
  | 'E_SIGMA_ORDER'
  | 'E_SIGMA_CERTIFICATE'
  | 'E_SIGMA_SIGNATURE'
  | 'E_SIGMA_LIMITS'
  | 'E_SIGMA_EXPIRED'
  | 'E_SIGMA_TTL'
  /** A vehicle refuses to lend the entry key for this header. */
  | 'E_ENTRY_REFUSED'
  /** An entry was found but did not open to an authentic message; deliberately says no more. */
  | 'E_OPEN';

export class SigncryptionError extends Error {
  override readonly name = 'SigncryptionError';

  constructor(
    readonly code: SigncryptionErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Throws {@link SigncryptionError} unless the condition holds. */
export function ensure(condition: boolean, code: SigncryptionErrorCode, message: string): asserts condition {
  if (!condition) throw new SigncryptionError(code, message);
}
