/**
 * Certificates of vehicles and piles, Cert = ⟨ID, PK, ExpT, Sig⟩ with tag and attributes, and the system keys providers
 * sign them with. Keys are made by their holders: an application proves possession and binds network, provider, role
 * and identity commitment.
 */
import { createHash, hash } from 'node:crypto';
import { fromHex, u64, u8, utf8 } from '@chargecast/signcryption/bytes';
import { decodeName, decodeSignature, type Statement } from './authority';
import { ProtocolError } from './errors';
import {
  array,
  canonicalJson,
  decodeJson,
  type Decoder,
  hex,
  integer,
  type Json,
  object,
  oneOf,
  optional,
  text,
} from './json';
import {
  AUTHENTICATION_KEY_BYTES,
  authenticationBytes,
  type AuthenticationTag,
  decodeAuthenticationKey,
  verifyAuthentication,
} from './p256';

export const CERTIFICATE_ROLES = ['vehicle', 'pile'] as const;
export type CertificateRole = (typeof CERTIFICATE_ROLES)[number];

/** `[role:…, auth:…]`: what the key's holder is, and for whom it acts (`user`, `fleet`, `station`, …). */
export interface CertificateAttributes {
  readonly role: CertificateRole;
  readonly auth: string;
}

/** What an applicant asks a provider for. */
export interface Application {
  readonly provider: string;
  /** 1 at registration, one more at each update. */
  readonly version: number;
  /** PK of the vehicle or pile, 65 bytes hex. */
  readonly publicKey: string;
  readonly attributes: CertificateAttributes;
  /** A vehicle's identification field (`A`, `B`, …), which names nobody; a pile's public name, `<process>/<pile>`. */
  readonly tag: string;
  /** Public key of its owner, 65 bytes hex: it grants and withdraws authorisations and may revoke. */
  readonly owner: string;
  /** Salted commitment to who it is, 32 bytes hex; the opening stays in the provider's sealed database. */
  readonly commitment: string;
}

export interface CertificateBody extends Application {
  /** ID, 16 bytes hex: `subjectId` of provider, role, owner and commitment. */
  readonly id: string;
  /** Version of the provider's system key that signs. */
  readonly keyVersion: number;
  /** T, Unix seconds. */
  readonly issuedAt: number;
  /** ExpT, Unix seconds: the first moment at which it no longer holds. */
  readonly expiresAt: number;
}

export interface Certificate extends CertificateBody {
  /** Sig of the provider's system key over `certificateBytes`, 64 bytes hex. */
  readonly signature: string;
}

export const SUBJECT_ID_BYTES = 16;
export const COMMITMENT_BYTES = 32;
export const decodeSubjectId: Decoder<string> = hex(SUBJECT_ID_BYTES);

const label = text(64, /^[A-Za-z][A-Za-z0-9._/-]*$/, 'a letter, then up to 63 letters, digits, ".", "_", "/" or "-"');
const seconds = integer(0);
const version = integer(1, 0xffffffff);

const applicationMembers = {
  provider: decodeName,
  version,
  publicKey: decodeAuthenticationKey,
  attributes: object<CertificateAttributes>({ role: oneOf(...CERTIFICATE_ROLES), auth: label }),
  tag: label,
  owner: decodeAuthenticationKey,
  commitment: hex(COMMITMENT_BYTES),
};

export const decodeApplication: Decoder<Application> = object<Application>(applicationMembers);
export const decodeCertificate: Decoder<Certificate> = object<Certificate>({
  ...applicationMembers,
  id: decodeSubjectId,
  keyVersion: version,
  issuedAt: seconds,
  expiresAt: seconds,
  signature: decodeSignature,
});

/** The attributes as the paper writes them. */
export const formatAttributes = ({ role, auth }: CertificateAttributes): string => `[role:${role}, auth:${auth}]`;

type SubjectParts = Pick<Application, 'provider' | 'owner' | 'commitment'> & { readonly role: CertificateRole };

/**
 * ID = SHA-256(frame("CHARGECAST-ID/1", ctx, provider, role, owner, commitment))[0:16]. Nobody chooses it, and who shows
 * its parts proves whose key is the owner's without asking a chain.
 */
export function subjectId(ctx: Uint8Array, { provider, role, owner, commitment }: SubjectParts): string {
  const parts = [utf8('CHARGECAST-ID/1'), ctx, utf8(provider), utf8(role), fromHex(owner, AUTHENTICATION_KEY_BYTES)];
  const framed = [...parts, fromHex(commitment, COMMITMENT_BYTES)].flatMap((part) => [u64(part.length), part]);
  return hash('sha256', Buffer.concat(framed), 'hex').slice(0, 2 * SUBJECT_ID_BYTES);
}

export const idOfApplication = (ctx: Uint8Array, { attributes: { role }, ...rest }: Application): string =>
  subjectId(ctx, { ...rest, role });

/** Salted commitment to an identity document: SHA-256(salt ‖ canonical JSON). @param salt 32 random bytes */
export function commitIdentity(salt: Uint8Array, identity: Readonly<Record<string, string>>): string {
  return createHash('sha256').update(salt).update(canonicalJson(identity)).digest('hex');
}

