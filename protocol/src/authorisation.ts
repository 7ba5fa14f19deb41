/** Who may read whose data, and who may drive: granted by owners, by providers and by station operators. */
import { fromHex, u64, u8, utf8 } from '@chargecast/signcryption/bytes';
import { decodeName, decodeSignature, type Statement } from './authority';
import {
  type Application,
  CERTIFICATE_ROLES,
  type CertificateRole,
  COMMITMENT_BYTES,
  decodeSubjectId,
} from './certificate';
import { ProtocolError } from './errors';
import { array, type Decoder, hex, integer, object, oneOf, optional, text } from './json';
import { authenticationBytes, decodeAuthenticationKey } from './p256';

/** `charging`, `maintenance`, `fuel`, `safety`: reading such data; `drive`: driving the vehicle. */
export const SCOPES = ['charging', 'maintenance', 'fuel', 'safety', 'drive'] as const;
export type Scope = (typeof SCOPES)[number];
export const decodeScope: Decoder<Scope> = oneOf(...SCOPES);

/** What the grantee is: a car maker needs the owner's, the provider's and the station operator's permission. */
export const GRANTEE_KINDS = ['thirdParty', 'driver', 'carmaker'] as const;
export type GranteeKind = (typeof GRANTEE_KINDS)[number];

/**
 * Who is meant: an organisation (`Org1MSP`), one client of it (`Org1MSP/alice`: the certificate's common name), or
 * whoever holds a key (`key:` and the first 16 bytes of SHA-256 of the P-256 key, hex).
 */
export const decodeParty: Decoder<string> = text(
  257,
  /^(?:key:[0-9a-f]{32}|[A-Za-z0-9][A-Za-z0-9._-]{0,127}(?:\/[A-Za-z0-9][A-Za-z0-9._@-]{0,127})?)$/,
  'an MSP id, <MSP id>/<common name>, or key:<32 hex digits>',
);

/** Whose permission it is. An owner shows what its subject's ID is made of. */
export type Grantor =
  | ({ readonly by: 'owner'; readonly role: CertificateRole } & Pick<Application, 'provider' | 'owner' | 'commitment'>)
  | { readonly by: 'provider' | 'operator'; readonly name: string };

/** Any vehicle of the provider, or any record of the operator's stations. */
export const ANY_SUBJECT = '*';

export interface Grant {
  readonly grantor: Grantor;
  /** ID of a vehicle or pile; `*` in permissions of providers and operators alone. */
  readonly subject: string;
  readonly party: string;
  readonly kind: GranteeKind;
  readonly scopes: readonly Scope[];
  /** Unix seconds from which it no longer holds. */
  readonly until: number;
  /** Greater than every version of the same grantor, subject and party before: an older one is not put again. */
  readonly version: number;
}

/** Argument of authorize. */
export interface SignedGrant extends Grant {
  /** Owner: P-256; provider and operator: Ed25519. 64 bytes hex. */
  readonly signature: string;
}

/** Argument of revokeAuthorization. */
export interface Withdrawal {
  readonly grantor: Grantor;
  readonly subject: string;
  readonly party: string;
  readonly version: number;
  readonly signature: string;
}

const ownerGrantor = object<Extract<Grantor, { by: 'owner' }>>({
  by: oneOf('owner'),
  role: oneOf(...CERTIFICATE_ROLES),
  provider: decodeName,
  owner: decodeAuthenticationKey,
  commitment: hex(COMMITMENT_BYTES),
});
const namedGrantor = object<Extract<Grantor, { by: 'provider' | 'operator' }>>({
  by: oneOf('provider', 'operator'),
  name: decodeName,
});
const decodeGrantor: Decoder<Grantor> = (value, at) =>
  (value as { by?: unknown } | null)?.by === 'owner' ? ownerGrantor(value, at) : namedGrantor(value, at);

const decodeSubject: Decoder<string> = (value, at) =>
  value === ANY_SUBJECT ? ANY_SUBJECT : decodeSubjectId(value, at);
const version = integer(1);
const target = { grantor: decodeGrantor, subject: decodeSubject, party: decodeParty, version };

function ensureSubjectOf({ grantor, subject }: Pick<Grant, 'grantor' | 'subject'>, at: string): void {
  if (grantor.by === 'owner' && subject === ANY_SUBJECT) {
    throw new ProtocolError('E_DECODE', `${at}.subject must be one vehicle or pile: an owner grants one by one`);
  }
}

