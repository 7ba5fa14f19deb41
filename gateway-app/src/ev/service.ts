import { CodedError } from '../common/errors';
import type { Handlers } from '../rpc';
import type { Vehicle } from './vehicle';

/** The Vehicle service of proto/chargecast.proto: orders of whoever operates this process's vehicles, and of nobody else. */
export function vehicleService(vehicles: ReadonlyMap<string, Vehicle>, own: string): Handlers<'Vehicle'> {
  const operated = (name: string, caller: string): Vehicle => {
    const vehicle = caller === own ? vehicles.get(name) : undefined;
    if (!vehicle) throw new CodedError('E_VEHICLE_UNKNOWN', 'this process operates no such vehicle for the caller');
    return vehicle;
  };
  return {
    async plugIn({ vehicle, pile }, { peer }) {
      return operated(vehicle, peer.name).plugIn(pile);
    },
    async report({ vehicle, powerWatts, energyWh }, { peer }) {
      await operated(vehicle, peer.name).report(powerWatts, energyWh);
      return {};
    },
    async unplug({ vehicle }, { peer }) {
      await operated(vehicle, peer.name).unplug();
      return {};
    },
    async *sessions({ vehicle }, { peer }) {
      yield* operated(vehicle, peer.name).sessions();
    },
    async owner({ vehicle }, { peer }) {
      const { ownerSecret: secret, salt, identity, certificate } = await operated(vehicle, peer.name).owner();
      return { secret, salt, identity: JSON.stringify(identity), certificate: JSON.stringify(certificate) };
    },
  };
}
