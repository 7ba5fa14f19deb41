/** Points and scalars that implementations are known to disagree on. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { fromHex } from '../bytes';

const P = 2n ** 255n - 19n;
export const ORDER = ed25519.Point.Fn.ORDER;

export function littleEndian(value: bigint, length = 32): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
}

const GENERATOR_OF_TORSION = ed25519.Point.fromBytes(
  fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'),
);

/** The eight points of small order, the identity first; the fifth is (0, −1). */
export const torsion = Array.from({ length: 8 }, (_, i) =>
  i === 0 ? ed25519.Point.ZERO : GENERATOR_OF_TORSION.multiplyUnsafe(BigInt(i)),
);

export const minusOne = torsion[4] as (typeof torsion)[number];

export function withSign(bytes: Uint8Array, sign: boolean): Uint8Array {
  const signed = Uint8Array.from(bytes);
  signed[31] = ((signed[31] as number) & 0x7f) | (sign ? 0x80 : 0);
  return signed;
}

/** Encodings with y ≥ p: every one of the 19, under both signs. */
export const nonCanonical = Array.from({ length: 19 }, (_, i) => littleEndian(P + BigInt(i))).flatMap((y) => [
  withSign(y, false),
  withSign(y, true),
]);

/** A point of the prime-order group and the seven that differ from it by torsion. */
export function cosetOf(scalar: bigint): { pure: Uint8Array; torsioned: Uint8Array[] } {
  const point = ed25519.Point.BASE.multiply(scalar);
  return { pure: point.toBytes(), torsioned: torsion.slice(1).map((t) => point.add(t).toBytes()) };
}

/** The encodings of small-order points, canonical or with the wrong sign bit. */
export const smallOrder = torsion
  .map((point) => point.toBytes())
  .concat([withSign(littleEndian(1n), true), withSign(littleEndian(P - 1n), true)]);

export const edgeScalars = [
  0n,
  1n,
  2n,
  7n,
  8n,
  ORDER - 1n,
  ORDER,
  ORDER + 1n,
  2n * ORDER,
  8n * ORDER - 1n,
  2n ** 252n,
  2n ** 253n,
  2n ** 255n - 1n,
  2n ** 256n - 1n,
].map((value) => littleEndian(value));

/** u-coordinates: small order, canonical edges, and p and above, which X25519 itself would reduce. */
export const hostileU = [
  ...[0n, 1n, 2n, 9n, P - 1n, P, P + 1n, P + 18n, 2n ** 255n - 1n, 2n ** 256n - 1n].map((u) => littleEndian(u)),
  fromHex('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'),
  fromHex('5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157'),
];
