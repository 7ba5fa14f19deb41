/**
 * What a holder of a P-256 key signs in its browser: reads of the chain, and an owner's words on who may read. The bytes are
 * those of docs/ledger.md ("What is signed"): u32le(length) ‖ part for "CHARGECAST-P256/1", the tag, the network's ctx and
 * each part; signatures are r ‖ s with s in the lower half, hex.
 */
import { concat, fromHex, toHex, u32, u64, u8, utf8 } from '@chargecast/signcryption/bytes';
import { p256 } from '@noble/curves/nist.js';

export const SCOPES = ['charging', 'maintenance', 'fuel', 'safety', 'drive'] as const;
export type Scope = (typeof SCOPES)[number];
export const GRANTEE_KINDS = ['thirdParty', 'driver', 'carmaker'] as const;
export type GranteeKind = (typeof GRANTEE_KINDS)[number];

/** What an owner's ID is made of; shown with whatever the owner signs. */
export interface OwnerProof {
  readonly role: 'vehicle' | 'pile';
  readonly provider: string;
  /** P-256 point, 65 bytes hex. */
  readonly owner: string;
  /** 32 bytes hex. */
  readonly commitment: string;
}

export interface ReadRequest {
  readonly subject: string;
  readonly scope: Scope;
  /** Unix seconds. */
  readonly at: number;
  readonly key: string;
  readonly owner?: OwnerProof;
  readonly signature: string;
}

/** An owner's word on one of its vehicles and one party. */
export interface Withdrawal {
  readonly grantor: OwnerProof & { readonly by: 'owner' };
  readonly subject: string;
  readonly party: string;
  /** Greater than every version before. */
  readonly version: number;
  readonly signature: string;
}

export interface Grant extends Withdrawal {
  readonly kind: GranteeKind;
  readonly scopes: readonly Scope[];
  /** Unix seconds. */
  readonly until: number;
}

type Unsigned<T> = Omit<T, 'signature'>;
type Tag = 'grant' | 'read';

export function readRequestBytes(
  ctx: Uint8Array,
  { subject, scope, at, key }: Pick<ReadRequest, 'subject' | 'scope' | 'at' | 'key'>,
): Uint8Array {
  return statement('read', ctx, fromHex(subject), utf8(scope), u64(at), fromHex(key));
}

export function grantBytes(ctx: Uint8Array, word: Unsigned<Grant>): Uint8Array {
  const { kind, scopes, until, version } = word;
  const terms = [utf8(kind), utf8([...scopes].sort().join(',')), u64(until), u64(version)];
  return statement('grant', ctx, u8(1), ...target(word), ...terms);
}

export const withdrawalBytes = (ctx: Uint8Array, word: Unsigned<Withdrawal>): Uint8Array =>
  statement('grant', ctx, u8(2), ...target(word), u64(word.version));

function target({ grantor, subject, party }: Unsigned<Withdrawal>): Uint8Array[] {
  const { role, provider, owner, commitment } = grantor;
  const proof = [utf8('owner'), utf8(role), utf8(provider), fromHex(owner), fromHex(commitment)];
  return [...proof, utf8(subject), utf8(party)];
}

function statement(tag: Tag, ctx: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const framed = [utf8('CHARGECAST-P256/1'), utf8(tag), ctx, ...parts].flatMap((part) => [u32(part.length), part]);
  return concat(...framed);
}

/** @param secret P-256 scalar, 32 bytes hex @returns the point, 65 bytes hex */
export const publicKeyOf = (secret: string): string => toHex(p256.getPublicKey(fromHex(secret, 32), false));

/** @returns r ‖ s, 64 bytes hex */
export const signed = (secret: string, message: Uint8Array): string =>
  toHex(p256.sign(message, fromHex(secret, 32), { lowS: true }));
