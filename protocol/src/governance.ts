/**
 * Governance items: what every organisation must agree on before it judges σ. Each carries its authority's signatures,
 * so that anyone may carry the same bytes to both channels.
 */
import { fromHex, u64, u8, utf8 } from '@chargecast/signcryption/bytes';
import { parseLimits, type Limits } from '@chargecast/signcryption/limits';
import { decodeName, decodeSignature, MAX_SIGNATURES, type Statement } from './authority';
import { ProtocolError } from './errors';
import {
  array,
  canonicalJson,
  hex,
  integer,
  type Json,
  jsonObject,
  object,
  oneOf,
  optional,
  type Decoder,
} from './json';
import { type RevokedKind, type VersionedKind } from './keys';
import { PSEUDONYM_BYTES } from './reports';

/** Who signed: a pinned organisation (`name`: MSP id), the KGC, a provider (`name`), or the key's own holder. */
export interface Authority {
  readonly by: 'organisation' | 'kgc' | 'provider' | 'holder';
  readonly name?: string;
  readonly signature: string;
}

export interface AcceptedEpoch {
  readonly epoch: number;
  /** Unix seconds after which the epoch is no longer accepted; absent while it is open. */
  readonly closeAt?: number;
}

export interface Epochs {
  /** The epoch new records and slot heads belong to; the highest accepted. */
  readonly current: number;
  /** Ascending. */
  readonly accepted: readonly AcceptedEpoch[];
}

export const REVOCATION_REASONS = ['compromised', 'lost', 'superseded', 'ceased', 'misbehaved'] as const;
export type RevocationReason = (typeof REVOCATION_REASONS)[number];
export const decodeReason: Decoder<RevocationReason> = oneOf(...REVOCATION_REASONS);

export interface Revocation {
  /** Y (32 bytes) or f (16 bytes) in hex, or a provider's name. */
  readonly subject: string;
  /** From a fixed list: free text could name somebody. */
  readonly reason: RevocationReason;
  /** Unix seconds from which it takes effect. */
  readonly effective: number;
}

interface Versioned<K extends VersionedKind, B> {
  readonly kind: K;
  /** Exactly one more than the version in force. */
  readonly version: number;
  readonly body: B;
  readonly authority: readonly Authority[];
}

/** `body` is the document of `encodeLimits`, as an object. */
export type LimitsItem = Versioned<'limits', Readonly<Record<string, Json>>>;
export type EpochsItem = Versioned<'epochs', Epochs>;
export type VersionedItem = LimitsItem | EpochsItem;

export type RevocationItemKind = 'revokedCredential' | 'revokedRecord' | 'revokedProvider';
export interface RevocationItem {
  readonly kind: RevocationItemKind;
  readonly body: Revocation;
  readonly authority: readonly Authority[];
}

/** One-time keys of one holder at once: what is left of a batch when its holder is revoked. */
export interface CredentialsRevocation {
  readonly kind: 'revokedCredentials';
  readonly body: Omit<Revocation, 'subject'> & {
    /** Y in hex, ascending, 1 to {@link MAX_REVOKED_CREDENTIALS} of them. */
    readonly subjects: readonly string[];
  };
  readonly authority: readonly Authority[];
}

/** As many as one batch of one-time keys may hold at a KGC with default settings. */
export const MAX_REVOKED_CREDENTIALS = 512;

export type GovernanceItem = VersionedItem | RevocationItem | CredentialsRevocation;

/** What `broadcast:init` takes: the first versions. */
export interface GenesisGovernance {
  readonly limits: LimitsItem;
  readonly epochs: EpochsItem;
}

const authority: Decoder<Authority> = object<Authority>({
  by: oneOf('organisation', 'kgc', 'provider', 'holder'),
  name: optional(decodeName),
  signature: decodeSignature,
});
export const decodeAuthorities: Decoder<Authority[]> = array(authority, MAX_SIGNATURES);
const version = integer(1, 0xffffffff);
const seconds = integer(0);

const acceptedEpoch: Decoder<AcceptedEpoch> = object<AcceptedEpoch>({ epoch: integer(1), closeAt: optional(seconds) });

/** Checks the shape, the order, and that the current epoch is the highest accepted and open. */
export const decodeEpochs: Decoder<Epochs> = (value, at) => {
  const epochs = object<Epochs>({ current: integer(1), accepted: array(acceptedEpoch, 16, 1) })(value, at);
  const { accepted, current } = epochs;
  const ascending = accepted.every(({ epoch }, i) => i === 0 || epoch > (accepted[i - 1] as AcceptedEpoch).epoch);
  const last = accepted[accepted.length - 1] as AcceptedEpoch;
  if (!ascending || last.epoch !== current || last.closeAt !== undefined) {
    throw new ProtocolError('E_DECODE', `${at}.accepted must ascend to the current epoch, which has no closeAt`);
  }
  return epochs;
};

