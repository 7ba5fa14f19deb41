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

/** The provider's system key in force. */
export const systemKeyKey = (provider: string): string => `spk:${provider}`;
export const systemKeyVersionKey = (provider: string, version: number): string =>
  `spk-version:${provider}:${padded(version)}`;
/** The certificate in force. @param id of a vehicle or pile, hex */
export const certificateKey = (id: string): string => `vpk:${id}`;
/** A superseded certificate, for the auditor. */
export const certificateVersionKey = (id: string, version: number): string => `vpk-version:${id}:${padded(version)}`;
export const keyRevocationKey = (id: string): string => `vpk-revoked:${id}`;
export const reputationKey = (id: string): string => `reputation:${id}`;
/** One report a subject, day and reporter. @param reporter `<by>.<name>` */
export const reportKey = (id: string, day: number, reporter: string): string =>
  `report:${id}:${padded(day)}:${reporter}`;
/** @param grantor `owner`, `provider.<name>` or `operator.<MSP id>` */
export const grantKey = (subject: string, party: string, grantor: string): string =>
  `grant:${subject}:${party}:${grantor}`;

/** A pile whose readings count on the data chain. @param f of the pile, hex */
export const meterKey = (f: string): string => `meter:${f}`;
/** @param transaction `chargingTransaction`, hex */
export const chargingKey = (transaction: string): string => `charging:${transaction}`;

/** A vehicle whose reports the data chain takes. @param id of its certificate, hex */
export const fleetKey = (id: string): string => `fleet:${id}`;
export const fleetRevocationKey = (id: string): string => `fleet-revoked:${id}`;
/** One report a vehicle, kind and sequence number. */
export const conditionKey = (id: string, kind: string, sequence: number): string =>
  `condition:${id}:${kind}:${padded(sequence)}`;
/** Start (inclusive) and end (exclusive) of a vehicle's reports of one kind. */
export const conditionRange = (id: string, kind: string): readonly [start: string, end: string] => [
  `condition:${id}:${kind}:`,
  `condition:${id}:${kind};`,
];

/** Ten digits, so that keys sort as numbers do. */
const padded = (number: number): string => number.toString().padStart(10, '0');

export type KeyFamily =
  | 'sigma'
  | 'batch'
  | 'record'
  | 'provider'
  | 'revoked'
  | 'spent'
  | 'gov'
  | 'meter'
  | 'charging'
  | 'spk'
  | 'spk-version'
  | 'vpk'
  | 'vpk-version'
  | 'vpk-revoked'
  | 'reputation'
  | 'report'
  | 'grant'
  | 'fleet'
  | 'fleet-revoked'
  | 'condition';

/** Start (inclusive) and end (exclusive) of all keys of a family: ";" follows ":". */
export const keyRange = (family: KeyFamily): readonly [start: string, end: string] => [`${family}:`, `${family};`];

/** What follows the family in a key; undefined for a key of another family. */
export function keySubject(family: KeyFamily, key: string): string | undefined {
  return key.startsWith(`${family}:`) ? key.slice(family.length + 1) : undefined;
}
