/**
 * A holder's side of enrolment: secret x, the KGC's d checked against Params, and from both q = x + b·d, which nobody
 * else ever holds.
 */
import { equal, isZero, u64, u8, utf8 } from './bytes';
import { clampedEquivalent } from './clamping';
import { isReducedScalar } from './encoding';
import { ensure, SigncryptionError } from './errors';
import { type EnrolmentRequest, type PartialKey } from './enrolment';
import { type Env } from './env';
import { hashToScalar } from './hash';
import { type Params } from './params';
import {
  aggregateKey,
  aggregationCoefficient,
  type LedgerRecord,
  partialPublicKey,
  PSEUDONYM_BYTES,
  recordParts,
  type RecordKeys,
  verifyRecord,
} from './record';
import { type Role } from './roles';
import { Secret } from './secret';
import { publicKeyOf, sign } from './signature';

/** Kept between request and answer. */
export interface PendingEnrolment {
  readonly request: EnrolmentRequest;
  readonly x: Secret;
}

/** A holder's lasting key and its record. */
export interface HolderKey extends RecordKeys {
  readonly q: Secret;
}

/** @param deviceSeed 32 secret bytes stored by the device: a dead random source alone repeats nothing */
export function beginEnrolment(
  env: Env,
  params: Params,
  who: { readonly realId: string; readonly role: Role; readonly epoch: number },
  deviceSeed: Secret,
): PendingEnrolment {
  const { realId, role, epoch } = who;
  const { primitives, random } = env;
  const x = Secret.of(hashToScalar(primitives, 'x', deviceSeed.reveal(), random(32), u8(role), u64(epoch)));
  const pop = sign(env, x, 'pop', params.ctx, u8(role), u64(epoch), utf8(realId));
  return { request: { realId, role, epoch, X: publicKeyOf(primitives, x), pop }, x };
}

/**
 * Checks the KGC's answer against the request and Params, and erases x.
 * @throws E_ENROL_RESPONSE if the answer is for another request or d is not the KGC's; E_REDRAW: begin again
 */
export function finishEnrolment(env: Env, params: Params, pending: PendingEnrolment, answer: PartialKey): HolderKey {
  const { primitives } = env;
  const { request, x } = pending;
  const d = answer.d.reveal();
  const { f, role, epoch, X, R } = answer;
  const fits = role === request.role && epoch === request.epoch && equal(X, request.X) && f.length === PSEUDONYM_BYTES;
  ensure(fits, 'E_ENROL_RESPONSE', 'the answer is for another request');
  ensure(isReducedScalar(d) && !isZero(d), 'E_ENROL_RESPONSE', 'd is not a usable scalar');
  ensure(primitives.isGroupElement(R), 'E_ENROL_RESPONSE', 'R is not an element of the prime-order group');
  const fields = { f: Uint8Array.from(f), role, epoch, X: request.X, R: Uint8Array.from(R) };
  const D = partialPublicKey(primitives, params, fields);
  ensure(equal(primitives.multiplyBase(d), D), 'E_ENROL_RESPONSE', 'd does not fit R and the master public key');
  const b = aggregationCoefficient(primitives, params, fields, D);
  // b is public: b·d tells d.
  const product = primitives.multiplyScalars(b, d);
  const q = Secret.of(primitives.addScalars(x.reveal(), product));
  product.fill(0);
  ensure(!isZero(q.reveal()), 'E_REDRAW', 'q is zero; begin the enrolment again');
  clampedEquivalent(q.reveal()).fill(0);
  x.erase();
  const Q = aggregateKey(primitives, params, fields);
  const rec = sign(env, q, 'rec', params.ctx, ...recordParts(fields));
  // Named one by one: a spread gives every record a hidden class of its own, which slows all loops over many records.
  const record = { f: fields.f, role, epoch, X: fields.X, R: fields.R, rec };
  return { record, Q, u: primitives.toMontgomery(Q), q };
}

/**
 * A holder's key read back from storage.
 * @throws E_RECORD_MALFORMED, E_RECORD_SIGNATURE, or E_SCALAR if q is not the record's key
 */
export function restoreHolderKey(env: Env, params: Params, record: LedgerRecord, q: Secret): HolderKey {
  const keys = verifyRecord(env.primitives, params, record);
  if (!isReducedScalar(q.reveal()) || !equal(publicKeyOf(env.primitives, q), keys.Q)) {
    throw new SigncryptionError('E_SCALAR', 'the stored key does not belong to the stored record');
  }
  return { ...keys, q };
}
