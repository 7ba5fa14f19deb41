/** Records and providers as they travel to the certification chain and stand in its state. */
import { fromHex, utf8 } from '@chargecast/signcryption/bytes';
import { PSEUDONYM_BYTES, RECORD_BYTES } from '@chargecast/signcryption/record';
import {
  decodeName,
  decodeOrganisationSignatures,
  decodeSignature,
  type OrganisationSignature,
  type Statement,
} from './authority';
import { type Authority, decodeAuthorities, decodeReason, type Revocation, type RevocationItem } from './governance';
import { array, type Decoder, hex, hexUpTo, integer, object, optional } from './json';

export interface Countersignature {
  /** The vehicle's own provider. */
  readonly provider: string;
  /** csig(record), hex. */
  readonly signature: string;
}

/** A record with what makes it count. */
export interface RecordEntry {
  /** `encodeRecord`, hex. */
  readonly record: string;
  /** MSP id of the organisation the holder belongs to, whose approval does not count; absent for a CSC. */
  readonly owner?: string;
  readonly approvals: readonly OrganisationSignature[];
  readonly countersignature?: Countersignature;
}

const members = {
  owner: optional(decodeName),
  approvals: decodeOrganisationSignatures,
  countersignature: optional(object<Countersignature>({ provider: decodeName, signature: decodeSignature })),
};

export const decodeRecordEntry: Decoder<RecordEntry> = object<RecordEntry>({ record: hex(RECORD_BYTES), ...members });

/** A malformed record is an outcome of its own and does not refuse the rest of the submission. */
export const decodeSubmittedEntry: Decoder<RecordEntry> = object<RecordEntry>({
  record: hexUpTo(4 * RECORD_BYTES),
  ...members,
});

export const MAX_RECORDS = 256;
export const decodeSubmittedEntries: Decoder<RecordEntry[]> = array(decodeSubmittedEntry, MAX_RECORDS, 1);

export interface Provider {
  readonly provider: string;
  /** The organisation behind it, whose approval does not count. */
  readonly mspId: string;
  /** Public key, 32 bytes hex: countersignatures and revocations hold under it. */
  readonly key: string;
}

export interface ProviderEntry extends Provider {
  readonly approvals: readonly OrganisationSignature[];
}

export const decodeProviderEntry: Decoder<ProviderEntry> = object<ProviderEntry>({
  provider: decodeName,
  mspId: decodeName,
  key: hex(32),
  approvals: decodeOrganisationSignatures,
});

/** What organisations sign to admit a provider. */
export function providerStatement({ provider, mspId, key }: Provider): Statement {
  return { tag: 'prov', parts: [utf8(provider), utf8(mspId), fromHex(key, 32)] };
}

/** Argument of `revokeRecord`: the governance item `revokedRecord` with `f` as its subject. */
export interface RecordRevocation extends Omit<Revocation, 'subject'> {
  readonly f: string;
  readonly authority: readonly Authority[];
}

const recordRevocation = object<RecordRevocation>({
  f: hex(PSEUDONYM_BYTES),
  reason: decodeReason,
  effective: integer(0),
  authority: decodeAuthorities,
});

export const decodeRecordRevocation: Decoder<RevocationItem> = (value, at) => {
  const { f, reason, effective, authority } = recordRevocation(value, at);
  return { kind: 'revokedRecord', body: { subject: f, reason, effective }, authority };
};