export const decodeSignedGrant: Decoder<SignedGrant> = (value, at) => {
  const grant = object<SignedGrant>({
    ...target,
    kind: oneOf(...GRANTEE_KINDS),
    scopes: array(decodeScope, SCOPES.length, 1),
    until: integer(0),
    signature: decodeSignature,
  })(value, at);
  ensureSubjectOf(grant, at);
  if (new Set(grant.scopes).size !== grant.scopes.length) {
    throw new ProtocolError('E_DECODE', `${at}.scopes must name each scope once`);
  }
  return grant;
};

export const decodeWithdrawal: Decoder<Withdrawal> = (value, at) => {
  const withdrawal = object<Withdrawal>({ ...target, signature: decodeSignature })(value, at);
  ensureSubjectOf(withdrawal, at);
  return withdrawal;
};

/** The value under `grant:…`: the newest word of one grantor on one subject and party. */
export interface GrantState {
  readonly version: number;
  readonly grantor: Grantor;
  readonly subject: string;
  readonly party: string;
  /** Absent once withdrawn. */
  readonly grant?: SignedGrant;
}

export const decodeGrantState: Decoder<GrantState> = object<GrantState>({
  ...target,
  grant: optional(decodeSignedGrant),
});

const AUTHORIZE = u8(1);
const REVOKE = u8(2);

function grantorParts(grantor: Grantor): Uint8Array[] {
  return grantor.by === 'owner'
    ? [utf8('owner'), utf8(grantor.role), utf8(grantor.provider), fromHex(grantor.owner), fromHex(grantor.commitment)]
    : [utf8(grantor.by), utf8(grantor.name)];
}

function grantParts(grant: Grant): Uint8Array[] {
  const { grantor, subject, party, kind, scopes, until } = grant;
  const terms = [utf8(kind), utf8([...scopes].sort().join(',')), u64(until), u64(grant.version)];
  return [AUTHORIZE, ...grantorParts(grantor), utf8(subject), utf8(party), ...terms];
}

function withdrawalParts({ grantor, subject, party, version: number }: Omit<Withdrawal, 'signature'>): Uint8Array[] {
  return [REVOKE, ...grantorParts(grantor), utf8(subject), utf8(party), u64(number)];
}

const partsOf = (item: Grant | Omit<Withdrawal, 'signature'>): Uint8Array[] =>
  'scopes' in item ? grantParts(item) : withdrawalParts(item);

/** What a provider or an operator signs (Ed25519). */
export const grantStatement = (item: Grant | Omit<Withdrawal, 'signature'>): Statement => ({
  tag: 'grant',
  parts: partsOf(item),
});
/** What an owner signs (P-256). */
export const grantBytes = (ctx: Uint8Array, item: Grant | Omit<Withdrawal, 'signature'>): Buffer =>
  authenticationBytes('grant', ctx, ...partsOf(item));

/** A key holder's proof that it is the one who asks, for `key:` parties and for owners. */
export interface ReadRequest {
  readonly subject: string;
  readonly scope: Scope;
  /** Unix seconds; good for `READ_REQUEST_SECONDS` before and after. */
  readonly at: number;
  /** P-256, 65 bytes hex. */
  readonly key: string;
  /** With an owner's key: what the subject's ID is made of. */
  readonly owner?: Omit<Extract<Grantor, { by: 'owner' }>, 'by'>;
  readonly signature: string;
}

export const READ_REQUEST_SECONDS = 300;

export const decodeReadRequest: Decoder<ReadRequest> = object<ReadRequest>({
  subject: decodeSubjectId,
  scope: decodeScope,
  at: integer(0),
  key: decodeAuthenticationKey,
  owner: optional(
    object<Omit<Extract<Grantor, { by: 'owner' }>, 'by'>>({
      role: oneOf(...CERTIFICATE_ROLES),
      provider: decodeName,
      owner: decodeAuthenticationKey,
      commitment: hex(COMMITMENT_BYTES),
    }),
  ),
  signature: decodeSignature,
});

export function readRequestBytes(ctx: Uint8Array, { subject, scope, at, key }: Omit<ReadRequest, 'signature'>): Buffer {
  return authenticationBytes('read', ctx, fromHex(subject), utf8(scope), u64(at), fromHex(key));
}
