import { InputError } from './input';

/** Fields of a protobuf message by number, as often as each occurs: bytes of delimited ones, values of integers. */
export class Message {
  readonly #delimited = new Map<number, Uint8Array[]>();
  readonly #integers = new Map<number, bigint>();

  /** @throws InputError E_BLOCK_MALFORMED */
  constructor(bytes: Uint8Array) {
    const reader = new Reader(bytes);
    while (!reader.isAtEnd()) {
      const key = Number(reader.varint());
      const field = key >>> 3;
      switch (key & 7) {
        case 0:
          this.#integers.set(field, reader.varint());
          break;
        case 1:
          reader.take(8);
          break;
        case 2: {
          const part = reader.take(Number(reader.varint()));
          this.#delimited.set(field, [...(this.#delimited.get(field) ?? []), part]);
          break;
        }
        case 5:
          reader.take(4);
          break;
        default:
          throw malformed();
      }
    }
  }

  /** The last of a field, empty if there is none. */
  bytes(field: number): Uint8Array {
    return this.all(field).at(-1) ?? EMPTY;
  }

  all(field: number): readonly Uint8Array[] {
    return this.#delimited.get(field) ?? [];
  }

  text(field: number): string {
    return decoder.decode(this.bytes(field));
  }

  message(field: number): Message {
    return new Message(this.bytes(field));
  }

  integer(field: number): bigint {
    return this.#integers.get(field) ?? 0n;
  }

  number(field: number): number {
    return Number(this.integer(field));
  }

  /** The value under a key of a `map<string, Message>`. */
  entry(field: number, key: string): Message | undefined {
    const found = this.all(field)
      .map((bytes) => new Message(bytes))
      .find((pair) => pair.text(1) === key);
    return found?.message(2);
  }
}

const EMPTY = new Uint8Array(0);
const decoder = new TextDecoder();

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) break;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw malformed();
  }

  take(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw malformed();
    return this.#bytes.subarray(this.#at, (this.#at += length));
  }
}

const malformed = (): InputError =>
  new InputError('E_BLOCK_MALFORMED', 'these bytes are no Fabric block: give a common.Block as it was fetched');
