/**
 * The part of CBOR (RFC 8949) that messages are written in: integers of up to 53 bits, floating-point numbers, byte and
 * text strings, arrays, maps, false, true and null, all in the core deterministic encoding of section 4.2.1.
 *
 * Own code, because CommonJS seals and opens messages at every command: cborg can only be imported, and cbor2 is tens of
 * times slower at a message of this size.
 */
import { ProtocolError } from './errors';

export type CborKey = number | string;
export type CborMap = ReadonlyMap<CborKey, Cbor>;
export type Cbor = null | boolean | number | string | Uint8Array | readonly Cbor[] | CborMap;

/** Major types, section 3.1; integers are UNSIGNED or NEGATIVE. */
const UNSIGNED = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const SIMPLE = 7;
/** Additional information: the argument itself below 24, else 1, 2, 4 or 8 bytes of it follow. */
const ONE_BYTE = 24;
const TWO_BYTES = 25;
const FOUR_BYTES = 26;
const EIGHT_BYTES = 27;
const SIMPLE_VALUES = new Map([
  [20, false],
  [21, true],
  [22, null],
]);
const FALSE = Buffer.of(0xf4);
const TRUE = Buffer.of(0xf5);
const NULL = Buffer.of(0xf6);

const LONE_SURROGATE = /\p{Surrogate}/u;
/** A byte order mark is a character like others. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const view = new DataView(new ArrayBuffer(4));

function refuse(reason: string, cause?: unknown): never {
  throw new ProtocolError('E_MESSAGE', reason, { cause });
}

/**
 * An integer from −(2⁵³ − 1) to 2⁵³ − 1 goes as one, −0 as 0; any other number as the shortest float that holds it.
 * @throws ProtocolError E_MESSAGE for NaN, an infinity, or a text with half a surrogate pair
 */
export function encodeCbor(value: Cbor): Buffer {
  const parts: Uint8Array[] = [];
  write(value, parts);
  return Buffer.concat(parts);
}

function write(value: Cbor, parts: Uint8Array[]): void {
  if (typeof value === 'number') parts.push(encodeNumber(value));
  else if (typeof value === 'string') writeText(value, parts);
  else if (typeof value === 'boolean') parts.push(value ? TRUE : FALSE);
  else if (value === null) parts.push(NULL);
  else if (value instanceof Uint8Array) parts.push(head(BYTES, value.length), value);
  else if (value instanceof Map) writeMap(value as CborMap, parts);
  else {
    const items = value as readonly Cbor[];
    parts.push(head(ARRAY, items.length));
    for (const item of items) write(item, parts);
  }
}

function writeText(text: string, parts: Uint8Array[]): void {
  if (LONE_SURROGATE.test(text))
    refuse('a text holds half a surrogate pair, which UTF-8 cannot spell; send whole characters');
  const bytes = Buffer.from(text, 'utf8');
  parts.push(head(TEXT, bytes.length), bytes);
}

function writeMap(map: CborMap, parts: Uint8Array[]): void {
  const members = [...map].map(([key, value]) => ({ key: encodeCbor(key), value }));
  members.sort((a, b) => Buffer.compare(a.key, b.key));
  parts.push(head(MAP, members.length));
  for (const { key, value } of members) {
    parts.push(key);
    write(value, parts);
  }
}

function head(major: number, argument: number): Buffer {
  const initial = major << 5;
  if (argument < ONE_BYTE) return Buffer.of(initial | argument);
  if (argument < 0x100) return Buffer.of(initial | ONE_BYTE, argument);
  if (argument < 0x1_0000) return Buffer.of(initial | TWO_BYTES, argument >>> 8, argument & 0xff);
  const bytes = Buffer.alloc(argument < 0x1_0000_0000 ? 5 : 9, initial | FOUR_BYTES);
  if (bytes.length === 5) bytes.writeUInt32BE(argument, 1);
  else bytes.writeBigUInt64BE(BigInt(argument), bytes.writeUInt8(initial | EIGHT_BYTES));
  return bytes;
}

