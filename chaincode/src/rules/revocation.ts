/** Revocations of one-time keys, records and providers: for ever, under the holder's signature or a majority's. */
import {
  type Authority,
  canonicalJson,
  type CredentialsRevocation,
  decodeJson,
  decodeRevocationItem,
  governanceStatement,
  keyRange,
  type Page,
  ProtocolError,
  type Revocation,
  type RevocationItem,
  type RevocationItemKind,
  revokedKey,
  type RevokedKind,
  revokedKind,
  suffices,
} from '@chargecast/protocol';
import { fromHex } from '@chargecast/signcryption/bytes';
import { type Params } from '@chargecast/signcryption/params';
import { toText, type WorldState } from '../state';
import { organisationTally, signedBy } from './governance';

/** Keys that may revoke besides a majority. */
export interface RevocationKeys {
  /** Y itself, Q of the record, or the provider's key. */
  readonly holder?: Uint8Array;
  /** The provider that countersigned the vehicle's record. */
  readonly provider?: { readonly name: string; readonly key: Uint8Array };
}

const ITEM_KINDS: Readonly<Record<RevokedKind, RevocationItemKind>> = {
  credential: 'revokedCredential',
  record: 'revokedRecord',
  provider: 'revokedProvider',
};

export async function readRevocation(
  state: WorldState,
  kind: RevokedKind,
  subject: string,
): Promise<RevocationItem | undefined> {
  return state.json(revokedKey(kind, subject), decodeRevocationItem(ITEM_KINDS[kind]));
}

/** A one-time key revokes itself; the other holders' keys stand on the certification chain alone. */
export function keysOfItem({ kind, body }: RevocationItem): RevocationKeys {
  return kind === 'revokedCredential' ? { holder: fromHex(body.subject, 32) } : {};
}

function ensureRevocationAuthority(params: Params, item: RevocationItem, keys: RevocationKeys): void {
  const statement = governanceStatement(item);
  const count = organisationTally(params, statement, item.authority);
  const signed = (by: Authority['by'], key: Uint8Array, name?: string): boolean =>
    signedBy(params, statement, item.authority, by, key, name);
  const authorised =
    suffices(count) ||
    (keys.holder !== undefined && signed('holder', keys.holder)) ||
    (keys.provider !== undefined && signed('provider', keys.provider.key, keys.provider.name));
  if (!authorised) {
    throw new ProtocolError(
      'E_AUTHORITY',
      `a revocation needs the holder’s own signature or ${count.needed} organisations’ (${count.given} hold)`,
    );
  }
}

/** Writes the revocation; a later one only counts where it takes effect earlier. Throws `E_AUTHORITY`. */
export async function putRevocation(
  state: WorldState,
  params: Params,
  item: RevocationItem,
  keys: RevocationKeys,
): Promise<'committed' | 'unchanged'> {
  const kind = revokedKind(item.kind);
  const previous = await readRevocation(state, kind, item.body.subject);
  if (previous && previous.body.effective <= item.body.effective) return 'unchanged';
  ensureRevocationAuthority(params, item, keys);
  await state.putJson(revokedKey(kind, item.body.subject), item);
  return 'committed';
}

/**
 * Writes each key's revocation where none stands that takes effect as early. The list's authority is a majority: a holder
 * that revokes its own keys signs under each. Throws `E_AUTHORITY`.
 * @returns the keys written
 */
export async function putCredentialsRevocation(
  state: WorldState,
  params: Params,
  item: CredentialsRevocation,
): Promise<readonly string[]> {
  const count = organisationTally(params, governanceStatement(item), item.authority);
  if (!suffices(count)) {
    throw new ProtocolError(
      'E_AUTHORITY',
      `a list of one-time keys is revoked by ${count.needed} organisations (${count.given} hold); gather the missing ones`,
    );
  }
  const { subjects, reason, effective } = item.body;
  const written: string[] = [];
  for (const subject of subjects) {
    const previous = await readRevocation(state, 'credential', subject);
    if (previous && previous.body.effective <= effective) continue;
    // Who signed stands in the transaction: five hundred copies of it would only swell the state.
    const revoked: RevocationItem = { kind: 'revokedCredential', body: { subject, reason, effective }, authority: [] };
    await state.putJson(revokedKey('credential', subject), revoked);
    written.push(subject);
  }
  return written;
}

export async function pageRevocations(
  state: WorldState,
  pageSize: number,
  bookmark: string,
): Promise<Page<Revocation & { readonly kind: RevocationItemKind }>> {
  return state.page(keyRange('revoked'), pageSize, bookmark, (key, value) => {
    const kind = ITEM_KINDS[key.split(':')[1] as RevokedKind];
    const item = decodeJson(toText(value), decodeRevocationItem(kind), key);
    return { kind: item.kind, ...item.body };
  });
}

export const revocationEvent = ({ kind, body }: RevocationItem): string => canonicalJson({ kind, ...body });
