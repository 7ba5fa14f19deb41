import { fromHex, toHex } from '@chargecast/signcryption/bytes';
import { sha256 } from '@noble/hashes/sha2.js';

import {
  type Grant,
  grantBytes,
  type OwnerProof,
  publicKeyOf,
  type ReadRequest,
  readRequestBytes,
  type Scope,
  signed,
  type Withdrawal,
  withdrawalBytes,
} from './statements';

/** A file that is no key file, or holds another key than is needed. */
export class KeyFileError extends Error {
  readonly code = 'E_KEY_FILE';
}

/** Signs on the page what its holder wants; the secret stays in this object. */
export interface Signer {
  /** P-256 point, 65 bytes hex. */
  readonly publicKey: string;
  /** @param ctx of the network, hex @param now Unix seconds */
  readRequest(ctx: string, subject: string, scope: Scope, now: number): ReadRequest;
}

/** The owner of one vehicle. */
export interface OwnerSigner extends Signer {
  /** ID of the vehicle's certificate. */
  readonly subject: string;
  grant(ctx: string, terms: Pick<Grant, 'party' | 'kind' | 'scopes' | 'until' | 'version'>): Grant;
  withdraw(ctx: string, terms: Pick<Withdrawal, 'party' | 'version'>): Withdrawal;
}

/** @param text what `vehicle owner --out` or `esp register` wrote @throws KeyFileError */
export function ownerSigner(text: string): OwnerSigner {
  const file = parse(text);
  const secret = secretOf(file.ownerSecret, 'no owner’s key: take the file that `vehicle owner --out` wrote');
  const { subject, proof } = certified(file.certificate);
  if (publicKeyOf(secret) !== proof.owner) throw new KeyFileError('its key is not the owner’s of its certificate');
  const grantor = { by: 'owner', ...proof } as const;
  return {
    ...signer(secret, proof),
    subject,
    grant(ctx, terms) {
      const word = { grantor, subject, ...terms };
      return { ...word, signature: signed(secret, grantBytes(fromHex(ctx), word)) };
    },
    withdraw(ctx, { party, version }) {
      const word = { grantor, subject, party, version };
      return { ...word, signature: signed(secret, withdrawalBytes(fromHex(ctx), word)) };
    },
  };
}

/** @param text what `fleet key` wrote @throws KeyFileError */
export function readerSigner(text: string): Signer & { readonly party: string } {
  const own = signer(secretOf(parse(text).secret, 'no key: take the file that `fleet key` wrote'), undefined);
  return { ...own, party: partyOf(own.publicKey) };
}

/** How grants name who holds a key. */
export const partyOf = (publicKey: string): string => `key:${toHex(sha256(fromHex(publicKey))).slice(0, 32)}`;

function signer(secret: string, owner: OwnerProof | undefined): Signer {
  const publicKey = publicKeyOf(secret);
  return {
    publicKey,
    readRequest(ctx, subject, scope, at) {
      const body = { subject, scope, at, key: publicKey };
      const signature = signed(secret, readRequestBytes(fromHex(ctx), body));
      return { ...body, ...(owner && { owner }), signature };
    },
  };
}

interface KeyFile {
  readonly secret?: unknown;
  readonly ownerSecret?: unknown;
  readonly certificate?: unknown;
}

function parse(text: string): KeyFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new KeyFileError('this file is not JSON', { cause });
  }
  if ((value as { format?: unknown } | null)?.format !== 'chargecast-credential/1') {
    throw new KeyFileError('this is no key file of ChargeCast');
  }
  return value as KeyFile;
}

function secretOf(value: unknown, missing: string): string {
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return value;
  throw new KeyFileError(missing);
}

function certified(value: unknown): { readonly subject: string; readonly proof: OwnerProof } {
  const { id, provider, attributes, owner, commitment } = (value ?? {}) as Record<string, unknown>;
  const { role } = (attributes ?? {}) as { role?: unknown };
  if (![id, provider, owner, commitment].every((text) => typeof text === 'string')) {
    throw new KeyFileError('it holds no certificate: register the vehicle first');
  }
  if (role !== 'vehicle' && role !== 'pile')
    throw new KeyFileError('its certificate is neither a vehicle’s nor a pile’s');
  const proof = { role, provider, owner, commitment } as OwnerProof;
  return { subject: id as string, proof };
}
