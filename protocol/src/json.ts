import { ProtocolError } from './errors';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

export const MAX_JSON_DEPTH = 32;

/**
 * One text for one value: keys sorted by UTF-16 code unit, no white space, `undefined` members left out. Signed JSON and
 * ledger state use it, so that every organisation writes the same bytes. Throws `E_DECODE` beyond 32 levels.
 */
export function canonicalJson(value: Json): string {
  return write(value, MAX_JSON_DEPTH);
}

/** Texts that stand between quotes as they are. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

const quote = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));

function write(value: Json, depth: number): string {
  if (depth < 0) throw new ProtocolError('E_DECODE', `JSON may nest ${MAX_JSON_DEPTH} levels; flatten the value`);
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map((item) => write(item, depth - 1)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    return writeObject(value as Readonly<Record<string, Json | undefined>>, depth - 1);
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new ProtocolError('E_DECODE', `${value} has no JSON form; give a finite number`);
  }
  return JSON.stringify(value);
}

function writeObject(members: Readonly<Record<string, Json | undefined>>, depth: number): string {
  let text = '';
  for (const key of Object.keys(members).sort()) {
    const member = members[key];
    if (member !== undefined) text += `${text === '' ? '' : ','}${quote(key)}:${write(member, depth)}`;
  }
  return `{${text}}`;
}

/** Checks a parsed JSON value; `at` names its place for the error text. Throws `E_DECODE`. */
export type Decoder<T> = (value: unknown, at: string) => T;

function fail(at: string, wanted: string): never {
  throw new ProtocolError('E_DECODE', `${at} must be ${wanted}`);
}

export const text =
  (maxLength: number, pattern?: RegExp, wanted?: string): Decoder<string> =>
  (value, at) => {
    if (
      typeof value !== 'string' ||
      value.length === 0 ||
      value.length > maxLength ||
      (pattern && !pattern.test(value))
    ) {
      return fail(at, wanted ?? `a text of 1 to ${maxLength} characters`);
    }
    return value;
  };

/** Lower-case hex of exactly `bytes` bytes. */
export const hex = (bytes: number): Decoder<string> =>
  text(2 * bytes, new RegExp(`^[0-9a-f]{${2 * bytes}}$`), `${bytes} bytes in lower-case hex`);

/** Lower-case hex of 1 to `maxBytes` bytes. */
export const hexUpTo = (maxBytes: number): Decoder<string> =>
  text(2 * maxBytes, /^(?:[0-9a-f]{2})+$/, `1 to ${maxBytes} bytes in lower-case hex`);

export const integer =
  (min = 0, max: number = Number.MAX_SAFE_INTEGER): Decoder<number> =>
  (value, at) =>
    Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
      ? (value as number)
      : fail(at, `a whole number from ${min} to ${max}`);

export const oneOf =
  <const T extends string>(...choices: readonly T[]): Decoder<T> =>
  (value, at) =>
    choices.includes(value as T) ? (value as T) : fail(at, `one of ${choices.join(', ')}`);

export const array =
  <T>(item: Decoder<T>, max: number, min = 0): Decoder<T[]> =>
  (value, at) => {
    if (!Array.isArray(value) || value.length < min || value.length > max) {
      return fail(at, `a list of ${min} to ${max} members`);
    }
    return value.map((member, index) => item(member, `${at}[${index}]`));
  };

export const optional =
  <T>(decoder: Decoder<T>): Decoder<T | undefined> =>
  (value, at) =>
    value === undefined ? undefined : decoder(value, at);

/** An object of exactly these members; unknown members are refused. Members decoded to `undefined` are left out. */
export const object =
  <T extends object>(members: { readonly [K in keyof T]-?: Decoder<T[K]> }): Decoder<T> =>
  (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail(at, 'an object');
    const unknown = Object.keys(value).find((key) => !Object.hasOwn(members, key));
    if (unknown !== undefined) return fail(at, `without the member ${JSON.stringify(unknown.slice(0, 64))}`);
    const result: Partial<T> = {};
    for (const key of Object.keys(members) as (keyof T & string)[]) {
      const given: unknown = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
      const decoded = members[key](given, `${at}.${key}`);
      if (decoded !== undefined) result[key] = decoded;
    }
    return result as T;
  };

/** A plain object, its members unchecked. */
export const jsonObject: Decoder<Readonly<Record<string, Json>>> = (value, at) =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, Json>>)
    : fail(at, 'an object');

/** An object with any member names up to `max` of them, each value checked. */
export const dictionary =
  <T>(item: Decoder<T>, max: number): Decoder<Readonly<Record<string, T>>> =>
  (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail(at, 'an object');
    const keys = Object.keys(value).sort();
    if (keys.length > max) return fail(at, `an object of at most ${max} members`);
    const given = value as Record<string, unknown>;
    return Object.fromEntries(keys.map((key) => [key, item(given[key], `${at}[${JSON.stringify(key)}]`)]));
  };

/**
 * Parses and checks JSON text. Throws `E_DECODE` naming the place of the fault; the parser's own error quotes its
 * source, which may hold a key, and is not passed on.
 */
export function decodeJson<T>(source: string, decoder: Decoder<T>, at: string): T {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    throw new ProtocolError('E_DECODE', `${at} must be JSON`);
  }
  return decoder(value, at);
}
