import { type KeyObject, sign as signBytes, verify as verifyBytes } from 'node:crypto';

/** Group orders of the curves Fabric takes. */
const ORDER: Readonly<Record<string, bigint>> = {
  prime256v1: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  secp384r1: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
};

/**
 * Signs as a Fabric node does: ECDSA (P-256, P-384) over SHA-256, DER, low s; Ed25519 over the message itself.
 * @param key private key
 */
export function sign(key: KeyObject, message: Uint8Array): Buffer {
  if (key.asymmetricKeyType === 'ed25519') return signBytes(null, message, key);
  const order = orderOf(key);
  const raw = signBytes('sha256', message, { key, dsaEncoding: 'ieee-p1363' });
  const size = raw.length / 2;
  const s = toBigInt(raw.subarray(size));
  return encode(toBigInt(raw.subarray(0, size)), isLow(s, order) ? s : order - s);
}

/** @returns whether `signature` is valid, in Fabric's sense (a high s is not), for `message` under the public `key` */
export function verify(key: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  if (key.asymmetricKeyType === 'ed25519') return verifyBytes(null, message, key, signature);
  const s = decodeS(signature);
  if (s === undefined || !isLow(s, orderOf(key))) return false;
  return verifyBytes('sha256', message, key, signature);
}

export function isSupportedKey(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'ed25519' || (key.asymmetricKeyType === 'ec' && curveOf(key) in ORDER);
}

function curveOf(key: KeyObject): string {
  return key.asymmetricKeyDetails?.namedCurve ?? '';
}

function orderOf(key: KeyObject): bigint {
  const order = ORDER[curveOf(key)];
  if (order === undefined) throw new RangeError(`signatures on the curve ${curveOf(key)} are not supported`);
  return order;
}

/** Fabric takes only signatures whose s is at most half the order, so that none has a second valid form. */
function isLow(s: bigint, order: bigint): boolean {
  return s <= order >> 1n;
}

/** The s of a DER `SEQUENCE { r INTEGER, s INTEGER }`, or undefined where the bytes are not one. */
function decodeS(der: Uint8Array): bigint | undefined {
  if (der[0] !== 0x30 || der[1] !== der.length - 2 || der[2] !== 0x02) return undefined;
  const at = 4 + (der[3] ?? 0);
  if (der[at] !== 0x02 || der[at + 1] !== der.length - at - 2) return undefined;
  const bytes = der.subarray(at + 2);
  if (bytes.length === 0 || ((bytes[0] as number) & 0x80) !== 0) return undefined;
  return toBigInt(bytes);
}

function encode(r: bigint, s: bigint): Buffer {
  const body = Buffer.concat([integer(r), integer(s)]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

function integer(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  const padded = ((bytes[0] as number) & 0x80) === 0 ? bytes : Buffer.concat([Buffer.from([0]), bytes]);
  return Buffer.concat([Buffer.from([0x02, padded.length]), padded]);
}

function toBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}
