/**
 * The key generation centre: setup and partial keys. It never sees a holder's secret x, and it gives R only together
 * with d, after X is fixed: R shown first would let parallel issuances be combined into a forged key.
 */
import { ensureLength, u32, u64, u8, utf8, concat } from './bytes';
import { type EnrolmentRequest, type PartialKey } from './enrolment';
import { ensure } from './errors';
import { type DurableSet, type Env } from './env';
import { hashToScalar, randomScalar } from './hash';
import { type Params } from './params';
import { type VerifierPrimitives } from './primitives/types';
import { PSEUDONYM_BYTES, shareCoefficient } from './record';
import { isRole } from './roles';
import { Secret } from './secret';
import { publicKeyOf, verify } from './signature';

/** What the KGC keeps; P goes into Params. */
export interface KgcKeys {
  /** s. */
  readonly masterSecret: Secret;
  /** k_f, which turns a real identity into pseudo-identities. */
  readonly pseudonymSecret: Secret;
  /** k_r, which hedges the nonce r. */
  readonly nonceSecret: Secret;
  /** P = sB. */
  readonly masterPublicKey: Uint8Array;
}

export function setupKgc({ primitives, random }: Env): KgcKeys {
  const masterSecret = Secret.of(randomScalar({ primitives, random }));
  return {
    masterSecret,
    pseudonymSecret: Secret.of(random(32)),
    nonceSecret: Secret.of(random(32)),
    masterPublicKey: publicKeyOf(primitives, masterSecret),
  };
}

/** f = HMAC-SHA-256(k_f, u32le(len) ‖ realId ‖ role ‖ epoch ‖ counter)[0:16]. */
export function pseudonym(
  { primitives }: Pick<Env, 'primitives'>,
  keys: KgcKeys,
  request: Pick<EnrolmentRequest, 'realId' | 'role' | 'epoch'>,
  counter: number,
): Uint8Array {
  const realId = utf8(request.realId);
  const message = concat(u32(realId.length), realId, u8(request.role), u64(request.epoch), u32(counter));
  return primitives.hmacSha256(keys.pseudonymSecret.reveal(), message).slice(0, PSEUDONYM_BYTES);
}

/**
 * The KGC's check of a whole enrolment request; that the channel's peer is `realId` is the caller's to check.
 * @throws E_ENROL_REQUEST
 */
export function verifyEnrolmentRequest(
  primitives: VerifierPrimitives,
  params: Params,
  request: EnrolmentRequest,
): void {
  const { realId, role, epoch, X, pop } = request;
  ensure(realId.length > 0 && utf8(realId).length <= 256, 'E_ENROL_REQUEST', 'realId must be 1 to 256 bytes');
  ensure(isRole(role), 'E_ENROL_REQUEST', 'unknown role');
  ensure(primitives.isGroupElement(X), 'E_ENROL_REQUEST', 'X is not an element of the prime-order group');
  const possessed = verify(primitives, X, pop, 'pop', params.ctx, u8(role), u64(epoch), utf8(realId));
  ensure(possessed, 'E_ENROL_REQUEST', 'the proof of possession of X does not hold for this identity, role and epoch');
}

/**
 * @param counter 0 for the first record of (realId, role, epoch), one more for each re-issue after a revocation
 * @param issued pseudo-identities ever issued; an answer that was lost is sent again from the caller's store
 * @throws E_ENROL_REQUEST, E_ENROL_REPEATED
 */
export async function issuePartialKey(
  env: Env,
  params: Params,
  keys: KgcKeys,
  request: EnrolmentRequest,
  counter: number,
  issued: DurableSet,
): Promise<PartialKey> {
  const { primitives, random } = env;
  ensureLength(request.X, 32, 'X');
  verifyEnrolmentRequest(primitives, params, request);
  const { role, epoch } = request;
  const X = Uint8Array.from(request.X);
  const f = pseudonym(env, keys, request, counter);
  ensure(await issued.add(f), 'E_ENROL_REPEATED', 'a partial key was issued under this counter; take the next');
  const r = hashToScalar(primitives, 'r', keys.nonceSecret.reveal(), random(32), u8(role), u64(epoch), f, X);
  const fields = { f, role, epoch, X, R: primitives.multiplyBase(r) };
  const h = shareCoefficient(primitives, params, fields);
  // h is public: h·s tells s.
  const product = primitives.multiplyScalars(h, keys.masterSecret.reveal());
  const d = primitives.addScalars(r, product);
  r.fill(0);
  product.fill(0);
  return { ...fields, d: Secret.of(d) };
}
