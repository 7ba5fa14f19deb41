import {
  type CredentialsRevocation,
  decodeReason,
  MAX_REVOKED_CREDENTIALS,
  type Revocation,
  type RevocationItem,
} from '@chargecast/protocol';
import { fromHex, toHex } from '@chargecast/signcryption';

import { CodedError } from '../common/errors';
import { type ReplicaView } from '../replica';
import { type GovernanceStep, type RevokeRequest } from '../rpc';
import { type BarredHolders } from './barred';
import { type ConsentParts, gatherConsent } from './consent';
import { type CredentialIssuer } from './credentials';
import { type Identities } from './identities';
import { steps } from './steps';

export interface HolderRevocationParts extends ConsentParts {
  readonly identities: Pick<Identities, 'enrolled'>;
  readonly issuer: Pick<CredentialIssuer, 'oneTimeKeysOf'>;
  readonly barred: BarredHolders;
  readonly replica: Pick<ReplicaView, 'epochs' | 'record' | 'isCredentialSpent' | 'isCredentialRevoked'>;
  /** Unix seconds. */
  readonly now: () => number;
}

type Unsigned = Omit<RevocationItem, 'authority'> | Omit<CredentialsRevocation, 'authority'>;

/**
 * Ends a holder: it is barred from enrolling, its records in every accepted epoch and every one-time key it has left are
 * revoked by a majority of the organisations. Receivers then refuse it by its record, chaincode by the keys. Repeating it
 * goes on with what is left.
 * @throws CodedError E_HOLDER_UNKNOWN, E_DECODE; what {@link gatherConsent} throws
 */
export function revokeHolder(
  parts: HolderRevocationParts,
  { holder, reason, effective }: RevokeRequest,
  signal: AbortSignal,
): AsyncIterable<GovernanceStep> {
  return steps(async (tell) => {
    const terms = { reason: decodeReason(reason, 'reason'), effective: effective || parts.now() };
    const pseudonyms = await pseudonymsOf(parts, holder);
    if (pseudonyms.length === 0) {
      const text = 'nobody of this name is enrolled in an accepted epoch: give it as role:process or role:process/unit';
      throw new CodedError('E_HOLDER_UNKNOWN', text);
    }
    await parts.barred.bar(holder);
    const items = [
      ...(await recordItems(parts, pseudonyms, terms)),
      ...(await credentialItems(parts, pseudonyms, terms)),
    ];
    await Promise.all(
      items.map(async (item) => {
        const at = { kind: item.kind, subject: subjectOf(item) };
        await gatherConsent<RevocationItem | CredentialsRevocation>(parts, item, [], signal, (consent) =>
          tell(at, consent),
        );
        tell(at);
      }),
    );
  });
}

type Terms = Pick<Revocation, 'reason' | 'effective'>;

async function pseudonymsOf({ identities, replica }: HolderRevocationParts, holder: string): Promise<string[]> {
  const found = await Promise.all(replica.epochs().accepted.map((epoch) => identities.enrolled(holder, epoch)));
  return found.map(({ f }) => f).filter((f) => f !== '');
}

async function recordItems(
  { replica }: HolderRevocationParts,
  pseudonyms: readonly string[],
  terms: Terms,
): Promise<Unsigned[]> {
  const items: Unsigned[] = [];
  for (const subject of pseudonyms) {
    const found = await replica.record(fromHex(subject, 16));
    if (found?.revoked !== true) items.push({ kind: 'revokedRecord', body: { subject, ...terms } });
  }
  return items;
}

async function credentialItems(
  { issuer, replica }: HolderRevocationParts,
  pseudonyms: readonly string[],
  terms: Terms,
): Promise<Unsigned[]> {
  const left: string[] = [];
  for (const f of pseudonyms) {
    for (const oneTimeKey of await issuer.oneTimeKeysOf(fromHex(f, 16))) {
      const gone = (await replica.isCredentialSpent(oneTimeKey)) || (await replica.isCredentialRevoked(oneTimeKey));
      if (!gone) left.push(toHex(oneTimeKey));
    }
  }
  left.sort();
  const items: Unsigned[] = [];
  for (let at = 0; at < left.length; at += MAX_REVOKED_CREDENTIALS) {
    const subjects = left.slice(at, at + MAX_REVOKED_CREDENTIALS);
    items.push({ kind: 'revokedCredentials', body: { subjects, ...terms } });
  }
  return items;
}

const subjectOf = (item: Unsigned): string =>
  item.kind === 'revokedCredentials' ? `${item.body.subjects.length} one-time keys` : item.body.subject;
