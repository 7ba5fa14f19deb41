import { concat, u32 } from '@chargecast/signcryption/bytes';
import { Reader } from '@chargecast/signcryption/reader';

import { AuthenticationError, insistOn } from './errors';

/** Longest part of variable length: a certificate, a sealed body. */
export const MAX_PART_BYTES = 4096;

/** u32 length ‖ bytes. */
export function variable(bytes: Uint8Array): Uint8Array {
  return concat(u32(bytes.length), bytes);
}

export function readVariable(reader: Reader, maximum = MAX_PART_BYTES): Uint8Array {
  const length = reader.u32();
  insistOn(length <= maximum, 'E_AUTH_MESSAGE', 'a part of a message is longer than it may be');
  return reader.copy(length);
}

/**
 * Reads bytes to their end: little-endian, one valid encoding.
 * @throws AuthenticationError E_AUTH_MESSAGE
 */
export function decode<T>(bytes: Uint8Array, read: (reader: Reader) => T): T {
  try {
    const reader = new Reader(bytes, 'E_ARGUMENT');
    const value = read(reader);
    reader.end();
    return value;
  } catch (error) {
    if (error instanceof AuthenticationError) throw error;
    throw new AuthenticationError('E_AUTH_MESSAGE', 'the bytes are no message of the handshake: run the same version', {
      cause: error,
    });
  }
}

/** The first byte of a message says which it is, so that none is taken for another. */
export function expectType(reader: Reader, type: number): void {
  insistOn(reader.u8() === type, 'E_AUTH_MESSAGE', 'another message was expected at this step of the handshake');
}
