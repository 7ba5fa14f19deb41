import { type ProcessRole } from '@chargecast/network';

import { type Consortium } from './consortium';
import { type Manifest } from './manifest';

/** One role process of a deployment. */
export interface RolePlace {
  readonly role: ProcessRole;
  readonly name: string;
  readonly port: number;
  /** Where its piles' charging stations connect, if they have any. */
  readonly stationPort?: number;
  /** Where it serves people, if it does. */
  readonly restPort?: number;
  /** Has a certificate and is known to the others, but is run by somebody else. */
  readonly guest: boolean;
}

/** A process beside the deployment's own: an operator's experiment, or an attacker of the demo. */
export interface Guest {
  readonly role: ProcessRole;
  readonly name: string;
}

/** Roles that people reach over HTTPS. */
const SERVES_PEOPLE: readonly ProcessRole[] = ['css', 'kgc', 'esp', 'csc'];

export interface PlaceOptions {
  readonly guests?: readonly Guest[];
  /** First port of those who serve people; nobody does without one. */
  readonly firstRestPort?: number;
}

/** Who runs: gateways, key centre, providers, companies, then piles and vehicles in one process for each gateway. */
export function rolePlaces(
  { topology }: Pick<Consortium, 'topology'>,
  manifest: Manifest,
  firstPort: number,
  { guests = [], firstRestPort }: PlaceOptions = {},
): RolePlace[] {
  const gateways = topology.organisations.map(({ name }) => name);
  const names: [ProcessRole, readonly string[]][] = [
    ['css', gateways],
    ['kgc', ['kgc']],
    ['esp', manifest.fleet.providers],
    ['csc', manifest.fleet.cscs],
    ['cp', pileProcesses(manifest).map(({ name }) => name)],
    ['ev', ['ev1']],
  ];
  const own = names.flatMap(([role, all]) => all.map((name) => ({ role, name, guest: false })));
  const all = [...own, ...guests.map((guest) => ({ ...guest, guest: true }))];
  const servers = firstRestPort === undefined ? [] : own.filter(({ role }) => SERVES_PEOPLE.includes(role));
  const withStations = manifest.charging ? all.filter(({ role }) => role === 'cp') : [];
  return all.map((place, index) => {
    const station = withStations.indexOf(place);
    const server = servers.findIndex(({ name }) => name === place.name);
    return {
      ...place,
      port: firstPort + index,
      ...(station < 0 ? {} : { stationPort: firstPort + all.length + station }),
      ...(server < 0 || firstRestPort === undefined ? {} : { restPort: firstRestPort + server }),
    };
  });
}

/** How many neighbouring ports these places take, those for people left out. */
export function portsOf(places: readonly RolePlace[]): number {
  return places.length + places.filter(({ stationPort }) => stationPort !== undefined).length;
}

/** How many neighbouring ports those for people are. */
export function restPortsOf(places: readonly RolePlace[]): number {
  return places.filter(({ restPort }) => restPort !== undefined).length;
}

export interface PileProcess {
  readonly name: string;
  readonly css: string;
  readonly piles: readonly string[];
}

export function pileProcesses({ fleet }: Manifest): PileProcess[] {
  return [...new Set(fleet.piles.map(({ css }) => css))].sort().map((css) => ({
    name: css.replace(/^css/, 'cp'),
    css,
    piles: fleet.piles.filter((pile) => pile.css === css).map(({ name }) => name),
  }));
}

/** How the vehicles' process addresses a pile: `<process>/<pile>`. */
export function pileAddresses(manifest: Manifest): Map<string, string> {
  return new Map(pileProcesses(manifest).flatMap(({ name, piles }) => piles.map((pile) => [pile, `${name}/${pile}`])));
}

/** The provider that vouches for a process of piles: one after the other, so that vehicles of every provider roam. */
export function providerOfStation(
  { manifest, places }: { readonly manifest: Manifest; readonly places: readonly RolePlace[] },
  station: string,
): string {
  const { providers } = manifest.fleet;
  const stations = places.filter(({ role }) => role === 'cp').map(({ name }) => name);
  return providers[stations.indexOf(station) % providers.length] as string;
}
