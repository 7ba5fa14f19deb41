/** A message's payload as CBOR: known members by number, hexadecimal as bytes, everything else as it is in JSON. */
import { ProtocolError } from './errors';
import { type Json, MAX_JSON_DEPTH } from './json';
import { type Cbor, type CborKey, type CborMap } from './message-cbor';
import { MEMBERS } from './message-names';

export interface Payload {
  readonly [member: string]: Json;
}

const HEX = /^[0-9a-f]+$/;
const isHex = (text: string): boolean => text.length % 2 === 0 && HEX.test(text);

/**
 * Members that are `undefined` are left out.
 * @throws ProtocolError E_MESSAGE beyond 32 levels
 */
export function payloadToCbor(payload: Payload): CborMap {
  return mapOf(payload, MAX_JSON_DEPTH - 1);
}

function mapOf(members: { readonly [member: string]: Json | undefined }, depth: number): CborMap {
  const map = new Map<CborKey, Cbor>();
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined) map.set(MEMBERS.spell(name), toCbor(value, depth));
  }
  return map;
}

function toCbor(value: Json, depth: number): Cbor {
  if (depth < 0) throw new ProtocolError('E_MESSAGE', `a payload may nest ${MAX_JSON_DEPTH} levels; flatten it`);
  if (typeof value === 'string') return isHex(value) ? Buffer.from(value, 'hex') : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => toCbor(item, depth - 1));
  return mapOf(value as Exclude<typeof value, readonly Json[]>, depth - 1);
}

/**
 * The payload of which {@link payloadToCbor} may have made the map.
 * @throws ProtocolError E_MESSAGE for a number that names no member
 */
export function payloadFromCbor(map: CborMap): Payload {
  return Object.fromEntries([...map].map(([key, value]) => [memberOf(key), fromCbor(value)]));
}

function memberOf(key: CborKey): string {
  const name = MEMBERS.read(key);
  if (name === undefined) throw new ProtocolError('E_MESSAGE', `no member has the number ${key}`);
  return name;
}

function fromCbor(value: Cbor): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value instanceof Map) return payloadFromCbor(value as CborMap);
  return (value as readonly Cbor[]).map(fromCbor);
}
