/**
 * Authentication keys of providers, vehicles, piles and owners: ECDSA over P-256 with SHA-256 (FIPS 186-5), signatures as
 * r ‖ s with s in the lower half, so that one statement under one nonce has one encoding. Public keys are SEC 1
 * uncompressed points (65 bytes), in lower-case hex.
 */
import { createECDH, createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';
import { fromHex, toHex, utf8 } from '@chargecast/signcryption/bytes';
import { ProtocolError } from './errors';
import { type Decoder, text } from './json';

export const AUTHENTICATION_KEY_BYTES = 65;
export const AUTHENTICATION_SECRET_BYTES = 32;
export const AUTHENTICATION_SIGNATURE_BYTES = 64;

const CURVE = 'prime256v1';
const COORDINATE_BYTES = 32;
const ENCODING = 'ieee-p1363';
/** The order n of P-256, and n div 2 in 32 bytes. */
const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
const HALF_ORDER = Buffer.from((ORDER / 2n).toString(16).padStart(2 * COORDINATE_BYTES, '0'), 'hex');

/** Shape only; whether the point is on the curve shows when the key is used. */
export const decodeAuthenticationKey: Decoder<string> = text(
  2 * AUTHENTICATION_KEY_BYTES,
  /^04[0-9a-f]{128}$/,
  'an uncompressed P-256 point, 65 bytes in lower-case hex',
);

/** What an authentication key signs; each tag is a statement of its own kind. */
export type AuthenticationTag =
  'apply' | 'cert' | 'update' | 'revoke' | 'report' | 'grant' | 'read' | `handshake-${string}` | `record-${string}`;

const DOMAIN = utf8('CHARGECAST-P256/1');

/** u32le(len) ‖ part for "CHARGECAST-P256/1", the tag, the network's ctx and each part. */
export function authenticationBytes(tag: AuthenticationTag, ctx: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  const all = [DOMAIN, utf8(tag), ctx, ...parts];
  const framed = Buffer.allocUnsafe(all.reduce((size, { length }) => size + 4 + length, 0));
  let at = 0;
  for (const part of all) {
    at = framed.writeUInt32LE(part.length, at);
    framed.set(part, at);
    at += part.length;
  }
  return framed;
}

/** A key pair's secret half, which signs and never leaves but by `secret()`. */
export class AuthenticationKey {
  /** 65 bytes, hex. */
  readonly publicKey: string;
  readonly #secret: Uint8Array;
  readonly #key: KeyObject;

  private constructor(secret: Uint8Array, publicKey: Uint8Array) {
    this.#secret = Uint8Array.from(secret);
    this.publicKey = toHex(publicKey);
    this.#key = createPrivateKey({
      key: { ...coordinates(publicKey), d: Buffer.from(secret).toString('base64url') },
      format: 'jwk',
    });
  }

  static generate(): AuthenticationKey {
    const ecdh = createECDH(CURVE);
    const publicKey = ecdh.generateKeys();
    const secret = Buffer.alloc(AUTHENTICATION_SECRET_BYTES);
    const drawn = ecdh.getPrivateKey();
    drawn.copy(secret, secret.length - drawn.length);
    return new AuthenticationKey(secret, publicKey);
  }

  /** @param secret scalar, 32 bytes big-endian. @throws ProtocolError E_KEY unless 0 < secret < n */
  static fromSecret(secret: Uint8Array): AuthenticationKey {
    const ecdh = createECDH(CURVE);
    try {
      ecdh.setPrivateKey(Buffer.from(secret));
    } catch {
      throw new ProtocolError('E_KEY', 'this is no P-256 secret; restore the key from its backup or register anew');
    }
    return new AuthenticationKey(secret, ecdh.getPublicKey());
  }

  /** The scalar, 32 bytes, for a sealed store. */
  secret(): Uint8Array {
    return Uint8Array.from(this.#secret);
  }

  /** @returns r ‖ s, 64 bytes hex */
  sign(message: Uint8Array): string {
    return toHex(lowerHalf(sign('sha256', message, { key: this.#key, dsaEncoding: ENCODING })));
  }
}

/** Public keys parsed once; a provider's key checks every certificate of a submission. */
const MAX_PARSED = 1024;
const parsed = new Map<string, KeyObject>();

/**
 * Whether r ‖ s (hex) holds over the message under the key (hex). A point off the curve, an s in the upper half and any
 * other length are refused like a wrong signature.
 */
export function verifyAuthentication(publicKey: string, message: Uint8Array, signature: string): boolean {
  const bytes = Buffer.from(signature, 'hex');
  if (bytes.length !== AUTHENTICATION_SIGNATURE_BYTES || !isLowerHalf(bytes)) return false;
  const key = parsePublicKey(publicKey);
  return key !== undefined && verify('sha256', message, { key, dsaEncoding: ENCODING }, bytes);
}

export const isAuthenticationKey = (publicKey: string): boolean => parsePublicKey(publicKey) !== undefined;

/** Names a key without showing it: SHA-256 of its 65 bytes, the first 16, hex. */
export const authenticationKeyId = (publicKey: string): string =>
  hash('sha256', fromHex(publicKey, AUTHENTICATION_KEY_BYTES), 'hex').slice(0, 32);

function parsePublicKey(publicKey: string): KeyObject | undefined {
  const known = parsed.get(publicKey);
  if (known) return known;
  const point = Buffer.from(publicKey, 'hex');
  if (point.length !== AUTHENTICATION_KEY_BYTES || point[0] !== 4) return undefined;
  let key: KeyObject;
  try {
    key = createPublicKey({ key: coordinates(point), format: 'jwk' });
  } catch {
    return undefined;
  }
  if (parsed.size >= MAX_PARSED) parsed.delete(parsed.keys().next().value as string);
  parsed.set(publicKey, key);
  return key;
}

function coordinates(point: Uint8Array): { kty: string; crv: string; x: string; y: string } {
  const encode = (start: number): string =>
    Buffer.from(point.subarray(start, start + COORDINATE_BYTES)).toString('base64url');
  return { kty: 'EC', crv: 'P-256', x: encode(1), y: encode(1 + COORDINATE_BYTES) };
}

const isLowerHalf = (signature: Uint8Array): boolean =>
  Buffer.compare(signature.subarray(COORDINATE_BYTES), HALF_ORDER) <= 0;

function lowerHalf(signature: Uint8Array): Uint8Array {
  if (isLowerHalf(signature)) return signature;
  const s = (ORDER - BigInt(`0x${toHex(signature.subarray(COORDINATE_BYTES))}`))
    .toString(16)
    .padStart(2 * COORDINATE_BYTES, '0');
  return Buffer.concat([signature.subarray(0, COORDINATE_BYTES), Buffer.from(s, 'hex')]);
}
