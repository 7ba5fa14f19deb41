import type { StationAnswer } from '@chargecast/protocol';
import { RPCError, TimeoutError } from 'ocpp-rpc';

import { isObject, type Payload } from './messages';

/** A call's end, with the answer's body when there is one. */
export interface CallResult extends StationAnswer {
  readonly body?: Payload;
}

/** Statuses that say yes, in any of the calls made here. */
const YES = new Set(['Accepted', 'Scheduled']);

/** Longest word a receipt carries; a station of another maker may answer anything in an error. */
const REASON = /^[A-Za-z]{1,32}$/;

/** Reads an answer that passed its schema. An answer without a status, as that to CostUpdated, is a yes. */
export function answered(body: unknown): CallResult {
  if (!isObject(body)) return { answer: 'unanswered', reason: 'InvalidAnswer' };
  const status = body['status'] ?? 'Accepted';
  const reason = word(status);
  return { answer: YES.has(reason) ? 'accepted' : 'rejected', reason: reasonCode(body) ?? reason, body };
}

/**
 * Reads what a call threw: a CALLERROR is the station's no, everything else is silence. Nothing of a message is kept,
 * for messages quote payloads.
 */
export function failed(error: unknown): CallResult {
  if (error instanceof TimeoutError) return { answer: 'unanswered', reason: 'Timeout' };
  if (!(error instanceof RPCError)) return { answer: 'unanswered', reason: 'Disconnected' };
  const { details } = error as { details?: { errors?: unknown } };
  if (details?.errors !== undefined) return { answer: 'unanswered', reason: 'InvalidAnswer' };
  return { answer: 'rejected', reason: word(error.rpcErrorCode) };
}

function reasonCode(body: Payload): string | undefined {
  const info = body['statusInfo'];
  return isObject(info) && typeof info['reasonCode'] === 'string' ? word(info['reasonCode']) : undefined;
}

function word(value: unknown): string {
  return typeof value === 'string' && REASON.test(value) ? value : 'GenericError';
}
