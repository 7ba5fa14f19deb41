import { systemRandom } from '@chargecast/signcryption/primitives/native';
import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';

import { CodedError } from '../common/errors';
import { type Parts } from './large-values';

/** What happens to values, and where asked for keys, on their way to disk. */
export interface ValueCipher {
  readonly hidesKeys: boolean;
  /** The disk form of a key, one for each key. */
  hide(key: string): string;
  /** @param diskKey where the value will lie, which it is bound to */
  seal(diskKey: string, key: string, value: Parts): Parts;
  /** @returns the key as well where it is hidden on disk. @throws CodedError E_STORE_TAMPERED */
  open(diskKey: string, stored: Uint8Array): { readonly key?: string; readonly value: Uint8Array };
  /** @param path of the sub-store, for its own keys */
  sub(path: string, hidesKeys: boolean): ValueCipher;
}

export const clearCipher: ValueCipher = {
  hidesKeys: false,
  hide: (key) => key,
  seal: (_diskKey, _key, value) => value,
  open: (_diskKey, value) => ({ value }),
  sub: () => clearCipher,
};

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + NONCE_BYTES;

/**
 * AES-256-GCM (NIST SP 800-38D) with a key of its own for each sub-store, HKDF-SHA-256 (RFC 5869) of the master key and
 * the sub-store's path. Stored: version ‖ nonce ‖ ciphertext ‖ tag; associated data: the disk key, so that values cannot
 * be swapped. Random 96-bit nonces keep below 2³² values a sub-store. Hidden keys are HMAC-SHA-256 under another
 * derived key, and travel inside the value: u16 length ‖ key ‖ value.
 */
export class SealingCipher implements ValueCipher {
  readonly hidesKeys: boolean;
  readonly #master: Uint8Array;
  readonly #valueKey: Uint8Array;
  readonly #nameKey: Uint8Array;

  constructor(master: Uint8Array, path = '', hidesKeys = false) {
    this.hidesKeys = hidesKeys;
    this.#master = master;
    this.#valueKey = derive(master, `value ${path}`);
    this.#nameKey = derive(master, `name ${path}`);
  }

  hide(key: string): string {
    return createHmac('sha256', this.#nameKey).update(key).digest('hex');
  }

  seal(diskKey: string, key: string, value: Parts): Parts {
    const nonce = systemRandom(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#valueKey, nonce).setAAD(Buffer.from(diskKey));
    const clear = this.hidesKeys ? [withLength(key), ...value] : value;
    const sealed = clear.map((part) => cipher.update(part));
    cipher.final();
    return [Buffer.of(VERSION), nonce, ...sealed, cipher.getAuthTag()];
  }

  open(diskKey: string, stored: Uint8Array): { key?: string; value: Uint8Array } {
    const plain = this.#decrypt(diskKey, stored);
    if (!this.hidesKeys) return { value: plain };
    const end = 2 + plain.readUInt16BE(0);
    return { key: plain.toString('utf8', 2, end), value: plain.subarray(end) };
  }

  sub(path: string, hidesKeys: boolean): ValueCipher {
    return new SealingCipher(this.#master, path, hidesKeys);
  }

  #decrypt(diskKey: string, stored: Uint8Array): Buffer {
    try {
      if (stored[0] !== VERSION || stored.length < HEAD_BYTES + TAG_BYTES) throw new RangeError('not a sealed value');
      const decipher = createDecipheriv('aes-256-gcm', this.#valueKey, stored.subarray(1, HEAD_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(diskKey)).setAuthTag(stored.subarray(-TAG_BYTES));
      return Buffer.concat([decipher.update(stored.subarray(HEAD_BYTES, -TAG_BYTES)), decipher.final()]);
    } catch (error) {
      throw new CodedError('E_STORE_TAMPERED', 'a stored value does not open: the database was changed from outside', {
        cause: error,
      });
    }
  }
}

function derive(master: Uint8Array, info: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', master, 'chargecast sealed store', info, 32));
}

function withLength(key: string): Buffer {
  const bytes = Buffer.from(key);
  if (bytes.length > 0xffff) throw new CodedError('E_STORE_KEY_SIZE', 'a hidden key is at most 65,535 bytes');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
