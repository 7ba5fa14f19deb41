/**
 * Limits: versioned state outside ctx, so that a bucket list or the table of who may command whom can change without
 * re-issuing keys. The chain holds the version in force.
 */
import { ensure } from './errors';
import { exactKeys, parseJson, wholeNumber } from './json';
import { roleFromName, roleName, type Role } from './roles';
import { ENTRY_OVERHEAD, MAX_ENTRIES, MAX_ENTRY_BYTES, MAX_SIGMA_BYTES, sigmaBytes } from './wire';

/** A sender of this role, under a credential of this class, may address receivers of this role. */
export interface Permission {
  readonly sender: Role;
  readonly senderClass: number;
  readonly receiver: Role;
}

export interface Limits {
  readonly version: number;
  /** Longest validity of a σ, seconds. */
  readonly maxTtl: number;
  /** Allowed entry counts, ascending; dummies fill up to the next. */
  readonly entryCounts: readonly number[];
  /** Allowed bytes of one entry (locator, sealed message), ascending: 100 more than the padded message. */
  readonly entryLengths: readonly number[];
  readonly maxSigmaBytes: number;
  readonly allowed: readonly Permission[];
}

const FORMAT = 'chargecast-limits/1';

function ascending(list: readonly number[], lowest: number, highest: number): boolean {
  return (
    list.length > 0 &&
    list.every((n, i) => Number.isInteger(n) && n >= lowest && n <= highest && (i === 0 || n > (list[i - 1] as number)))
  );
}

/** @throws E_LIMITS if a bound is out of the wire format's own bounds or no σ could satisfy them */
export function createLimits(limits: Limits): Limits {
  const { version, maxTtl, entryCounts, entryLengths, maxSigmaBytes, allowed } = limits;
  const refuse = (condition: boolean, message: string): void => ensure(condition, 'E_LIMITS', message);
  refuse(Number.isInteger(version) && version >= 1 && version <= 0xffffffff, 'version must be from 1 to 2^32 - 1');
  refuse(Number.isInteger(maxTtl) && maxTtl >= 900 && maxTtl <= 31_536_000, 'maxTtl must be 900 s to one year');
  refuse(ascending(entryCounts, 1, MAX_ENTRIES), `entryCounts must ascend within 1 to ${MAX_ENTRIES}`);
  refuse(
    ascending(entryLengths, ENTRY_OVERHEAD, MAX_ENTRY_BYTES),
    `entryLengths must ascend within ${ENTRY_OVERHEAD} to ${MAX_ENTRY_BYTES}`,
  );
  refuse(
    Number.isInteger(maxSigmaBytes) &&
      maxSigmaBytes <= MAX_SIGMA_BYTES &&
      maxSigmaBytes >= sigmaBytes(entryCounts[0] as number, entryLengths[0] as number),
    `maxSigmaBytes must hold the smallest bucket and be at most ${MAX_SIGMA_BYTES}`,
  );
  const seen = new Set<string>();
  for (const { sender, senderClass, receiver } of allowed) {
    refuse(
      Number.isInteger(senderClass) && senderClass >= 0 && senderClass <= 255,
      'senderClass must be from 0 to 255',
    );
    const key = `${roleName(sender)} ${senderClass} ${roleName(receiver)}`;
    refuse(!seen.has(key), 'a permission is listed twice');
    seen.add(key);
  }
  return Object.freeze({
    version,
    maxTtl,
    entryCounts: Object.freeze([...entryCounts]),
    entryLengths: Object.freeze([...entryLengths]),
    maxSigmaBytes,
    allowed: Object.freeze(allowed.map((permission) => Object.freeze({ ...permission }))),
  });
}

export function isAllowed(limits: Limits, sender: Role, senderClass: number, receiver: Role): boolean {
  return limits.allowed.some((p) => p.sender === sender && p.senderClass === senderClass && p.receiver === receiver);
}

export function encodeLimits(limits: Limits): string {
  const { version, maxTtl, entryCounts, entryLengths, maxSigmaBytes, allowed } = limits;
  const table = allowed.map((p) => ({
    sender: roleName(p.sender),
    senderClass: p.senderClass,
    receiver: roleName(p.receiver),
  }));
  return JSON.stringify({ format: FORMAT, version, maxTtl, entryCounts, entryLengths, maxSigmaBytes, allowed: table });
}

/** @throws E_LIMITS for anything but what {@link encodeLimits} can write */
export function parseLimits(text: string): Limits {
  return parseJson(text, 'E_LIMITS', (value) => {
    const fields = exactKeys(
      value,
      ['format', 'version', 'maxTtl', 'entryCounts', 'entryLengths', 'maxSigmaBytes', 'allowed'],
      'limits',
    );
    ensure(fields.format === FORMAT, 'E_LIMITS', `limits must be of format ${FORMAT}`);
    return createLimits({
      version: wholeNumber(fields.version, 'version'),
      maxTtl: wholeNumber(fields.maxTtl, 'maxTtl'),
      entryCounts: numbers(fields.entryCounts, 'entryCounts'),
      entryLengths: numbers(fields.entryLengths, 'entryLengths'),
      maxSigmaBytes: wholeNumber(fields.maxSigmaBytes, 'maxSigmaBytes'),
      allowed: list(fields.allowed, 'allowed').map((entry) => {
        const row = exactKeys(entry, ['sender', 'senderClass', 'receiver'], 'permission');
        return {
          sender: roleFromName(String(row.sender)),
          senderClass: wholeNumber(row.senderClass, 'senderClass'),
          receiver: roleFromName(String(row.receiver)),
        };
      }),
    });
  });
}

function list(value: unknown, name: string): readonly unknown[] {
  ensure(Array.isArray(value), 'E_LIMITS', `${name} must be a list`);
  return value;
}

const numbers = (value: unknown, name: string): number[] => list(value, name).map((n) => wholeNumber(n, name));
