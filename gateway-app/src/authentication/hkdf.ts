import { concat, utf8 } from '@chargecast/signcryption/bytes';
import { createHmac } from 'node:crypto';

export const HASH_BYTES = 32;

export function hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return new Uint8Array(mac.digest());
}

/** HKDF-Extract with SHA-256 (RFC 5869 §2.2). */
export function extract(salt: Uint8Array, keyMaterial: Uint8Array): Uint8Array {
  return hmacSha256(salt, keyMaterial);
}

/** HKDF-Expand with SHA-256 (RFC 5869 §2.3). @param length bytes, at most 255 · 32 */
export function expand(key: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  if (length > 255 * HASH_BYTES) throw new RangeError('HKDF gives at most 8,160 bytes');
  const out = new Uint8Array(length);
  let block = new Uint8Array(0);
  for (let at = 0, counter = 1; at < length; at += HASH_BYTES, counter++) {
    block = Uint8Array.from(hmacSha256(key, block, info, Uint8Array.of(counter)));
    out.set(block.subarray(0, length - at), at);
  }
  return out;
}

const PROTOCOL = 'chargecast auth 1 ';

/**
 * HKDF-Expand-Label in the shape of TLS 1.3 (RFC 8446 §7.1), under this protocol's own prefix:
 * info = u16be(length) ‖ u8(label's length) ‖ label ‖ u8(context's length) ‖ context.
 * @param context a transcript hash, or nothing
 */
export function expandLabel(secret: Uint8Array, label: string, context: Uint8Array, length: number): Uint8Array {
  const name = utf8(PROTOCOL + label);
  const info = concat(
    Uint8Array.of(length >> 8, length & 0xff, name.length),
    name,
    Uint8Array.of(context.length),
    context,
  );
  return expand(secret, info, length);
}
