/** Group operations on public values through `@noble/curves`. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js';
import { concat, equal } from '../bytes';
import { hasCanonicalY } from '../encoding';
import { SigncryptionError } from '../errors';

type Point = InstanceType<typeof ed25519.Point>;

const ORDER = ed25519.Point.Fn.ORDER;

export const decodeScalar = (scalar: Uint8Array): bigint => bytesToNumberLE(scalar) % ORDER;

export const encodeScalar = (value: bigint): Uint8Array => numberToBytesLE(value % ORDER, 32);

export const reduceScalar = (wide: Uint8Array): Uint8Array => encodeScalar(bytesToNumberLE(wide));

/** RFC 8032 §5.1.3 decoding, which refuses y ≥ p and the negative zero. */
function decode(point: Uint8Array): Point | undefined {
  if (!hasCanonicalY(point)) return undefined;
  try {
    return ed25519.Point.fromBytes(point);
  } catch {
    return undefined;
  }
}

function decodeOrThrow(point: Uint8Array): Point {
  const decoded = decode(point);
  if (!decoded) throw new SigncryptionError('E_POINT', 'not the canonical encoding of a point');
  return decoded;
}

export function isGroupElement(point: Uint8Array): boolean {
  const decoded = decode(point);
  return decoded !== undefined && !decoded.is0() && decoded.isTorsionFree();
}

export const multiplyPoint = (scalar: Uint8Array, point: Uint8Array): Uint8Array =>
  decodeOrThrow(point).multiplyUnsafe(decodeScalar(scalar)).toBytes();

export const addPoints = (a: Uint8Array, b: Uint8Array): Uint8Array => decodeOrThrow(a).add(decodeOrThrow(b)).toBytes();

export function toMontgomery(point: Uint8Array): Uint8Array {
  return ed25519.utils.toMontgomery(decodeOrThrow(point).toBytes());
}

/** enc(S·B − c·Q) against R's bytes; `@noble/curves`' own `verify` multiplies by the cofactor and would accept more. */
export function satisfiesEquation(
  sha512: (message: Uint8Array) => Uint8Array,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const key = decode(publicKey);
  if (!key) return false;
  const commitment = signature.subarray(0, 32);
  const challenge = decodeScalar(sha512(concat(commitment, publicKey, message)));
  const response = bytesToNumberLE(signature.subarray(32));
  const expected = ed25519.Point.BASE.multiplyUnsafe(response).subtract(key.multiplyUnsafe(challenge));
  return equal(expected.toBytes(), commitment);
}
