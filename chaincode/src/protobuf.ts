/** The protobuf wire format, as far as the messages of `state-batches.ts` need it: varints and length-delimited fields. */
import { ProtocolError } from '@chargecast/protocol';

const VARINT = 0;
const LENGTH_DELIMITED = 2;

export interface Field {
  readonly number: number;
  readonly value: number | Uint8Array;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** A length-delimited field, in parts: what holds megabytes is then copied once, when the whole message is put together. */
export function field(number: number, ...parts: readonly Uint8Array[]): Uint8Array[] {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return [varint(number * 8 + LENGTH_DELIMITED), varint(length), ...parts];
}

/** @param value 0 ≤ value ≤ 2^53 − 1 */
export const varintField = (number: number, value: number): Buffer =>
  Buffer.concat([varint(number * 8 + VARINT), varint(value)]);

/** Throws `E_DECODE`, also for wire types these messages do not have. */
export function readFields(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = bytes[at++];
      if (byte === undefined || scale > 2 ** 49) throw malformed();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = next();
    const number = Math.floor(tag / 8);
    if (tag % 8 === VARINT) fields.push({ number, value: next() });
    else if (tag % 8 === LENGTH_DELIMITED) {
      const end = next() + at;
      if (end > bytes.length) throw malformed();
      fields.push({ number, value: bytes.subarray(at, end) });
      at = end;
    } else throw malformed();
  }
  return fields;
}

const malformed = (): ProtocolError => new ProtocolError('E_DECODE', 'the peer sent a message that is no protobuf');
