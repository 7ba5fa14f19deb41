import { join } from 'node:path';

import { KeyedLock } from '../common/keyed-lock';
import { type Deployment } from '../deployment/deployment';
import { HOST } from '../deployment/ports';
import { pileAddresses, STATION_PASSWORDS } from '../deployment/role-configs';
import { readPassword } from '../station';
import { type Clock, type EvseState, type PluggedVehicle, SimulatedStation, type StationState } from '../stations';
import { type Timeline } from './timeline';

/** Seconds of a station's own time between two meter values. */
const METER_SECONDS = 21_600;
const EVSE = 1;
const CALL_MS = 30_000;
const RECONNECT_MS = 200;

/** One simulated charging station for each pile, on the clock of that pile's sessions. */
export class ReplayStations {
  readonly #deployment: Deployment;
  readonly #timeline: Timeline;
  readonly #stations = new Map<string, SimulatedStation>();
  /** What a station's own memory holds when its power is cut. */
  readonly #memory = new Map<string, StationState>();
  /** Meter values of stations that were switched off. */
  #meterValues = 0;
  /** Nobody plugs in or out while a station is being switched off and on: the cable would hang on the former one. */
  readonly #cables = new KeyedLock();

  private constructor(deployment: Deployment, timeline: Timeline) {
    this.#deployment = deployment;
    this.#timeline = timeline;
  }

  static async start(deployment: Deployment, timeline: Timeline): Promise<ReplayStations> {
    const stations = new ReplayStations(deployment, timeline);
    for (const { name } of deployment.manifest.fleet.piles) await stations.#start(name);
    return stations;
  }

  /** The pile's one charging point. */
  evse(pile: string): EvseState {
    return this.#station(pile).evse(EVSE);
  }

  /** Meter values the piles' agents have acknowledged. */
  get meterValues(): number {
    return [...this.#stations.values()].reduce((sum, { meterValues }) => sum + meterValues, this.#meterValues);
  }

  plugIn(pile: string, vehicle: PluggedVehicle): Promise<void> {
    return this.#cables.run(pile, async () => this.#station(pile).plugIn(EVSE, vehicle));
  }

  unplug(pile: string): Promise<void> {
    return this.#cables.run(pile, async () => this.#station(pile).unplug(EVSE));
  }

  /** Power off and on again: the station goes on from what it keeps, with another connection. */
  cutPower(pile: string): Promise<void> {
    return this.#cables.run(pile, async () => {
      await this.#station(pile).stop();
      this.#meterValues += this.#station(pile).meterValues;
      await this.#start(pile);
    });
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#stations.values()].map((station) => station.stop()));
  }

  #station(pile: string): SimulatedStation {
    return this.#stations.get(pile) as SimulatedStation;
  }

  async #start(pile: string): Promise<void> {
    const process = (pileAddresses(this.#deployment.manifest).get(pile) as string).split('/')[0] as string;
    const { layout } = this.#deployment;
    const port = this.#deployment.places.find(({ name }) => name === process)?.stationPort;
    const clock: Clock = this.#timeline.clock(pile);
    const state = this.#memory.get(pile);
    const station = SimulatedStation.start({
      name: pile,
      url: `ws://${HOST}:${port}`,
      password: await readPassword(join(layout.role(process), STATION_PASSWORDS), pile),
      clock,
      meterSeconds: METER_SECONDS,
      callMs: CALL_MS,
      reconnectMs: RECONNECT_MS,
      state,
      save: async (saved) => void this.#memory.set(pile, saved),
    });
    this.#stations.set(pile, station);
  }
}
