/** Strict little-endian reading: short input, trailing bytes and integers from 2⁵³ are refused under the caller's code. */
import { ensure, type SigncryptionErrorCode } from './errors';

export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #code: SigncryptionErrorCode;
  #at = 0;

  constructor(bytes: Uint8Array, code: SigncryptionErrorCode) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#code = code;
  }

  /** A view of the next `length` bytes. */
  take(length: number): Uint8Array {
    ensure(length <= this.#bytes.length - this.#at, this.#code, 'the bytes end too early');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** A copy of the next `length` bytes. */
  copy(length: number): Uint8Array {
    return Uint8Array.from(this.take(length));
  }

  u8(): number {
    return this.take(1)[0] as number;
  }

  u32(): number {
    this.take(4);
    return this.#view.getUint32(this.#at - 4, true);
  }

  u64(): number {
    this.take(8);
    const value = this.#view.getBigUint64(this.#at - 8, true);
    ensure(value <= BigInt(Number.MAX_SAFE_INTEGER), this.#code, 'an integer is 2^53 or more');
    return Number(value);
  }

  end(): void {
    ensure(this.#at === this.#bytes.length, this.#code, 'bytes follow the end');
  }
}
