/**
 * The reference: `@noble/*` only, no addon, runs wherever JavaScript does. Its BigInt arithmetic is not constant-time:
 * long-lived secrets belong with the native implementation.
 */
import { chacha20, chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { blake2b } from '@noble/hashes/blake2.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { concat, isZero } from '../bytes';
import * as group from './group';
import { type Primitives } from './types';

const NONCE = new Uint8Array(12);

export const portablePrimitives: Primitives = {
  name: 'portable',
  sha512: (...chunks) => sha512(concat(...chunks)),
  blake2b512: (...chunks) => blake2b(concat(...chunks), { dkLen: 64 }),
  satisfiesEquation: (publicKey, message, signature) => group.satisfiesEquation(sha512, publicKey, message, signature),
  isGroupElement: group.isGroupElement,
  reduceScalar: group.reduceScalar,
  multiplyPoint: group.multiplyPoint,
  addPoints: group.addPoints,
  toMontgomery: group.toMontgomery,
  multiplyBase: (scalar) =>
    isZero(scalar) ? ed25519.Point.ZERO.toBytes() : ed25519.Point.BASE.multiply(group.decodeScalar(scalar)).toBytes(),
  addScalars: (a, b) => group.encodeScalar(group.decodeScalar(a) + group.decodeScalar(b)),
  multiplyScalars: (a, b) => group.encodeScalar(group.decodeScalar(a) * group.decodeScalar(b)),
  hmacSha256: (key, message) => hmac(sha256, key, message),
  keyedBlake2b: (output, key, message) => output.set(blake2b(message, { key, dkLen: output.length })),
  x25519(output, scalar, u) {
    try {
      output.set(x25519.scalarMult(scalar, u));
      return true;
    } catch {
      return false;
    }
  },
  x25519Base: (output, scalar) => output.set(x25519.scalarMultBase(scalar)),
  aeadSeal: (sealed, key, associatedData, plaintext) =>
    sealed.set(chacha20poly1305(key, NONCE, associatedData).encrypt(plaintext)),
  aeadOpen(key, associatedData, sealed) {
    try {
      return chacha20poly1305(key, NONCE, associatedData).decrypt(sealed);
    } catch {
      return undefined;
    }
  },
  keystream: (key, length) => chacha20(key, NONCE, new Uint8Array(length)),
};
