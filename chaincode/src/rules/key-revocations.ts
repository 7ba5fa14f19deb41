/** revokePK: by the provider that issued, the owner, or a majority; for ever. */
import {
  type Certificate,
  certificateStatus,
  type CertificateStatus,
  keyRevocationBytes,
  keyRevocationKey,
  keyRevocationStatement,
  type KeyRevocation,
  ProtocolError,
  type RevokedKey,
  type Revoker,
  suffices,
  verifyAuthentication,
} from '@chargecast/protocol';
import { fromHex } from '@chargecast/signcryption/bytes';
import { type Params } from '@chargecast/signcryption/params';
import { type WorldState } from '../state';
import { readKeyRevocation, registeredCertificate } from './certificates';
import { organisationTally, signedBy } from './governance';
import { readProvider } from './providers';
import { readRevocation } from './revocation';

/** On whose word the revocation counts. Throws `E_AUTHORITY`. */
export async function revokerOf(
  state: WorldState,
  params: Params,
  revocation: KeyRevocation,
  { provider: name, owner }: Certificate,
): Promise<Revoker> {
  const statement = keyRevocationStatement(revocation);
  const { authority } = revocation;
  const bytes = keyRevocationBytes(params.ctx, revocation);
  const byOwner = authority.some(
    ({ by, signature }) => by === 'holder' && verifyAuthentication(owner, bytes, signature),
  );
  if (byOwner) return 'owner';
  const provider = await readProvider(state, name);
  if (provider && signedBy(params, statement, authority, 'provider', fromHex(provider.key, 32), name))
    return 'provider';
  const count = organisationTally(params, statement, authority);
  if (suffices(count)) return 'organisations';
  throw new ProtocolError(
    'E_AUTHORITY',
    `a key is revoked by its owner, by ${name}, or by ${count.needed} organisations (${count.given} signatures hold)`,
  );
}

/** A later revocation only counts where it takes effect earlier. Throws `E_NOT_REGISTERED`, `E_AUTHORITY`. */
export async function putKeyRevocation(
  state: WorldState,
  params: Params,
  time: number,
  revocation: KeyRevocation,
): Promise<RevokedKey | undefined> {
  const certificate = await registeredCertificate(state, revocation.id);
  const standing = await readKeyRevocation(state, revocation.id);
  if (standing && standing.effective <= revocation.effective) return undefined;
  const by = await revokerOf(state, params, revocation, certificate);
  const revoked: RevokedKey = { ...revocation, by, at: time };
  await state.putJson(keyRevocationKey(revocation.id), revoked);
  return revoked;
}

export async function statusOf(state: WorldState, certificate: Certificate, at: number): Promise<CertificateStatus> {
  const revoked = await readKeyRevocation(state, certificate.id);
  const provider = await readRevocation(state, 'provider', certificate.provider);
  return certificateStatus(certificate, revoked?.effective, provider?.body.effective, at);
}
