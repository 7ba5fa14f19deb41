/**
 * Public verification without an addon, so that a bundle which uses it is one JavaScript file: `node:crypto` for hashes
 * and Ed25519, libsodium's WebAssembly for the group. `await ready()` of {@link ./libsodium} once before points are
 * judged; signatures need no waiting.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { SigncryptionError } from '../errors';
import { digest } from './digest';
import { libsodium } from './libsodium';
import { type VerifierPrimitives } from './types';

export const nodePrimitives: VerifierPrimitives = {
  name: 'node',
  sha512: (...chunks) => digest('sha512', chunks),
  blake2b512: (...chunks) => digest('blake2b512', chunks),
  satisfiesEquation(publicKey, message, signature) {
    try {
      return verify(null, message, keyOf(publicKey), signature);
    } catch {
      return false;
    }
  },
  isGroupElement: (point) => point.length === 32 && libsodium().crypto_core_ed25519_is_valid_point(point),
  reduceScalar: (wide) => libsodium().crypto_core_ed25519_scalar_reduce(wide),
  multiplyPoint: (scalar, point) =>
    point32('multiplication', () => libsodium().crypto_scalarmult_ed25519_noclamp(scalar, point)),
  addPoints: (a, b) => point32('addition', () => libsodium().crypto_core_ed25519_add(a, b)),
  toMontgomery: (point) => point32('conversion', () => libsodium().crypto_sign_ed25519_pk_to_curve25519(point)),
};

/** The master key signs every credential; one-time keys come and go behind it. */
const recent = new Map<string, KeyObject>();
const KEPT_KEYS = 32;

function keyOf(publicKey: Uint8Array): KeyObject {
  const x = Buffer.from(publicKey).toString('base64url');
  // JWK: about a fifth of the time OpenSSL takes to decode SPKI.
  const key = recent.get(x) ?? createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  recent.delete(x);
  recent.set(x, key);
  const [oldest] = recent.keys();
  if (recent.size > KEPT_KEYS && oldest !== undefined) recent.delete(oldest);
  return key;
}

/** libsodium reports a refused point by an error without a code. */
function point32(operation: string, compute: () => Uint8Array): Uint8Array {
  try {
    return compute();
  } catch (cause) {
    if (cause instanceof SigncryptionError) throw cause;
    throw new SigncryptionError('E_POINT', `${operation}: not a point this operation accepts`, { cause });
  }
}
