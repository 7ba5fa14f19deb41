/** Who may call what: every transaction names its roles, everything else is refused. */
import { X509Certificate } from 'node:crypto';
import {
  decodeLedgerRole,
  decodeRoleMap,
  LEDGER_ROLES,
  type LedgerRole,
  ProtocolError,
  ROLE_ATTRIBUTE,
  ROLE_MAP_KEY,
} from '@chargecast/protocol';
import { type ClientIdentity } from 'fabric-shim-api';
import { type WorldState } from './state';

export type AccessTable = Readonly<Record<string, readonly LedgerRole[]>>;

export const EVERYONE: readonly LedgerRole[] = LEDGER_ROLES;

/** The submitting client, as authorisations name it. */
export interface Client {
  readonly mspId: string;
  /** Of the certificate's subject, where it has exactly one. */
  readonly commonName?: string;
}

type Subject = Partial<Record<string, string | readonly string[]>>;

/** Subjects by PEM: the same few clients submit again and again. */
const subjects = new Map<string, Subject>();
const KEPT_SUBJECTS = 256;

function subjectOf(identity: ClientIdentity): Subject {
  const pem = Buffer.from(identity.getIDBytes()).toString('latin1');
  const known = subjects.get(pem);
  if (known) return known;
  const subject = new X509Certificate(pem).toLegacyObject().subject as unknown as Subject;
  if (subjects.size === KEPT_SUBJECTS) subjects.clear();
  subjects.set(pem, subject);
  return subject;
}

/** A field of the certificate's subject. */
function subjectField(identity: ClientIdentity, field: 'CN' | 'OU'): readonly string[] {
  const values = subjectOf(identity)[field] ?? [];
  return typeof values === 'string' ? [values] : values;
}

export function clientOf(identity: ClientIdentity): Client {
  const [commonName, ...others] = subjectField(identity, 'CN');
  return { mspId: identity.getMSPID(), ...(commonName !== undefined && others.length === 0 && { commonName }) };
}

/**
 * The caller's roles: the certificate's role attribute where there is one; else what the role map gives the clients of
 * its organisation. OU=admin is an administrator. A certificate of a peer or an orderer has no role.
 */
export async function rolesOf(identity: ClientIdentity, state: WorldState): Promise<ReadonlySet<LedgerRole>> {
  const units = subjectField(identity, 'OU');
  if (units.includes('peer') || units.includes('orderer')) return new Set();
  const roles = new Set<LedgerRole>(units.includes('admin') ? ['admin'] : []);
  const attribute = identity.getAttributeValue(ROLE_ATTRIBUTE);
  if (attribute !== null) return roles.add(decodeLedgerRole(attribute, `certificate attribute ${ROLE_ATTRIBUTE}`));
  const map = await state.json(ROLE_MAP_KEY, decodeRoleMap);
  const mspId = identity.getMSPID();
  for (const role of map && Object.hasOwn(map, mspId) ? (map[mspId] ?? []) : []) roles.add(role);
  return roles;
}

export async function ensureAllowed(
  table: AccessTable,
  transaction: string,
  identity: ClientIdentity,
  state: WorldState,
): Promise<void> {
  const allowed = Object.hasOwn(table, transaction) ? (table[transaction] ?? []) : [];
  const roles = await rolesOf(identity, state);
  if (!allowed.some((role) => roles.has(role))) {
    throw new ProtocolError(
      'E_FORBIDDEN',
      `${transaction} is open to ${allowed.join(', ') || 'nobody'}; use an identity with such a role`,
    );
  }
}
