import { isNativeError } from 'node:util/types';

/**
 * What a role, a command or an adapter refuses. `code` is stable (`E_…`) and survives every hop: chaincode → ledger
 * adapter → role → gRPC → command line. The message says what to do and never holds a secret, a vehicle or a sender.
 */
export class CodedError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

const CODE = /^E_[A-Z0-9_]+$/;
const CODED_TEXT = /\b(E_[A-Z0-9_]+): ([^\n]*)/;

/** The stable code of any error of this project's packages, each of which has its own class; undefined for others. */
export function codeOf(error: unknown): string | undefined {
  if (!isNativeError(error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' && CODE.test(error.code) ? error.code : undefined;
}

/** Finds `E_CODE: text` in a foreign message, as chaincode errors arrive wrapped by shim, peer and gateway. */
export function parseCodedText(text: string): { readonly code: string; readonly message: string } | undefined {
  const match = CODED_TEXT.exec(text);
  return match ? { code: match[1] as string, message: match[2] as string } : undefined;
}

export function messageOf(error: unknown): string {
  return isNativeError(error) ? error.message : String(error);
}

/** `E_CODE: message`, for one line on a terminal. */
export function describeError(error: unknown): string {
  return `${codeOf(error) ?? 'E_INTERNAL'}: ${messageOf(error)}`;
}
