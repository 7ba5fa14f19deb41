/** World state keys, the same on both channels. Parts are hex or checked names, so none holds the separator. */

export const PARAMS_KEY = 'params';
export const ROLE_MAP_KEY = 'roles';
export const SLOT_KEY = 'slot';

export type VersionedKind = 'limits' | 'epochs';
export type RevokedKind = 'credential' | 'record' | 'provider';

export const governanceKey = (kind: VersionedKind): string => `gov:${kind}`;
/** Nullifier of a one-time credential. @param y Y, hex */
export const spentKey = (y: string): string => `spent:${y}`;
/** @param id σ id, hex */
export const sigmaKey = (id: string): string => `sigma:${id}`;
export const batchKey = (transactionId: string): string => `batch:${transactionId}`;
/** @param f pseudo-identity, hex */
export const recordKey = (f: string): string => `record:${f}`;
export const providerKey = (id: string): string => `provider:${id}`;
/** @param subject Y or f in hex, or a provider's name */
export const revokedKey = (kind: RevokedKind, subject: string): string => `revoked:${kind}:${subject}`;

export type KeyFamily = 'sigma' | 'batch' | 'record' | 'provider' | 'revoked' | 'spent' | 'gov';

/** Start (inclusive) and end (exclusive) of all keys of a family: ";" follows ":". */
export const keyRange = (family: KeyFamily): readonly [start: string, end: string] => [`${family}:`, `${family};`];

/** What follows the family in a key; undefined for a key of another family. */
export function keySubject(family: KeyFamily, key: string): string | undefined {
  return key.startsWith(`${family}:`) ? key.slice(family.length + 1) : undefined;
}
