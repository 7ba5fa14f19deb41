import { readPassword } from '../station';
import { type EvseState, keptTimes, type PluggedVehicle, type SimulatedStation, StationFleet } from '../stations';
import { openStore, type Store } from '../store';
import { runningTimeline, steppedTimeline, type Timeline } from './timeline';

/** The simulated stations of one process of piles, wherever they run. */
export interface StationHost {
  /** By the clock of that pile's station, Unix seconds. */
  now(pile: string): Promise<number>;
  /** Resolves when that clock shows the moment or a later one. @param at Unix seconds */
  reach(pile: string, at: number): Promise<void>;
  /** The pile's one charging point; what it tells outlives the station. */
  evse(pile: string): Promise<EvseState>;
  plugIn(pile: string, vehicle: PluggedVehicle): Promise<void>;
  /** Ends the transaction, if one runs. */
  unplug(pile: string): Promise<void>;
  /** That the piles' agent has acknowledged. */
  meterValues(): Promise<number>;
  stop(): Promise<void>;
}

/** All a process needs to run them; JSON. */
export interface HostSettings {
  readonly piles: readonly string[];
  /** Where the piles' agent listens. */
  readonly url: string;
  /** Folder of the passwords they log on with. */
  readonly passwords: string;
  /** When their clocks begin, Unix seconds, and how they go on. */
  readonly start: number;
  readonly speed: number | 'max';
  /** Folder of their disk; they forget everything with their process if absent. */
  readonly data?: string;
}

/** Seconds of a station's own time between two meter values. */
const METER_SECONDS = 21_600;
const EVSE = 1;
const CALL_MS = 30_000;
const RECONNECT_MS = 200;

/** Stations in this process. What a call did is on their disk, where they have one, before it is answered. */
export class HostedStations implements StationHost {
  readonly #fleet: StationFleet;
  readonly #timeline: Timeline;
  readonly #store: Store | undefined;
  readonly #stopping: AbortController;

  private constructor(fleet: StationFleet, timeline: Timeline, store: Store | undefined, stopping: AbortController) {
    this.#fleet = fleet;
    this.#timeline = timeline;
    this.#store = store;
    this.#stopping = stopping;
  }

  static async start({ piles, url, passwords, start, speed, data }: HostSettings): Promise<HostedStations> {
    const timeline = speed === 'max' ? steppedTimeline(start) : runningTimeline(start, speed);
    const stopping = new AbortController();
    const store = data === undefined ? undefined : await openStore(data);
    for (const [pile, at] of store ? await keptTimes(store) : []) {
      await timeline.reach(pile, at / 1000, stopping.signal);
    }
    const fleet = await StationFleet.start({
      names: piles,
      url,
      password: (name) => readPassword(passwords, name),
      clock: (name) => timeline.clock(name),
      meterSeconds: METER_SECONDS,
      callMs: CALL_MS,
      reconnectMs: RECONNECT_MS,
      ...(store ? { store } : {}),
    });
    return new HostedStations(fleet, timeline, store, stopping);
  }

  async now(pile: string): Promise<number> {
    return this.#timeline.clock(pile).now() / 1000;
  }

  async reach(pile: string, at: number): Promise<void> {
    await this.#timeline.reach(pile, at, this.#stopping.signal);
    await this.#keep(pile);
  }

  async evse(pile: string): Promise<EvseState> {
    const found = this.#station(pile).evse(EVSE);
    await this.#keep(pile);
    return found;
  }

  async plugIn(pile: string, vehicle: PluggedVehicle): Promise<void> {
    this.#station(pile).plugIn(EVSE, vehicle);
    await this.#keep(pile);
  }

  async unplug(pile: string): Promise<void> {
    this.#station(pile).unplug(EVSE);
    await this.#keep(pile);
  }

  async meterValues(): Promise<number> {
    return this.#fleet.meterValues;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#fleet.stop();
    await this.#store?.close();
  }

  async #keep(pile: string): Promise<void> {
    if (this.#store) await this.#station(pile).keep();
  }

  #station(pile: string): SimulatedStation {
    return this.#fleet.stations.get(pile) as SimulatedStation;
  }
}