function encodeNumber(value: number): Buffer {
  if (Number.isSafeInteger(value)) return value < 0 ? head(NEGATIVE, -1 - value) : head(UNSIGNED, value);
  if (!Number.isFinite(value)) return refuse('a number is finite');
  if (Math.fround(value) !== value) {
    const bytes = Buffer.of((SIMPLE << 5) | EIGHT_BYTES, 0, 0, 0, 0, 0, 0, 0, 0);
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  view.setFloat32(0, value);
  const single = view.getUint32(0);
  const half = halfOf(single);
  if (half !== undefined) return Buffer.of((SIMPLE << 5) | TWO_BYTES, half >>> 8, half & 0xff);
  return Buffer.of(
    (SIMPLE << 5) | FOUR_BYTES,
    single >>> 24,
    (single >>> 16) & 0xff,
    (single >>> 8) & 0xff,
    single & 0xff,
  );
}

/** binary16 of what a binary32 other than zero holds; undefined where it does not fit. */
function halfOf(single: number): number | undefined {
  const sign = (single >>> 16) & 0x8000;
  const exponent = ((single >>> 23) & 0xff) - 127;
  const fraction = single & 0x7f_ffff;
  if (exponent > 15 || exponent < -24) return undefined;
  if (exponent >= -14) {
    return (fraction & 0x1fff) === 0 ? sign | ((exponent + 15) << 10) | (fraction >>> 13) : undefined;
  }
  const significand = fraction | 0x80_0000;
  const shift = -1 - exponent;
  return (significand & ((1 << shift) - 1)) === 0 ? sign | (significand >>> shift) : undefined;
}

/** RFC 8949, appendix D. */
function halfToNumber(half: number): number {
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  const sign = half & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (fraction + 0x400) * 2 ** (exponent - 25);
}

/**
 * One item and nothing behind it, in any spelling of definite length: whoever takes only the deterministic one compares
 * with {@link encodeCbor} of what was read.
 *
 * @param depth how many arrays and maps may stand around a value
 * @throws ProtocolError E_MESSAGE
 */
export function decodeCbor(bytes: Uint8Array, depth: number): Cbor {
  const reader = new CborReader(bytes);
  const value = reader.item(depth);
  reader.end();
  return value;
}

class CborReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  item(depth: number): Cbor {
    if (depth < 0) refuse('the message nests too deep');
    const initial = this.#take(1).readUInt8();
    const major = initial >>> 5;
    const information = initial & 0x1f;
    if (major === SIMPLE) return this.#simple(information);
    const argument = this.#argument(information);
    switch (major) {
      case UNSIGNED:
        return argument;
      case NEGATIVE:
        return -1 - argument;
      case BYTES:
        return this.#take(argument);
      case TEXT:
        return this.#text(argument);
      case ARRAY:
        return this.#array(argument, depth - 1);
      case MAP:
        return this.#map(argument, depth - 1);
      default:
        return refuse('a message has no tags');
    }
  }

  end(): void {
    if (this.#at !== this.#bytes.length) refuse('bytes follow the message');
  }

  #take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) refuse('the message ends too early');
    return this.#bytes.subarray(this.#at, (this.#at += length));
  }

  #argument(information: number): number {
    if (information < ONE_BYTE) return information;
    if (information === ONE_BYTE) return this.#take(1).readUInt8();
    if (information === TWO_BYTES) return this.#take(2).readUInt16BE();
    if (information === FOUR_BYTES) return this.#take(4).readUInt32BE();
    if (information !== EIGHT_BYTES) return refuse('a message has definite lengths');
    const argument = this.#take(8).readBigUInt64BE();
    return argument <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(argument) : refuse('an integer has at most 53 bits');
  }

  #simple(information: number): Cbor {
    if (information === TWO_BYTES) return halfToNumber(this.#take(2).readUInt16BE());
    if (information === FOUR_BYTES) return this.#take(4).readFloatBE();
    if (information === EIGHT_BYTES) return this.#take(8).readDoubleBE();
    const value = SIMPLE_VALUES.get(information);
    return value === undefined ? refuse('of simple values a message has false, true and null') : value;
  }

  #text(length: number): string {
    const bytes = this.#take(length);
    try {
      return utf8.decode(bytes);
    } catch (cause) {
      return refuse('a text is not UTF-8', cause);
    }
  }

  #array(length: number, depth: number): Cbor[] {
    const items: Cbor[] = [];
    while (items.length < length) items.push(this.item(depth));
    return items;
  }

  #map(length: number, depth: number): CborMap {
    const map = new Map<CborKey, Cbor>();
    for (let i = 0; i < length; i++) {
      const key = this.item(depth);
      if (typeof key !== 'number' && typeof key !== 'string') return refuse('a member has a name, or its number');
      map.set(key, this.item(depth));
    }
    return map;
  }
}
