/**
 * Encodings of edwards25519 and Curve25519 that can be judged from the bytes alone (RFC 8032 §5.1.3, RFC 7748 §5).
 * Points are 32 bytes: y little-endian, the sign of x in bit 255.
 */
import { fromHex, isZero } from './bytes';

export const POINT_BYTES = 32;
export const SCALAR_BYTES = 32;

/** ℓ = 2²⁵² + 27742317777372353535851937790883648493, little-endian. */
const ORDER = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');
/** p = 2²⁵⁵ − 19, little-endian. */
const FIELD = fromHex('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f');

/** The y of every point of order 1, 2, 4 and 8, with the two that have a second, non-canonical spelling (p, p + 1). */
const SMALL_ORDER_Y = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map((hex) => fromHex(hex));

/** a < b for little-endian arrays of one length, without a branch on the values. */
function isBelow(a: Uint8Array, b: Uint8Array): boolean {
  let borrow = 0;
  for (let i = 0; i < a.length; i++) borrow = ((a[i] as number) - (b[i] as number) - borrow) >>> 31;
  return borrow === 1;
}

/** 32 bytes, below ℓ. */
export const isReducedScalar = (scalar: Uint8Array): boolean =>
  scalar.length === SCALAR_BYTES && isBelow(scalar, ORDER);

/** A point encoding whose y is below p. Says nothing of the curve or the subgroup. */
export function hasCanonicalY(point: Uint8Array): boolean {
  if (point.length !== POINT_BYTES) return false;
  const y = Uint8Array.from(point);
  y[31] = (y[31] as number) & 0x7f;
  return isBelow(y, FIELD);
}

/** Whether the bytes spell, canonically or not, a point of order 1, 2, 4 or 8. */
export function isSmallOrder(point: Uint8Array): boolean {
  return SMALL_ORDER_Y.some((y) => {
    let difference = ((point[31] as number) & 0x7f) ^ (y[31] as number);
    for (let i = 0; i < 31; i++) difference |= (point[i] as number) ^ (y[i] as number);
    return difference === 0;
  });
}

/** 0 < u < p with bit 255 clear: X25519 itself would accept every 32 bytes. */
export function isCanonicalU(u: Uint8Array): boolean {
  return u.length === POINT_BYTES && !isZero(u) && isBelow(u, FIELD);
}
