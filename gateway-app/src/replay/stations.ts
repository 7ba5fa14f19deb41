import { join } from 'node:path';

import { type Deployment } from '../deployment/deployment';
import { HOST } from '../deployment/host';
import { STATION_PASSWORDS } from '../deployment/role-configs';
import { pileAddresses } from '../deployment/role-places';
import { type EvseState, type PluggedVehicle } from '../stations';
import { HostedStations, type HostSettings, type StationHost } from './station-host';
import { StationProcess } from './station-process';
import { runningTimeline } from './timeline';

export interface ReplayStationsOptions {
  /** When the sessions' time begins, Unix seconds. */
  readonly start: number;
  readonly speed: number | 'max';
  /** In processes of their own, one for each process of piles. */
  readonly processes: boolean;
}

/** One simulated charging station for each pile, each on the clock of that pile's sessions. */
export class ReplayStations implements StationHost {
  /** By pile. */
  readonly #hosts: ReadonlyMap<string, StationHost>;

  private constructor(hosts: ReadonlyMap<string, StationHost>) {
    this.#hosts = hosts;
  }

  static async start(deployment: Deployment, options: ReplayStationsOptions): Promise<ReplayStations> {
    const hosts = new Map<string, StationHost>();
    const stations = new ReplayStations(hosts);
    try {
      for (const settings of settingsOf(deployment, options)) {
        const host = await (options.processes ? StationProcess.start(settings) : HostedStations.start(settings()));
        for (const pile of settings().piles) hosts.set(pile, host);
      }
      return stations;
    } catch (error) {
      await stations.stop();
      throw error;
    }
  }

  /** Those that can be killed. */
  get processes(): readonly StationProcess[] {
    return this.#all().filter((host) => host instanceof StationProcess);
  }

  now(pile: string): Promise<number> {
    return this.#host(pile).now(pile);
  }

  reach(pile: string, at: number): Promise<void> {
    return this.#host(pile).reach(pile, at);
  }

  evse(pile: string): Promise<EvseState> {
    return this.#host(pile).evse(pile);
  }

  plugIn(pile: string, vehicle: PluggedVehicle): Promise<void> {
    return this.#host(pile).plugIn(pile, vehicle);
  }

  unplug(pile: string): Promise<void> {
    return this.#host(pile).unplug(pile);
  }

  /** Of stations that were killed, since. */
  async meterValues(): Promise<number> {
    const counts = await Promise.all(this.#all().map((host) => host.meterValues()));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#all().map((host) => host.stop()));
  }

  #host(pile: string): StationHost {
    return this.#hosts.get(pile) as StationHost;
  }

  #all(): StationHost[] {
    return [...new Set(this.#hosts.values())];
  }
}

/** For each process of piles; asked again, with the time as it then is. */
function settingsOf(deployment: Deployment, options: ReplayStationsOptions): (() => HostSettings)[] {
  const { layout, manifest, places } = deployment;
  const { start, speed, processes } = options;
  const piles = new Map<string, string[]>();
  for (const [pile, address] of pileAddresses(manifest)) {
    const [process] = address.split('/') as [string];
    piles.set(process, [...(piles.get(process) ?? []), pile]);
  }
  const clock = speed === 'max' ? undefined : runningTimeline(start, speed).clock('');
  return [...piles].map(([process, own]) => () => ({
    piles: own,
    url: `ws://${HOST}:${places.find(({ name }) => name === process)?.stationPort}`,
    passwords: join(layout.role(process), STATION_PASSWORDS),
    start: clock ? clock.now() / 1000 : start,
    speed,
    ...(processes ? { data: join(layout.stations, process) } : {}),
  }));
}
