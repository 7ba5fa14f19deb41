/**
 * The hot paths: libsodium's prebuilt addon, its WebAssembly for what the addon does not export (scalar products), and
 * Node's OpenSSL for hashing what is long. Secret scalars pass only through libsodium's constant-time functions.
 */
import { createCipheriv, createHmac } from 'node:crypto';
import sodium from 'sodium-native';
import { bytesOf } from '../bytes';
import { SigncryptionError } from '../errors';
import { digest } from './digest';
import { libsodium } from './libsodium';
import { type Primitives } from './types';

export { ready } from './libsodium';

/** Taken out once: the package's exports are so many that V8 keeps them in a hash table. */
const { crypto_scalarmult, crypto_generichash, crypto_aead_chacha20poly1305_ietf_encrypt } = sodium;

const NONCE = new Uint8Array(12);
const TAG_BYTES = 16;
const IDENTITY = Uint8Array.of(1, ...new Uint8Array(31));

/** libsodium reports a refused input by throwing without a code of its own. */
function succeeds(operation: () => void): boolean {
  try {
    operation();
    return true;
  } catch {
    return false;
  }
}

/** OpenSSL hashes long inputs faster; its set-up costs more than hashing a short one. */
const SHORT_BYTES = 512;
const isShort = (chunks: readonly Uint8Array[]): chunks is readonly [Uint8Array] =>
  chunks.length === 1 && (chunks[0] as Uint8Array).length <= SHORT_BYTES;

function digestOf(hash: (output: Uint8Array, input: Uint8Array) => void, input: Uint8Array): Uint8Array {
  const output = new Uint8Array(64);
  hash(output, input);
  return output;
}

function refuse(what: string): never {
  throw new SigncryptionError('E_POINT', `${what}: not a point this operation accepts`);
}

/** Bytes from the operating system's generator, by libsodium: Node's own asks it through a job each time. */
export function systemRandom(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  sodium.randombytes_buf(bytes);
  return bytes;
}

export const nativePrimitives: Primitives = {
  name: 'native',
  sha512: (...chunks) => (isShort(chunks) ? digestOf(sodium.crypto_hash_sha512, chunks[0]) : digest('sha512', chunks)),
  blake2b512: (...chunks) =>
    isShort(chunks) ? digestOf(sodium.crypto_generichash, chunks[0]) : digest('blake2b512', chunks),
  satisfiesEquation: (publicKey, message, signature) =>
    sodium.crypto_sign_verify_detached(signature, message, publicKey),
  isGroupElement: (point) => point.length === 32 && sodium.crypto_core_ed25519_is_valid_point(point),
  reduceScalar(wide) {
    const scalar = new Uint8Array(32);
    sodium.crypto_core_ed25519_scalar_reduce(scalar, wide);
    return scalar;
  },
  multiplyPoint(scalar, point) {
    const product = new Uint8Array(32);
    if (!succeeds(() => sodium.crypto_scalarmult_ed25519_noclamp(product, scalar, point)))
      refuse('scalar multiplication');
    return product;
  },
  addPoints(a, b) {
    const sum = new Uint8Array(32);
    if (!succeeds(() => sodium.crypto_core_ed25519_add(sum, a, b))) refuse('point addition');
    return sum;
  },
  toMontgomery(point) {
    const u = new Uint8Array(32);
    if (!succeeds(() => sodium.crypto_sign_ed25519_pk_to_curve25519(u, point))) refuse('conversion to Curve25519');
    return u;
  },
  multiplyBase(scalar) {
    const point = new Uint8Array(32);
    if (!succeeds(() => sodium.crypto_scalarmult_ed25519_base_noclamp(point, scalar))) return IDENTITY.slice();
    return point;
  },
  addScalars(a, b) {
    const sum = new Uint8Array(32);
    sodium.crypto_core_ed25519_scalar_add(sum, a, b);
    return sum;
  },
  multiplyScalars: (a, b) => libsodium().crypto_core_ed25519_scalar_mul(a, b),
  hmacSha256: (key, message) => bytesOf(createHmac('sha256', key).update(message).digest()),
  keyedBlake2b: (output, key, message) => crypto_generichash(output, message, key),
  x25519(output, scalar, u) {
    try {
      crypto_scalarmult(output, scalar, u);
      return true;
    } catch {
      return false;
    }
  },
  x25519Base: (output, scalar) => sodium.crypto_scalarmult_base(output, scalar),
  aeadSeal(sealed, key, associatedData, plaintext) {
    crypto_aead_chacha20poly1305_ietf_encrypt(sealed, plaintext, associatedData, null, NONCE, key);
  },
  aeadOpen(key, associatedData, sealed) {
    if (sealed.length < TAG_BYTES) return undefined;
    const plaintext = new Uint8Array(sealed.length - TAG_BYTES);
    const open = (): unknown =>
      sodium.crypto_aead_chacha20poly1305_ietf_decrypt(plaintext, null, sealed, associatedData, NONCE, key);
    return succeeds(open) ? plaintext : undefined;
  },
  keystream(key, length) {
    const counterAndNonce = new Uint8Array(16);
    return bytesOf(createCipheriv('chacha20', key, counterAndNonce).update(new Uint8Array(length)));
  },
};
