/** What every attack on the handshake starts from: two stations, a vehicle and a provider of one consortium. */
import { type Admissions } from '../admissions';
import { type StationHandshake } from '../station-handshake';
import { type VehicleHandshake } from '../vehicle-handshake';
import { ConsortiumScene, type Member } from './consortium-scene';

/** A handshake whose proof the provider has not been asked about yet. */
export interface Halfway {
  readonly one: VehicleHandshake;
  readonly other: StationHandshake;
  readonly proof: Uint8Array;
  readonly request: Uint8Array;
}

export interface AttackScene {
  readonly scene: ConsortiumScene;
  readonly vehicle: Member;
  readonly station: Member;
  readonly otherStation: Member;
  readonly admissions: Admissions;
}

/** @param seed same keys for the same seed */
export async function attackScene(seed: string): Promise<AttackScene> {
  const scene = new ConsortiumScene(seed);
  return {
    scene,
    vehicle: await scene.member('vehicle', 'V1'),
    station: await scene.member('pile', 'cp1/P1'),
    otherStation: await scene.member('pile', 'cp2/P1'),
    admissions: scene.admissions('esp1'),
  };
}

export async function halfway(scene: ConsortiumScene, from: Member, to: Member): Promise<Halfway> {
  const one = scene.vehicle(from, to);
  const other = scene.station(to, one.hello);
  const proof = await one.prove(other.offer);
  return { one, other, proof, request: (await other.prove(proof)).request };
}

/** The code an attempt was refused with, or `accepted`. */
export async function refusal(attempt: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof attempt === 'function' ? attempt() : attempt);
    return 'accepted';
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
}
