/**
 * HPKE's base mode for one message (RFC 9180 §5.1, §6.1) on the native primitives the scheme itself uses: the strongest
 * form of what it is compared with. Sealing alone; DHKEM(X25519, HKDF-SHA256), HKDF-SHA256.
 */
import { createCipheriv } from 'node:crypto';
import sodium from 'sodium-native';

const EMPTY = new Uint8Array(0);
const BLOCK_BYTES = 64;
const HASH_BYTES = 32;
const VERSION = ascii('HPKE-v1');
const KEM_SUITE = Uint8Array.of(...ascii('KEM'), 0x00, 0x20);
const TAG_BYTES = 16;

/** RFC 9180 §7.3. */
export interface Aead {
  readonly id: number;
  readonly keyBytes: number;
  /** Ciphertext ‖ tag. */
  readonly seal: (key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array) => Uint8Array;
}

export const CHACHA20_POLY1305: Aead = {
  id: 0x0003,
  keyBytes: 32,
  seal(key, nonce, plaintext) {
    const sealed = new Uint8Array(plaintext.length + TAG_BYTES);
    sodium.crypto_aead_chacha20poly1305_ietf_encrypt(sealed, plaintext, EMPTY, null, nonce, key);
    return sealed;
  },
};

export const AES_128_GCM: Aead = {
  id: 0x0001,
  keyBytes: 16,
  seal(key, nonce, plaintext) {
    const cipher = createCipheriv('aes-128-gcm', key, nonce);
    return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  },
};

export interface HpkeSealed {
  /** The ephemeral public key, 32 bytes. */
  readonly enc: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** Seals one message to one X25519 key; what depends on `info` alone is hashed once. */
export function hpkeSealer(aead: Aead, info: Uint8Array): (to: Uint8Array, plaintext: Uint8Array) => HpkeSealed {
  const suite = Uint8Array.of(...ascii('HPKE'), 0x00, 0x20, 0x00, 0x01, 0x00, aead.id);
  const context = Buffer.concat([
    Uint8Array.of(0),
    labeledExtract(suite, EMPTY, 'psk_id_hash', EMPTY),
    labeledExtract(suite, EMPTY, 'info_hash', info),
  ]);
  return (to, plaintext) => {
    const ephemeral = new Uint8Array(32);
    const enc = new Uint8Array(32);
    const shared = new Uint8Array(32);
    sodium.randombytes_buf(ephemeral);
    sodium.crypto_scalarmult_base(enc, ephemeral);
    sodium.crypto_scalarmult(shared, ephemeral, to);
    const extracted = labeledExtract(KEM_SUITE, EMPTY, 'eae_prk', shared);
    const secret = labeledExtract(
      suite,
      labeledExpand(KEM_SUITE, extracted, 'shared_secret', Buffer.concat([enc, to]), 32),
      'secret',
      EMPTY,
    );
    const key = labeledExpand(suite, secret, 'key', context, aead.keyBytes);
    const nonce = labeledExpand(suite, secret, 'base_nonce', context, 12);
    return { enc, ciphertext: aead.seal(key, nonce, plaintext) };
  };
}

/** LabeledExtract (RFC 9180 §4). */
function labeledExtract(suite: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array): Uint8Array {
  return hmac(salt, Buffer.concat([VERSION, suite, ascii(label), ikm]));
}

/** LabeledExpand (RFC 9180 §4) for at most one block of output. */
function labeledExpand(
  suite: Uint8Array,
  key: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Uint8Array {
  const labeled = [Uint8Array.of(0, length), VERSION, suite, ascii(label), info, Uint8Array.of(1)];
  return hmac(key, Buffer.concat(labeled)).subarray(0, length);
}

/** HMAC-SHA256 (RFC 2104) for keys of at most a block; three times faster than `createHmac` at these sizes. */
function hmac(key: Uint8Array, message: Uint8Array): Uint8Array {
  const inner = new Uint8Array(BLOCK_BYTES + message.length).fill(0x36, 0, BLOCK_BYTES);
  const outer = new Uint8Array(BLOCK_BYTES + HASH_BYTES).fill(0x5c, 0, BLOCK_BYTES);
  for (let i = 0; i < key.length; i++) {
    inner[i] = 0x36 ^ (key[i] as number);
    outer[i] = 0x5c ^ (key[i] as number);
  }
  inner.set(message, BLOCK_BYTES);
  sodium.crypto_hash_sha256(outer.subarray(BLOCK_BYTES), inner);
  const mac = new Uint8Array(HASH_BYTES);
  sodium.crypto_hash_sha256(mac, outer);
  return mac;
}

function ascii(text: string): Uint8Array {
  return Buffer.from(text, 'ascii');
}