function json(tag: AuthenticationTag, ctx: Uint8Array, value: object): Buffer {
  return authenticationBytes(tag, ctx, utf8(canonicalJson(value as Json)));
}

const applicationOf = (given: Application): Application => ({
  provider: given.provider,
  version: given.version,
  publicKey: given.publicKey,
  attributes: given.attributes,
  tag: given.tag,
  owner: given.owner,
  commitment: given.commitment,
});

/** What the new key signs to prove its possession. */
export const applicationBytes = (ctx: Uint8Array, given: Application): Buffer =>
  json('apply', ctx, applicationOf(given));

/** What the key in force signs to hand over to the next. */
export const updateBytes = (ctx: Uint8Array, given: Application): Buffer => json('update', ctx, applicationOf(given));

/** What the provider signs: every member but `signature`. */
export function certificateBytes(ctx: Uint8Array, body: CertificateBody): Buffer {
  const { id, keyVersion, issuedAt, expiresAt } = body;
  return json('cert', ctx, { ...applicationOf(body), id, keyVersion, issuedAt, expiresAt });
}

/**
 * Whether the certificate is the provider's, for this network, over this very ID. Its time and its revocation are
 * separate questions: `certificateStatus`.
 * @param systemKey the provider's key of version `certificate.keyVersion`
 */
export function verifyCertificate(ctx: Uint8Array, systemKey: SystemKey, certificate: Certificate): boolean {
  return (
    systemKey.provider === certificate.provider &&
    systemKey.version === certificate.keyVersion &&
    idOfApplication(ctx, certificate) === certificate.id &&
    verifyAuthentication(systemKey.publicKey, certificateBytes(ctx, certificate), certificate.signature)
  );
}

/** Argument of registerPK and updatePK, one for each vehicle or pile. */
export interface RegistrationEntry {
  readonly certificate: Certificate;
  /** `applicationBytes` under the certificate's own key. */
  readonly proof: string;
  /** `updateBytes` under the key it supersedes; in updatePK alone. */
  readonly handover?: string;
}

export const MAX_REGISTRATIONS = 256;
const decodeRegistrationEntry: Decoder<RegistrationEntry> = object<RegistrationEntry>({
  certificate: decodeCertificate,
  proof: decodeSignature,
  handover: optional(decodeSignature),
});
export const decodeRegistrationEntries: Decoder<RegistrationEntry[]> = array(
  decodeRegistrationEntry,
  MAX_REGISTRATIONS,
  1,
);

/** A provider's public parameters: the key its certificates hold under, and the terms it issues them on. */
export interface SystemKey {
  readonly provider: string;
  /** Exactly one more than the one before. */
  readonly version: number;
  readonly curve: 'P-256';
  readonly hash: 'SHA-256';
  /** PK_ESP, 65 bytes hex: signs certificates and the provider's own messages. */
  readonly publicKey: string;
  /** Longest time from issue to expiry, seconds. */
  readonly lifetime: number;
  /** updatePK is admitted from this many seconds before expiry. */
  readonly renewal: number;
}

export interface SignedSystemKey extends SystemKey {
  /** `systemKeyStatement` under the provider's admitted key (Ed25519), 64 bytes hex. */
  readonly signature: string;
}

const YEAR = 366 * 86_400;

export const decodeSignedSystemKey: Decoder<SignedSystemKey> = object<SignedSystemKey>({
  provider: decodeName,
  version,
  curve: oneOf('P-256'),
  hash: oneOf('SHA-256'),
  publicKey: decodeAuthenticationKey,
  lifetime: integer(60, 5 * YEAR),
  renewal: integer(0, YEAR),
  signature: decodeSignature,
});

export function systemKeyStatement({ provider, version: number, publicKey, lifetime, renewal }: SystemKey): Statement {
  const parts = [u64(number), fromHex(publicKey, AUTHENTICATION_KEY_BYTES), u64(lifetime), u64(renewal)];
  return { tag: 'spk', parts: [utf8(provider), utf8('P-256'), utf8('SHA-256'), ...parts] };
}

/** Unsigned part of a certificate's revocation, as each authority signs it. */
export const keyRevocationParts = (id: string, reason: string, effective: number): Uint8Array[] => [
  u8(4),
  fromHex(id, SUBJECT_ID_BYTES),
  utf8(reason),
  u64(effective),
];

/** Canonical JSON in UTF-8: one text for one certificate. */
export const encodeCertificate = (certificate: Certificate): Uint8Array =>
  utf8(canonicalJson(certificate as unknown as Json));

/** Throws `E_DECODE`, also for a text that is not the certificate's own. */
export function readCertificate(bytes: Uint8Array): Certificate {
  const source = Buffer.from(bytes).toString('utf8');
  const certificate = decodeJson(source, decodeCertificate, 'certificate');
  if (canonicalJson(certificate as unknown as Json) !== source) {
    throw new ProtocolError('E_DECODE', 'certificate must be canonical JSON: keys sorted, no white space');
  }
  return certificate;
}
