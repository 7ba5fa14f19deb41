/** Vehicles whose reports the data chain takes: it decides from what was written on it, and asks no other chain. */
import {
  certificateStatus,
  decodeFleetVehicle,
  decodeRevokedKey,
  fleetKey,
  fleetRevocationKey,
  type FleetVehicle,
  holds,
  type KeyRevocation,
  type Outcome,
  ProtocolError,
  systemKeyStatement,
  verifyCertificate,
} from '@chargecast/protocol';
import { fromHex } from '@chargecast/signcryption/bytes';
import { nodePrimitives } from '@chargecast/signcryption/primitives/node';
import { type LedgerContext } from '../ledger-contract';
import { type WorldState } from '../state';
import { revokerOf } from './key-revocations';
import { ensureProvider } from './providers';
import { readRevocation } from './revocation';
import { COMMITTED, refused } from './sigmas';

const readFleetVehicle = (state: WorldState, id: string): Promise<FleetVehicle | undefined> =>
  state.json(fleetKey(id), decodeFleetVehicle);

/** Throws `E_NOT_REGISTERED`. */
async function admittedVehicle(state: WorldState, id: string): Promise<FleetVehicle> {
  const vehicle = await readFleetVehicle(state, id);
  if (!vehicle) throw new ProtocolError('E_NOT_REGISTERED', 'no vehicle with this ID is admitted here; admit it first');
  return vehicle;
}

/** In order, each with an outcome; the same certificate again is committed, a newer version takes its place. */
export async function admitVehicles(
  ctx: LedgerContext,
  vehicles: readonly FleetVehicle[],
): Promise<({ vehicle: string } & Outcome)[]> {
  const outcomes: ({ vehicle: string } & Outcome)[] = [];
  const admitted = new Map<string, FleetVehicle>();
  for (const vehicle of vehicles) {
    const { id } = vehicle.certificate;
    try {
      if (await isNewer(ctx, vehicle, admitted.get(id) ?? (await readFleetVehicle(ctx.state, id)))) {
        await ctx.state.putJson(fleetKey(id), vehicle);
        admitted.set(id, vehicle);
      }
      outcomes.push({ vehicle: id, ...COMMITTED });
    } catch (error) {
      outcomes.push({ vehicle: id, ...refused(error) });
    }
  }
  return outcomes;
}

async function isNewer(ctx: LedgerContext, given: FleetVehicle, standing: FleetVehicle | undefined): Promise<boolean> {
  const { certificate } = given;
  if (standing?.certificate.signature === certificate.signature) return false;
  if (standing && certificate.version <= standing.certificate.version) {
    throw new ProtocolError(
      'E_CERTIFICATE_VERSION',
      `version ${standing.certificate.version} of this certificate stands; admit a later one`,
    );
  }
  await ensureIssued(ctx, given);
  await ensureInForce(ctx, certificate.id, given);
  return true;
}

/** Throws `E_CERTIFICATE`, `E_SYSTEM_KEY`, `E_PROVIDER_UNKNOWN`, `E_PROVIDER_REVOKED`. */
async function ensureIssued(
  { state, params, time }: LedgerContext,
  { certificate, systemKey }: FleetVehicle,
): Promise<void> {
  const { provider, attributes } = certificate;
  const { key } = await ensureProvider(state, provider, time);
  if (!holds(nodePrimitives, params, fromHex(key, 32), systemKeyStatement(systemKey), systemKey.signature)) {
    throw new ProtocolError('E_SYSTEM_KEY', 'the system key is not its provider’s; take the published one');
  }
  if (attributes.role !== 'vehicle' || !verifyCertificate(params.ctx, systemKey, certificate)) {
    throw new ProtocolError('E_CERTIFICATE', 'this is no vehicle’s certificate under that system key');
  }
}

/** Throws `E_CERTIFICATE_REVOKED`, `E_CERTIFICATE_EXPIRED`, `E_CERTIFICATE_TIME`, `E_PROVIDER_REVOKED`. */
async function ensureInForce({ state, time }: LedgerContext, id: string, { certificate }: FleetVehicle): Promise<void> {
  const revoked = await state.json(fleetRevocationKey(id), decodeRevokedKey);
  const provider = await readRevocation(state, 'provider', certificate.provider);
  const status = certificateStatus(certificate, revoked?.effective, provider?.body.effective, time);
  switch (status) {
    case 'valid':
      return;
    case 'revoked':
      throw new ProtocolError('E_CERTIFICATE_REVOKED', 'the vehicle’s ID is revoked for ever');
    case 'providerRevoked':
      throw new ProtocolError('E_PROVIDER_REVOKED', 'the vehicle’s provider is revoked');
    case 'expired':
      throw new ProtocolError('E_CERTIFICATE_EXPIRED', 'the certificate has expired; update it and admit the new one');
    case 'notYetValid':
      throw new ProtocolError('E_CERTIFICATE_TIME', 'the certificate is not valid yet');
  }
}

/** The certificate a report is judged by. Throws `E_NOT_REGISTERED` and what {@link ensureInForce} throws. */
export async function reportingVehicle(ctx: LedgerContext, id: string): Promise<FleetVehicle['certificate']> {
  const vehicle = await admittedVehicle(ctx.state, id);
  await ensureInForce(ctx, id, vehicle);
  return vehicle.certificate;
}

/**
 * The revocation of the certification chain, carried here: its vehicle reports no more. A later one only counts where it
 * takes effect earlier. Throws `E_NOT_REGISTERED`, `E_AUTHORITY`.
 */
export async function withdrawVehicle(
  { state, params, time }: LedgerContext,
  revocation: KeyRevocation,
): Promise<'committed' | 'unchanged'> {
  const { certificate } = await admittedVehicle(state, revocation.id);
  const standing = await state.json(fleetRevocationKey(revocation.id), decodeRevokedKey);
  if (standing && standing.effective <= revocation.effective) return 'unchanged';
  const by = await revokerOf(state, params, revocation, certificate);
  await state.putJson(fleetRevocationKey(revocation.id), { ...revocation, by, at: time });
  return 'committed';
}
