import { formatCoded, parseCoded } from '@chargecast/protocol';

const CODE = /^E_[A-Z0-9_]+$/;

interface Coded {
  readonly code: string;
  readonly message: string;
}

/** Refusals of this project's packages carry a code; whatever else is thrown is a fault, of which nothing is told. */
export function isCoded(error: unknown): error is Coded & Error {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && CODE.test(error.code);
}

/** The error in the one form that leaves the chaincode: `E_CODE: text`. */
export function toRefusal(error: unknown): Error {
  if (isCoded(error)) return new Error(formatCoded(error.code, error.message));
  return new Error(formatCoded('E_INTERNAL', 'the chaincode failed; report it with the transaction id'));
}

/** What the contract runtime says for itself, in words of the pinned fabric-shim. */
const RUNTIME: readonly (readonly [pattern: RegExp, code: string, message: string])[] = [
  [/^Contract name is not known/, 'E_UNKNOWN_TRANSACTION', 'there is no such contract; see docs/ledger.md'],
  [/^Expected \d+ parameters/, 'E_ARGUMENTS', 'wrong number of arguments; see docs/ledger.md'],
];

/** A response text that surely carries a code. */
export function ensureCodedText(text: string): string {
  if (parseCoded(text)) return text;
  const known = RUNTIME.find(([pattern]) => pattern.test(text));
  return known ? formatCoded(known[1], known[2]) : toRefusal(undefined).message;
}
