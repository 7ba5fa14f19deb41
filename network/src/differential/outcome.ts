import { type ServiceError, status } from '@grpc/grpc-js';
import { CommitError, GatewayError, StatusCode } from '@hyperledger/fabric-gateway';

import { type Detail, normaliseDetails, normaliseText } from './normalise';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [member: string]: Json };

/** What a client got from one step: an answer, or a refusal with everything the client can see of it. */
export type Outcome = { readonly result: Json } | { readonly refusal: Refusal };

export interface Refusal {
  /** Class of the client's error. */
  readonly error: string;
  /** gRPC code, or validation code of a `CommitError`. */
  readonly code: string;
  readonly message: string;
  readonly details: readonly Detail[];
}

/** The client's clock ends a call with the one, the ledger's with the other: whose runs out first is chance. */
const OUT_OF_TIME: readonly number[] = [status.DEADLINE_EXCEEDED, status.CANCELLED];

/** @throws whatever `work` throws that is not a ledger's refusal: then the suite is at fault, not a ledger */
export async function outcomeOf(work: () => Promise<Json>): Promise<Outcome> {
  try {
    return { result: await work() };
  } catch (error) {
    return { refusal: refusalOf(error) };
  }
}

export function refusalOf(error: unknown): Refusal {
  if (error instanceof CommitError) {
    const { name, code, message } = error;
    return { error: name, code: validationCode(code), message: normaliseText(message), details: [] };
  }
  if (isDeliverStatus(error)) return { error: error.name, code: '', message: error.message, details: [] };
  if (isServiceError(error)) {
    const { code, details } = error;
    return { error: 'ServiceError', code: status[code], message: normaliseText(details), details: [] };
  }
  if (!(error instanceof GatewayError)) throw error;
  if (OUT_OF_TIME.includes(error.code)) {
    return { error: error.name, code: 'DEADLINE_EXCEEDED', message: '<deadline>', details: [] };
  }
  return {
    error: error.name,
    code: status[error.code] ?? String(error.code),
    message: normaliseText(error.message),
    details: normaliseDetails(error.details),
  };
}

/** A refused call that was not made through the client. */
function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && !(error instanceof GatewayError) && 'code' in error && 'metadata' in error;
}

/** The client's error where a stream of blocks was refused with a status message. */
function isDeliverStatus(error: unknown): error is Error {
  return error instanceof Error && /^Unexpected status response: \d+$/.test(error.message);
}

const VALIDATION_CODES = new Map<number, string>(Object.entries(StatusCode).map(([name, code]) => [code, name]));

export function validationCode(code: number): string {
  return VALIDATION_CODES.get(code) ?? String(code);
}
