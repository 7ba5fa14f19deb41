/** H, Hs, HB and the KDF over framed, tagged parts. */
import { frame, frameChunks, isZero } from './bytes';
import { ensure } from './errors';
import { type Primitives, type VerifierPrimitives } from './primitives/types';

/** H: SHA-512, 64 bytes. */
export function hash(primitives: VerifierPrimitives, tag: string, ...parts: readonly Uint8Array[]): Uint8Array {
  return primitives.sha512(...frameChunks(tag, parts));
}

/** HB: unkeyed BLAKE2b-512, for long bodies. */
export function bodyHash(primitives: VerifierPrimitives, tag: string, ...parts: readonly Uint8Array[]): Uint8Array {
  return primitives.blake2b512(...frameChunks(tag, parts));
}

/**
 * Hs: H, little-endian, mod ℓ.
 * @throws E_REDRAW for zero
 */
export function hashToScalar(primitives: VerifierPrimitives, tag: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const scalar = primitives.reduceScalar(hash(primitives, tag, ...parts));
  ensure(!isZero(scalar), 'E_REDRAW', 'a derived scalar is zero; start the step again');
  return scalar;
}

/** KDF: BLAKE2b keyed with 32 bytes, 64 bytes out unless a length is given. */
export function derive(
  primitives: Primitives,
  key: Uint8Array,
  tag: string,
  parts: readonly Uint8Array[],
  length: 32 | 64 = 64,
): Uint8Array {
  const output = new Uint8Array(length);
  primitives.keyedBlake2b(output, key, frame(tag, parts));
  return output;
}
