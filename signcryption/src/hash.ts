/** H, Hs, HB and the KDF over framed, tagged parts. */
import { frame, frameChunks, isZero } from './bytes';
import { type Env } from './env';
import { ensure } from './errors';
import { type Primitives, type VerifierPrimitives } from './primitives/types';

/** H: SHA-512, 64 bytes. The parts may be secret: the framed copy of them is erased. */
export function hash(primitives: VerifierPrimitives, tag: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const chunks = frameChunks(tag, parts);
  const digest = primitives.sha512(...chunks);
  chunks[0].fill(0);
  return digest;
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
  const wide = hash(primitives, tag, ...parts);
  const scalar = primitives.reduceScalar(wide);
  wide.fill(0);
  ensure(!isZero(scalar), 'E_REDRAW', 'a derived scalar is zero; start the step again');
  return scalar;
}

/** A scalar below ℓ, from 64 random bytes: even to 2⁻²⁵⁸. */
export function randomScalar({ primitives, random }: Pick<Env, 'primitives' | 'random'>): Uint8Array {
  const wide = random(64);
  const scalar = primitives.reduceScalar(wide);
  wide.fill(0);
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
