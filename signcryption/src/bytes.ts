import { ensure } from './errors';
import { decodeHex, encodeHex } from './hex';

const encoder = new TextEncoder();
const inNode = typeof Buffer !== 'undefined';

/** Names the protocol version inside every hash. */
const PROTOCOL = encoder.encode('CLMMSC/1');

export const utf8 = (text: string): Uint8Array => encoder.encode(text);

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A plain view: `Buffer` overrides `slice` to share memory. */
export const bytesOf = (buffer: Uint8Array): Uint8Array =>
  new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);

export function u8(value: number): Uint8Array {
  ensure(Number.isInteger(value) && value >= 0 && value <= 0xff, 'E_ARGUMENT', 'a u8 must be an integer from 0 to 255');
  return Uint8Array.of(value);
}

export function u32(value: number): Uint8Array {
  ensure(Number.isInteger(value) && value >= 0 && value <= 0xffffffff, 'E_ARGUMENT', 'a u32 must be below 2^32');
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** Epochs, seconds and counters are u64 on the wire and a `number` in the interface; 2⁵³ and above are refused. */
export function u64(value: number): Uint8Array {
  ensure(Number.isSafeInteger(value) && value >= 0, 'E_ARGUMENT', 'a u64 must be a whole number below 2^53');
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}

/**
 * The preimage of every hash: u32le(length) ‖ bytes, of "CLMMSC/1", of the tag and of each part.
 * @param tag ASCII domain tag
 */
export function frame(tag: string, parts: readonly Uint8Array[]): Uint8Array {
  const last = parts.at(-1) ?? EMPTY;
  const framed = frameBefore(tag, parts, last.length);
  framed.set(last, framed.length - last.length);
  return framed;
}

/**
 * The same preimage as chunks to hash one after the other: a long last part, such as a whole σ, is not copied. The first
 * chunk is a copy always.
 */
export function frameChunks(tag: string, parts: readonly Uint8Array[]): readonly [Uint8Array, ...Uint8Array[]] {
  const last = parts.at(-1) ?? EMPTY;
  return last.length < 4096 ? [frame(tag, parts)] : [frameBefore(tag, parts, 0), last];
}

const EMPTY = new Uint8Array(0);

/** The framing up to the last part's bytes, with `room` for them behind. */
function frameBefore(tag: string, parts: readonly Uint8Array[], room: number): Uint8Array {
  const tagBytes = encoder.encode(tag);
  let length = 8 + PROTOCOL.length + tagBytes.length + room;
  for (let i = 0; i < parts.length; i++) length += 4 + (i + 1 < parts.length ? (parts[i] as Uint8Array).length : 0);
  const framed = new Uint8Array(length);
  let at = putPart(framed, 0, PROTOCOL);
  at = putPart(framed, at, tagBytes);
  for (let i = 0; i + 1 < parts.length; i++) at = putPart(framed, at, parts[i] as Uint8Array);
  const last = parts.at(-1);
  if (last) putLength(framed, at, last.length);
  return framed;
}

/** One more part of a frame, u32le(length) ‖ bytes, at a place; returns the place behind. */
export function putPart(framed: Uint8Array, at: number, part: Uint8Array): number {
  putLength(framed, at, part.length);
  framed.set(part, at + 4);
  return at + 4 + part.length;
}

function putLength(framed: Uint8Array, at: number, length: number): void {
  framed[at] = length;
  framed[at + 1] = length >>> 8;
  framed[at + 2] = length >>> 16;
  framed[at + 3] = length >>> 24;
}

/**
 * A buffer reused from call to call: fresh ones of some hundred kilobytes cost page faults and collections. Only for
 * use within one synchronous call, by one owner; what is secret in it is erased there.
 */
export function reusable(): (length: number) => Uint8Array {
  let buffer = new Uint8Array(0);
  return (length) => {
    if (buffer.length < length) buffer = new Uint8Array(length);
    return buffer.subarray(0, length);
  };
}

/** Equality of public bytes. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareAt(a, 0, b, 0, a.length) === 0;
}

/**
 * Lexicographic order of `length` bytes at two places. A byte loop without views: `Buffer.compare` and `subarray` cost
 * more than they save at 32 bytes.
 */
export function compareAt(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number, length: number): number {
  for (let i = 0; i < length; i++) {
    const difference = (a[aAt + i] as number) - (b[bAt + i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

export function isZero(bytes: Uint8Array): boolean {
  let any = 0;
  for (const byte of bytes) any |= byte;
  return any === 0;
}

export function toHex(bytes: Uint8Array): string {
  if (!inNode) return encodeHex(bytes);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/**
 * @param text lower-case hexadecimal
 * @param length expected bytes, if fixed
 * @throws E_ARGUMENT for anything else: one value has one spelling
 */
export function fromHex(text: string, length?: number): Uint8Array {
  ensure(/^(?:[0-9a-f]{2})*$/.test(text), 'E_ARGUMENT', 'expected lower-case hexadecimal');
  ensure(length === undefined || text.length === 2 * length, 'E_ARGUMENT', `expected ${length} bytes of hexadecimal`);
  return inNode ? Uint8Array.from(Buffer.from(text, 'hex')) : decodeHex(text);
}

/** @throws E_ARGUMENT unless `bytes` is a Uint8Array of exactly `length` bytes */
export function ensureLength(bytes: Uint8Array, length: number, name: string): void {
  ensure(bytes instanceof Uint8Array && bytes.length === length, 'E_ARGUMENT', `${name} must be ${length} bytes`);
}
