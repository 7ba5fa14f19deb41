/**
 * Refusal codes of the ledger, one list for chaincode, gateway, CLI and docs/ledger.md. A refused σ or record may
 * also carry a code of `@chargecast/signcryption` (`SigncryptionError.code`): stateless verification keeps its own.
 */
export const LEDGER_CODES = {
  E_AUTHORISATION: 'the grantor’s signature does not hold, or it may not grant this',
  E_AUTHORISATION_REPLAYED: 'a newer authorisation or withdrawal stands',
  E_AUTHORITY: 'the authority’s signatures do not suffice for this item',
  E_APPROVALS: 'too few pinned organisations approve',
  E_ALREADY_INITIALISED: 'the channel holds its parameters already',
  E_ARGUMENTS: 'the arguments do not fit the transaction',
  E_CERTIFICATE: 'the certificate is not its provider’s, or not this ID’s',
  E_CERTIFICATE_EXPIRED: 'the certificate has expired',
  E_CERTIFICATE_REVOKED: 'the vehicle’s or pile’s ID is revoked for ever',
  E_CERTIFICATE_TIME: 'the certificate’s times do not fit the transaction or the provider’s terms',
  E_CERTIFICATE_VERSION: 'the certificate is not the next version',
  E_CHANNEL: 'the contract serves the other channel',
  E_CHARGING_EXISTS: 'another charging record holds this transaction',
  E_CHARGING_METER: 'the meter is not admitted on this chain, or is revoked',
  E_CHARGING_SIGNATURE: 'the meter’s signature does not hold over this record',
  E_CHARGING_TIME: 'the record ends after the transaction’s time',
  E_CLASS: 'the sender class is not admitted',
  E_CREDENTIAL_REVOKED: 'the one-time credential is revoked',
  E_CREDENTIAL_SPENT: 'the one-time credential stands on the chain already',
  E_CONDITION: 'the vehicle’s or driver’s signature does not hold, or the report lies in the future',
  E_CONDITION_EXISTS: 'another report of the vehicle has this number',
  E_DRIVER: 'the owner has not authorised this driver',
  E_EPOCH: 'the key epoch is not accepted now',
  E_FORBIDDEN: 'the caller’s role may not call this transaction',
  E_HANDOVER: 'the key in force did not sign the update',
  E_INTERNAL: 'the chaincode failed',
  E_NOT_FOUND: 'the ledger holds no such item',
  E_NOT_INITIALISED: 'the channel holds no parameters yet',
  E_NOT_REGISTERED: 'no such vehicle or pile is registered',
  E_POSSESSION: 'the applicant did not prove possession of its key',
  E_PROVIDER_EXISTS: 'another provider holds this name',
  E_PROVIDER_REVOKED: 'the provider is revoked',
  E_PROVIDER_UNKNOWN: 'the provider is not registered',
  E_RECORD_EXISTS: 'another record holds this pseudo-identity',
  E_RECORD_REVOKED: 'the pseudo-identity is revoked for ever',
  E_REPORT: 'the report’s reporter, signature or day does not hold',
  E_REPORT_BOUND: 'this organisation’s reports have taken all they may from the subject in this window',
  E_REPORT_REPEATED: 'the reporter has reported this subject on this day',
  E_SIGMA_LIST: 'the argument is not one or more σ, each behind its length',
  E_SLOT: 'the slot head does not follow or does not fit the time',
  E_SLOT_STALE: 'the slot head on the chain is too old',
  E_SUBMISSION_MIXED: 'the σ may stand, but not together with those refused',
  E_SYSTEM_KEY: 'the provider has published no such system key',
  E_TOO_LARGE: 'the submission has too many bytes',
  E_TOO_MANY: 'the submission has too many parts',
  E_UNKNOWN_TRANSACTION: 'there is no such contract or transaction',
  E_UPDATE_EARLY: 'the certificate is not near its expiry',
  E_VEHICLE_REGISTERED: 'Vehicle already registered',
  E_VERSION: 'the item is not the next version',
} as const;

export type LedgerCode = keyof typeof LEDGER_CODES;

/** Codes of this package's own codecs, beside the ledger's. */
export type ProtocolCode = LedgerCode | 'E_DECODE' | 'E_KEY' | 'E_MESSAGE';

/** A refusal with a stable code; the message says what to do and holds no secret. */
export class ProtocolError extends Error {
  readonly code: ProtocolCode;

  constructor(code: ProtocolCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ProtocolError';
    this.code = code;
  }
}

const CODED = /^(E_[A-Z0-9_]+): ([\s\S]*)$/;

/** `E_CODE: text`, the form in which a refusal leaves the chaincode. */
export function formatCoded(code: string, message: string): string {
  return `${code}: ${message}`;
}

/** The code and text of `E_CODE: text`; undefined for any other text. */
export function parseCoded(text: string): { code: string; message: string } | undefined {
  const match = CODED.exec(text);
  return match ? { code: match[1] as string, message: match[2] as string } : undefined;
}
