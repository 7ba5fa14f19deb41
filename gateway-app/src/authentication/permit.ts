import { type AuthenticationKey } from '@chargecast/protocol';

import { type Certificates } from './certificates';
import { ensureTimely } from './clock';
import { insistOn } from './errors';
import { decodePermit, encodePermit, type Permit, permitHead } from './messages';
import { holdsHandshake, signHandshake } from './signatures';

/** The handshake a permit is for. */
export interface Judged {
  /** Transcript hash the vehicle signed for the provider. */
  readonly offerHash: Uint8Array;
  /** Transcript hash up to the vehicle's whole proof. */
  readonly proofHash: Uint8Array;
}

/** @param key the provider's; @param ctx of the network; times in Unix seconds */
export function givePermit(
  key: AuthenticationKey,
  ctx: Uint8Array,
  { offerHash, proofHash, time, until, commitment }: Omit<Permit, 'signature'>,
): Uint8Array {
  const permit = { offerHash, proofHash, time, until, commitment };
  return encodePermit({ ...permit, signature: signHandshake(key, ctx, 'permit', permitHead(permit)) });
}

/**
 * @param provider whose permit it must be
 * @param now Unix seconds
 * @returns the provider's commitment to the vehicle's certificate, 32 bytes
 * @throws AuthenticationError E_AUTH_MESSAGE, E_AUTH_SIGNATURE, E_AUTH_PERMIT, E_AUTH_CLOCK; CodedError E_CERTIFICATE_PROVIDER
 */
export async function checkPermit(
  bytes: Uint8Array,
  provider: string,
  certificates: Certificates,
  asked: Judged,
  now: number,
): Promise<Uint8Array> {
  const permit = decodePermit(bytes);
  const key = await certificates.providerKey(provider);
  const signed = holdsHandshake(key, certificates.ctx, 'permit', permitHead(permit), permit.signature);
  insistOn(signed, 'E_AUTH_SIGNATURE', 'the permit is not that of the station’s provider');
  const same =
    Buffer.from(permit.offerHash).equals(asked.offerHash) && Buffer.from(permit.proofHash).equals(asked.proofHash);
  insistOn(same, 'E_AUTH_PERMIT', 'the permit was given for another handshake: begin anew');
  ensureTimely(permit.time, now);
  insistOn(now < permit.until, 'E_AUTH_PERMIT', 'the permit is over: begin anew');
  return permit.commitment;
}
