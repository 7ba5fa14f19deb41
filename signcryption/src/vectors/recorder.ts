/** Deterministic stand-ins for the system's generator and clock, which write down what they gave. */
import { concat, toHex, u32, utf8 } from '../bytes';
import { type Env } from '../env';
import { type Primitives } from '../primitives/types';

/** 2026-01-01T00:00:00Z. */
export const VECTOR_TIME = 1_767_225_600;

export interface RecordingEnv extends Env {
  /** Hex of every draw since the last call. */
  readonly drawn: () => string[];
}

/** The n-th draw of an environment is SHA-512(label ‖ u32le n ‖ u32le block)… cut to length. */
export function recordingEnv(primitives: Primitives, label: string): RecordingEnv {
  let counter = 0;
  let log: string[] = [];
  return {
    primitives,
    now: () => VECTOR_TIME,
    random: (length) => {
      const blocks = Array.from({ length: Math.ceil(length / 64) }, (_, block) =>
        primitives.sha512(concat(utf8(label), u32(counter), u32(block))),
      );
      counter++;
      const bytes = concat(...blocks).slice(0, length);
      log.push(toHex(bytes));
      return bytes;
    },
    drawn: () => {
      const drawn = log;
      log = [];
      return drawn;
    },
  };
}

/** A vector set as it is written: bytes in lower-case hexadecimal. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Uint8Array → hex, deeply. */
export function toJson(value: unknown): Json {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toJson(inner)]));
  }
  return value as Json;
}
