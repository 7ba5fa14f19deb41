import { array, dictionary, oneOf, type Decoder } from './json';

/** Ledger roles of submitting clients: certificate attribute, or the role map for certificates without one. */
export const LEDGER_ROLES = [
  'relay',
  'kgc',
  'provider',
  'auditor',
  'government',
  'owner',
  'carmaker',
  'admin',
] as const;
export type LedgerRole = (typeof LEDGER_ROLES)[number];

/** Name of the certificate attribute (extension 1.2.3.4.5.6.7.8.1) that carries one ledger role. */
export const ROLE_ATTRIBUTE = 'chargecast.role';

/** Ledger roles of every client of an organisation whose certificates carry no role attribute. */
export type RoleMap = Readonly<Record<string, readonly LedgerRole[]>>;

export const decodeLedgerRole: Decoder<LedgerRole> = oneOf(...LEDGER_ROLES);

export const decodeRoleMap: Decoder<RoleMap> = dictionary(array(decodeLedgerRole, LEDGER_ROLES.length), 256);
