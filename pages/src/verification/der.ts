import { concat } from '@chargecast/signcryption/bytes';

import { InputError } from './input';

/** The parts of X.690 that block headers and certificates need. */
export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const SEQUENCE = 0x30;

export interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag and length included. */
  readonly whole: Uint8Array;
}

/** Tag, shortest length, content; of less than 65,536 bytes. */
export function element(tag: number, content: Uint8Array): Uint8Array {
  const { length } = content;
  const lengthBytes = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return concat(Uint8Array.of(tag, ...lengthBytes), content);
}

/** The elements one behind the other. @throws InputError E_CERTIFICATE_MALFORMED */
export function elements(bytes: Uint8Array): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at] as number;
    const first = bytes[at + 1];
    if (first === undefined) throw malformed();
    const extra = first < 0x80 ? 0 : first & 0x7f;
    let length = first < 0x80 ? first : 0;
    for (let i = 0; i < extra; i++) length = length * 256 + (bytes[at + 2 + i] ?? Infinity);
    const start = at + 2 + extra;
    const end = start + length;
    if (extra > 4 || end > bytes.length) throw malformed();
    found.push({ tag, content: bytes.subarray(start, end), whole: bytes.subarray(at, end) });
    at = end;
  }
  return found;
}

const malformed = (): InputError =>
  new InputError('E_CERTIFICATE_MALFORMED', 'a certificate cannot be read: take the one the network was set up with');
