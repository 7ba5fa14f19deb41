import { encodeOpening, encodeRecord, openCredential, verifyOpening } from '@chargecast/signcryption';
import { CodedError } from '../common/errors';
import { type ReplicaView } from '../replica';
import { type OpenReply } from '../rpc';
import { type CredentialIssuer } from './credentials';
import { type Identities, nameOf } from './identities';

export interface OpeningParts {
  readonly issuer: Pick<CredentialIssuer, 'requestOf'>;
  readonly identities: Pick<Identities, 'find'>;
  readonly replica: Pick<ReplicaView, 'params' | 'record'>;
}

/**
 * Tracing: whose one-time key this is, with evidence the holder signed. Anyone checks it with `verifyOpening` against
 * the holder's record on the ledger; it shows nothing of the rest of the batch.
 * @param oneTimeKey Y, 32 bytes
 * @throws CodedError E_OPENING_UNKNOWN if this KGC never certified it
 */
export async function openOneTimeKey(
  { issuer, identities, replica }: OpeningParts,
  oneTimeKey: Uint8Array,
): Promise<OpenReply> {
  const key = Uint8Array.from(oneTimeKey);
  const request = await issuer.requestOf(key);
  const identity = request && (await identities.find(request.statement.f));
  const found = request && (await replica.record(request.statement.f));
  if (request === undefined || identity === undefined || found?.keys === undefined) {
    throw new CodedError('E_OPENING_UNKNOWN', 'this KGC certified no such one-time key; take Y from the σ in question');
  }
  const opening = openCredential(request, key);
  verifyOpening(replica.params, found.keys, key, opening);
  return {
    role: identity.realId.slice(0, identity.realId.indexOf(':')),
    name: nameOf(identity),
    record: encodeRecord(found.record),
    opening: encodeOpening(opening),
  };
}
