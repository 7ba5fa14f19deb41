import { nativePrimitives } from '@chargecast/signcryption/primitives/native';
import { randomBytes } from 'node:crypto';

export const X25519_BYTES = 32;

const BASE_POINT = Uint8Array.of(9, ...new Uint8Array(31));

/** Raw keys of RFC 7748: every 32 bytes are a public key, so nothing is parsed. */
export interface X25519KeyPair {
  readonly secret: Uint8Array;
  readonly publicKey: Uint8Array;
}

export function x25519KeyPair(secret: Uint8Array = Uint8Array.from(randomBytes(X25519_BYTES))): X25519KeyPair {
  const publicKey = new Uint8Array(X25519_BYTES);
  nativePrimitives.x25519(publicKey, secret, BASE_POINT);
  return { secret, publicKey };
}

/** The shared value; undefined if it is zero, as it is for a public key of low order (RFC 7748 §6.1). */
export function x25519(secret: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined {
  const shared = new Uint8Array(X25519_BYTES);
  return nativePrimitives.x25519(shared, secret, publicKey) ? shared : undefined;
}
