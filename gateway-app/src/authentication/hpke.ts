/**
 * HPKE's base mode, single shot (RFC 9180 §5.1.1, §6.1): DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305. Over raw
 * keys and Node's own HMAC and AEAD: through WebCrypto the same costs many times more.
 */
import { concat, utf8 } from '@chargecast/signcryption/bytes';

import { KEY_BYTES, NONCE_BYTES, open, seal } from './aead';
import { expand, extract, HASH_BYTES } from './hkdf';
import { x25519, X25519_BYTES, type X25519KeyPair, x25519KeyPair } from './x25519';

const VERSION = utf8('HPKE-v1');
const KEM_SUITE = concat(utf8('KEM'), Uint8Array.of(0x00, 0x20));
const HPKE_SUITE = concat(utf8('HPKE'), Uint8Array.of(0x00, 0x20, 0x00, 0x01, 0x00, 0x03));
const BASE_MODE = 0;
const EMPTY = new Uint8Array(0);

/** enc ‖ ciphertext ‖ tag. @param sender the ephemeral key, drawn fresh if absent; undefined for a recipient of low order */
export function hpkeSeal(
  recipient: Uint8Array,
  info: Uint8Array,
  associatedData: Uint8Array,
  plaintext: Uint8Array,
  sender: X25519KeyPair = x25519KeyPair(),
): Uint8Array | undefined {
  const shared = x25519(sender.secret, recipient);
  if (!shared) return undefined;
  const { key, nonce } = schedule(kemSecret(shared, sender.publicKey, recipient), info);
  return concat(sender.publicKey, seal(key, nonce, associatedData, plaintext));
}

/** The plaintext; undefined for anything that was not sealed to this key with this info and associated data. */
export function hpkeOpen(
  recipient: X25519KeyPair,
  info: Uint8Array,
  associatedData: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  if (sealed.length < X25519_BYTES) return undefined;
  const encapsulated = sealed.subarray(0, X25519_BYTES);
  const shared = x25519(recipient.secret, encapsulated);
  if (!shared) return undefined;
  const { key, nonce } = schedule(kemSecret(shared, encapsulated, recipient.publicKey), info);
  return open(key, nonce, associatedData, sealed.subarray(X25519_BYTES));
}

/** ExtractAndExpand of §4.1. */
function kemSecret(shared: Uint8Array, encapsulated: Uint8Array, recipient: Uint8Array): Uint8Array {
  const prk = labeledExtract(KEM_SUITE, EMPTY, 'eae_prk', shared);
  return labeledExpand(KEM_SUITE, prk, 'shared_secret', concat(encapsulated, recipient), HASH_BYTES);
}

/** KeySchedule of §5.1 without a pre-shared key; the nonce is that of sequence number 0. */
function schedule(sharedSecret: Uint8Array, info: Uint8Array): { key: Uint8Array; nonce: Uint8Array } {
  const context = concat(
    Uint8Array.of(BASE_MODE),
    labeledExtract(HPKE_SUITE, EMPTY, 'psk_id_hash', EMPTY),
    labeledExtract(HPKE_SUITE, EMPTY, 'info_hash', info),
  );
  const secret = labeledExtract(HPKE_SUITE, sharedSecret, 'secret', EMPTY);
  return {
    key: labeledExpand(HPKE_SUITE, secret, 'key', context, KEY_BYTES),
    nonce: labeledExpand(HPKE_SUITE, secret, 'base_nonce', context, NONCE_BYTES),
  };
}

function labeledExtract(suite: Uint8Array, salt: Uint8Array, label: string, keyMaterial: Uint8Array): Uint8Array {
  return extract(salt, concat(VERSION, suite, utf8(label), keyMaterial));
}

function labeledExpand(
  suite: Uint8Array,
  key: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Uint8Array {
  return expand(key, concat(Uint8Array.of(length >> 8, length & 0xff), VERSION, suite, utf8(label), info), length);
}
