import { Role } from '@chargecast/signcryption';
import { splitName } from '../holder';
import { type ReplicaView } from '../replica';
import { type Identities, type Identity, nameOf } from './identities';
import { type PluggedInVehicles } from './plugged-in';

/** The gateway a receiver's messages concern, or why there is none. */
export type Placement = { readonly mspId: string } | { readonly code: PlacementCode };

/**
 * | code | meaning |
 * |---|---|
 * | E_RECEIVER_UNKNOWN | nobody is enrolled under this pseudo-identity |
 * | E_RECORD_REVOKED | its record is revoked |
 * | E_NOT_PLUGGED_IN | the vehicle is at no pile: its messages wait at the sender |
 * | E_NO_GATEWAY | no CSS is configured for the pile or gateway |
 */
export type PlacementCode = 'E_RECEIVER_UNKNOWN' | 'E_RECORD_REVOKED' | 'E_NOT_PLUGGED_IN' | 'E_NO_GATEWAY';

export interface PlacementParts {
  readonly identities: Pick<Identities, 'find'>;
  readonly vehicles: Pick<PluggedInVehicles, 'pileOf'>;
  readonly replica: Pick<ReplicaView, 'isRecordRevoked'>;
  /** Name of each pile process → MSP id of its CSS. */
  readonly homes: Readonly<Record<string, string>>;
  /** Name of each CSS → its MSP id. */
  readonly gatewayNames: ReadonlyMap<string, string>;
}

/** f → where its holder is (first paper 4.2): a vehicle's pile, a pile's gateway, a gateway itself. */
export async function place(parts: PlacementParts, f: Uint8Array): Promise<Placement> {
  const identity = await parts.identities.find(f);
  if (identity === undefined) return { code: 'E_RECEIVER_UNKNOWN' };
  if (await parts.replica.isRecordRevoked(f)) return { code: 'E_RECORD_REVOKED' };
  if (identity.role !== Role.EV) return gatewayOf(parts, identity);
  const at = await parts.vehicles.pileOf(f);
  const pile = at && (await parts.identities.find(at));
  return pile === undefined ? { code: 'E_NOT_PLUGGED_IN' } : gatewayOf(parts, pile);
}

function gatewayOf({ homes, gatewayNames }: PlacementParts, identity: Identity): Placement {
  const { process } = splitName(nameOf(identity));
  const home = Object.hasOwn(homes, process) ? homes[process] : undefined;
  const mspId = identity.role === Role.CSS ? gatewayNames.get(process) : home;
  return mspId === undefined || identity.role === Role.CSC ? { code: 'E_NO_GATEWAY' } : { mspId };
}
