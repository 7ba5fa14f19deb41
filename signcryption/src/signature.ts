/**
 * Sign_q and the one verification rule. A signature is a plain Ed25519 signature (RFC 8032) by an unclamped scalar over
 * M = H("sig-" ‖ tag, ctx, parts…).
 */
import { concat } from './bytes';
import { hasCanonicalY, isReducedScalar, isSmallOrder } from './encoding';
import { type Env } from './env';
import { hash, hashToScalar } from './hash';
import { type Primitives, type VerifierPrimitives } from './primitives/types';
import { type Secret } from './secret';

export const SIGNATURE_BYTES = 64;

/** What a signature speaks of; the parts of each stand where it is made. */
export type SignatureTag =
  | 'pop'
  | 'popY'
  | 'rec'
  | 'req'
  | 'cred'
  | 'in'
  | 'out'
  | 'appr'
  | 'csig'
  | 'bind'
  | 'ack'
  // Defined by the ledger protocol, not by the scheme: docs/ledger.md.
  | 'rev'
  | 'gov'
  | 'slot'
  | 'prov'
  | 'plug'
  | 'meter'
  | 'spk'
  | 'report'
  | 'grant';

function digest(
  primitives: VerifierPrimitives,
  tag: SignatureTag,
  ctx: Uint8Array,
  parts: readonly Uint8Array[],
): Uint8Array {
  return hash(primitives, `sig-${tag}`, ctx, ...parts);
}

/** Every signature hashes Q, whose product with the base costs as much as the signature's own. */
const derived = new WeakMap<Secret, Uint8Array>();

function derivePublicKey(primitives: Primitives, secret: Secret): Uint8Array {
  const known = derived.get(secret);
  if (known) return known;
  const publicKey = primitives.multiplyBase(secret.reveal());
  derived.set(secret, publicKey);
  return publicKey;
}

/** Q = q·B. */
export const publicKeyOf = (primitives: Primitives, secret: Secret): Uint8Array =>
  derivePublicKey(primitives, secret).slice();

/**
 * R = nonce·B, nonce = Hs("nonce", q, 32 random bytes, Q, M); S = nonce + c·q. Q is derived here: a caller who could
 * name another Q would get two answers for one nonce.
 * @param secret scalar q, 0 < q < ℓ, not erased
 * @returns R ‖ S
 */
export function sign(
  { primitives, random }: Pick<Env, 'primitives' | 'random'>,
  secret: Secret,
  tag: SignatureTag,
  ctx: Uint8Array,
  ...parts: readonly Uint8Array[]
): Uint8Array {
  const q = secret.reveal();
  const publicKey = derivePublicKey(primitives, secret);
  const message = digest(primitives, tag, ctx, parts);
  const nonce = hashToScalar(primitives, 'nonce', q, random(32), publicKey, message);
  const commitment = primitives.multiplyBase(nonce);
  const challenge = primitives.reduceScalar(primitives.sha512(concat(commitment, publicKey, message)));
  // c is public, so that c·q tells q as the nonce does.
  const product = primitives.multiplyScalars(challenge, q);
  const response = primitives.addScalars(nonce, product);
  nonce.fill(0);
  product.fill(0);
  return concat(commitment, response);
}

/**
 * Refuses S ≥ ℓ, small-order R, non-canonical and small-order keys; then asks for the cofactorless equation. Every
 * implementation behind `primitives` decides alike on what is left.
 */
export function verify(
  primitives: VerifierPrimitives,
  publicKey: Uint8Array,
  signature: Uint8Array,
  tag: SignatureTag,
  ctx: Uint8Array,
  ...parts: readonly Uint8Array[]
): boolean {
  return (
    isAcceptableKey(publicKey) &&
    isAcceptableSignature(signature) &&
    primitives.satisfiesEquation(publicKey, digest(primitives, tag, ctx, parts), signature)
  );
}

export const isAcceptableKey = (publicKey: Uint8Array): boolean => hasCanonicalY(publicKey) && !isSmallOrder(publicKey);

function isAcceptableSignature(signature: Uint8Array): boolean {
  return (
    signature.length === SIGNATURE_BYTES &&
    isReducedScalar(signature.subarray(32)) &&
    !isSmallOrder(signature.subarray(0, 32))
  );
}