const limitsItem = object<LimitsItem>({
  kind: oneOf('limits'),
  version,
  body: jsonObject,
  authority: decodeAuthorities,
});
const epochsItem = object<EpochsItem>({
  kind: oneOf('epochs'),
  version,
  body: decodeEpochs,
  authority: decodeAuthorities,
});

export const decodeLimitsItem: Decoder<LimitsItem> = (value, at) => {
  const item = limitsItem(value, at);
  if (itemLimits(item).version !== item.version) {
    throw new ProtocolError('E_DECODE', `${at}.body.version must equal ${at}.version`);
  }
  return item;
};
export const decodeEpochsItem: Decoder<EpochsItem> = epochsItem;

const SUBJECTS: Record<RevokedKind, Decoder<string>> = {
  credential: hex(32),
  record: hex(PSEUDONYM_BYTES),
  provider: decodeName,
};

const REVOKED_KINDS: Record<RevocationItemKind, RevokedKind> = {
  revokedCredential: 'credential',
  revokedRecord: 'record',
  revokedProvider: 'provider',
};

export const revokedKind = (kind: RevocationItemKind): RevokedKind => REVOKED_KINDS[kind];

export const decodeRevocationItem =
  (kind: RevocationItemKind): Decoder<RevocationItem> =>
  (value, at) =>
    object<RevocationItem>({
      kind: oneOf(kind),
      body: object<Revocation>({
        subject: SUBJECTS[revokedKind(kind)],
        reason: decodeReason,
        effective: seconds,
      }),
      authority: decodeAuthorities,
    })(value, at);

const credentialsRevocation: Decoder<CredentialsRevocation> = object<CredentialsRevocation>({
  kind: oneOf('revokedCredentials'),
  body: object<CredentialsRevocation['body']>({
    subjects: array(hex(32), MAX_REVOKED_CREDENTIALS, 1),
    reason: decodeReason,
    effective: seconds,
  }),
  authority: decodeAuthorities,
});

/** Checks the shape, and that the keys ascend, so that none stands twice and one list has one encoding. */
export const decodeCredentialsRevocation: Decoder<CredentialsRevocation> = (value, at) => {
  const item = credentialsRevocation(value, at);
  const { subjects } = item.body;
  if (subjects.some((subject, i) => i > 0 && subject <= (subjects[i - 1] as string))) {
    throw new ProtocolError('E_DECODE', `${at}.body.subjects must ascend and hold each key once`);
  }
  return item;
};

const ITEMS: Record<GovernanceItem['kind'], Decoder<GovernanceItem>> = {
  limits: decodeLimitsItem,
  epochs: decodeEpochsItem,
  revokedCredential: decodeRevocationItem('revokedCredential'),
  revokedRecord: decodeRevocationItem('revokedRecord'),
  revokedProvider: decodeRevocationItem('revokedProvider'),
  revokedCredentials: decodeCredentialsRevocation,
};

export const decodeGovernanceItem: Decoder<GovernanceItem> = (value, at) => {
  const { kind } = jsonObject(value, at);
  return ITEMS[oneOf(...(Object.keys(ITEMS) as GovernanceItem['kind'][]))(kind, `${at}.kind`)](value, at);
};

export const decodeGenesisGovernance: Decoder<GenesisGovernance> = object<GenesisGovernance>({
  limits: decodeLimitsItem,
  epochs: decodeEpochsItem,
});

/** The limits an item carries. Throws `E_LIMITS`. */
export const itemLimits = (item: LimitsItem): Limits => parseLimits(JSON.stringify(item.body));

export const isRevocation = (item: GovernanceItem): item is RevocationItem => Object.hasOwn(REVOKED_KINDS, item.kind);

const REVOCATION_CODES: Record<RevocationItemKind, number> = {
  revokedRecord: 1,
  revokedCredential: 2,
  revokedProvider: 3,
};
/** 4 revokes a certificate: key-status.ts. */
const CREDENTIALS_CODE = 5;

/** What the authority of an item signs; `authority` itself is not part of it. */
export function governanceStatement(
  item: Omit<VersionedItem, 'authority'> | Omit<RevocationItem, 'authority'> | Omit<CredentialsRevocation, 'authority'>,
): Statement {
  if ('version' in item) {
    return { tag: 'gov', parts: [utf8(item.kind), u64(item.version), utf8(canonicalJson(item.body as Json))] };
  }
  if (item.kind === 'revokedCredentials') {
    const { subjects, reason, effective } = item.body;
    return { tag: 'rev', parts: [u8(CREDENTIALS_CODE), fromHex(subjects.join('')), utf8(reason), u64(effective)] };
  }
  const { subject, reason, effective } = item.body;
  const key = item.kind === 'revokedProvider' ? utf8(subject) : fromHex(subject);
  return { tag: 'rev', parts: [u8(REVOCATION_CODES[item.kind]), key, utf8(reason), u64(effective)] };
}
