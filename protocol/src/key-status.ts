/** Revocation of certificates, their status at a moment, misbehaviour reports and the reputation they make. */
import { fromHex, u64, utf8 } from '@chargecast/signcryption/bytes';
import { type Authority, decodeAuthorities, decodeReason, type RevocationReason } from './governance';
import { decodeName, decodeSignature, type Statement } from './authority';
import { type Certificate, decodeSubjectId, keyRevocationParts, SUBJECT_ID_BYTES } from './certificate';
import { type Decoder, dictionary, hex, integer, object, oneOf } from './json';
import { authenticationBytes } from './p256';

/** Argument of revokePK. */
export interface KeyRevocation {
  readonly id: string;
  readonly reason: RevocationReason;
  /** Unix seconds from which it takes effect. */
  readonly effective: number;
  /** The issuing provider, the owner (`holder`), or a majority of the organisations. */
  readonly authority: readonly Authority[];
}

/** On whose word a key was revoked. */
export const REVOKERS = ['organisations', 'provider', 'owner', 'reputation'] as const;
export type Revoker = (typeof REVOKERS)[number];

/** A revocation as it stands in state. */
export interface RevokedKey extends KeyRevocation {
  readonly by: Revoker;
  /** Transaction time at which it was written, Unix seconds. */
  readonly at: number;
}

const seconds = integer(0);
const revocationMembers = {
  id: decodeSubjectId,
  reason: decodeReason,
  effective: seconds,
  authority: decodeAuthorities,
};

export const decodeKeyRevocation: Decoder<KeyRevocation> = object<KeyRevocation>(revocationMembers);
export const decodeRevokedKey: Decoder<RevokedKey> = object<RevokedKey>({
  ...revocationMembers,
  by: oneOf(...REVOKERS),
  at: seconds,
});

type RevocationBody = Pick<KeyRevocation, 'id' | 'reason' | 'effective'>;

/** What organisations and the provider sign (Ed25519). */
export const keyRevocationStatement = ({ id, reason, effective }: RevocationBody): Statement => ({
  tag: 'rev',
  parts: keyRevocationParts(id, reason, effective),
});

/** What the owner signs (P-256). */
export const keyRevocationBytes = (ctx: Uint8Array, { id, reason, effective }: RevocationBody): Buffer =>
  authenticationBytes('revoke', ctx, ...keyRevocationParts(id, reason, effective));

export type CertificateStatus = 'valid' | 'notYetValid' | 'expired' | 'revoked' | 'providerRevoked';

/** Clocks of providers and peers may differ by this much. */
export const CLOCK_SKEW_SECONDS = 60;

/**
 * @param revokedFrom Unix seconds from which its ID is revoked
 * @param providerRevokedFrom Unix seconds from which its provider is revoked
 * @param at Unix seconds
 */
export function certificateStatus(
  { issuedAt, expiresAt }: Pick<Certificate, 'issuedAt' | 'expiresAt'>,
  revokedFrom: number | undefined,
  providerRevokedFrom: number | undefined,
  at: number,
): CertificateStatus {
  if ((revokedFrom ?? Infinity) <= at) return 'revoked';
  if ((providerRevokedFrom ?? Infinity) <= at) return 'providerRevoked';
  if (at + CLOCK_SKEW_SECONDS < issuedAt) return 'notYetValid';
  return at >= expiresAt ? 'expired' : 'valid';
}

/** What a report costs its subject. */
export const MISBEHAVIOUR = { protocol: 10, payment: 10, fraud: 20, safety: 30 } as const;
export type Misbehaviour = keyof typeof MISBEHAVIOUR;

/** The written rule: docs/registration.md. */
export const REPUTATION = {
  initial: 100,
  /** Below it the key is revoked. */
  threshold: 30,
  /** Points that come back for each whole day without a report. */
  recoveryPerDay: 1,
  /** Most that the reports of one organisation, with all piles and vehicles it vouches for, take within a window. */
  lossPerOrganisation: 30,
  windowDays: 30,
} as const;

export const DAY_SECONDS = 86_400;
export const dayOf = (unixSeconds: number): number => Math.floor(unixSeconds / DAY_SECONDS);

/** A registered vehicle or pile by its ID, a provider by its name, or a gateway by its MSP id. */
export interface Reporter {
  readonly by: 'certificate' | 'provider' | 'organisation';
  readonly name: string;
}

export interface MisbehaviourReport {
  readonly subject: string;
  readonly kind: Misbehaviour;
  /** Unix seconds div 86,400: a reporter has one report a subject and day. */
  readonly day: number;
  /** SHA-256 of the evidence, which the reporter keeps for the auditor, hex. */
  readonly evidence: string;
  readonly reporter: Reporter;
  /** By a certificate's key: P-256; by a provider or an organisation: Ed25519. 64 bytes hex. */
  readonly signature: string;
}

export const decodeMisbehaviourReport: Decoder<MisbehaviourReport> = object<MisbehaviourReport>({
  subject: decodeSubjectId,
  kind: oneOf(...(Object.keys(MISBEHAVIOUR) as Misbehaviour[])),
  day: integer(0, 0xffffffff),
  evidence: hex(32),
  reporter: object<Reporter>({ by: oneOf('certificate', 'provider', 'organisation'), name: decodeName }),
  signature: decodeSignature,
});

function reportParts({ subject, kind, day, evidence, reporter }: Omit<MisbehaviourReport, 'signature'>): Uint8Array[] {
  const by = [utf8(reporter.by), utf8(reporter.name)];
  return [fromHex(subject, SUBJECT_ID_BYTES), utf8(kind), u64(day), fromHex(evidence, 32), ...by];
}

export const reportStatement = (report: Omit<MisbehaviourReport, 'signature'>): Statement => ({
  tag: 'report',
  parts: reportParts(report),
});
export const reportBytes = (ctx: Uint8Array, report: Omit<MisbehaviourReport, 'signature'>): Buffer =>
  authenticationBytes('report', ctx, ...reportParts(report));

/** The value under `reputation:<id>`. */
export interface Reputation {
  readonly value: number;
  /** Day of the last report. */
  readonly day: number;
  /** Reports in all. */
  readonly reports: number;
  /** By organisation: what its reports took since its window began. */
  readonly losses: Readonly<Record<string, { readonly since: number; readonly taken: number }>>;
}

const day = integer(0, 0xffffffff);
export const decodeReputation: Decoder<Reputation> = object<Reputation>({
  value: integer(0, REPUTATION.initial),
  day,
  reports: integer(1),
  losses: dictionary(
    object<{ since: number; taken: number }>({ since: day, taken: integer(0, REPUTATION.initial) }),
    256,
  ),
});
