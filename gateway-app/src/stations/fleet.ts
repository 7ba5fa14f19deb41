import { fromJson, type Store, toJson } from '../store';
import { GroupCommit } from '../store/group-commit';
import { type Clock } from './clock';
import { SimulatedStation, type StationOptions, type StationState } from './station';

export interface FleetOptions extends Omit<StationOptions, 'name' | 'password' | 'clock' | 'state' | 'save'> {
  readonly names: readonly string[];
  /** Of all stations, or of each. */
  readonly clock: Clock | ((name: string) => Clock);
  readonly password: (name: string) => Promise<string>;
  /** Keeps what the stations must know after their power was cut; they forget everything if absent. */
  readonly store?: Store;
}

/** Until when, by its clock, each station of a former process lived, Unix milliseconds. */
export async function keptTimes(store: Store): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  for await (const { key, value } of store.entries()) times.set(key, fromJson<StationState>(value).at);
  return times;
}

/** Until when the last of them lived; 0 if none did. */
export async function keptUntil(store: Store): Promise<number> {
  return Math.max(0, ...(await keptTimes(store)).values());
}

/** Many simulated stations in one process. */
export class StationFleet {
  readonly stations: ReadonlyMap<string, SimulatedStation>;

  private constructor(stations: ReadonlyMap<string, SimulatedStation>) {
    this.stations = stations;
  }

  /** Resolves when every station has begun to connect. @throws what `password` throws */
  static async start({ names, password, clock, store, ...options }: FleetOptions): Promise<StationFleet> {
    const passwords = await Promise.all(names.map(password));
    const keep = store && { store, writes: new GroupCommit(store) };
    const stations = new Map<string, SimulatedStation>();
    for (const [at, name] of names.entries()) {
      const kept = await keep?.store.get(name);
      const save =
        keep &&
        ((state: StationState): Promise<void> =>
          keep.writes.commit((batch) => batch.put(keep.store, name, toJson(state))));
      stations.set(
        name,
        SimulatedStation.start({
          ...options,
          name,
          clock: typeof clock === 'function' ? clock(name) : clock,
          password: passwords[at] as string,
          ...(kept ? { state: fromJson<StationState>(kept) } : {}),
          ...(save ? { save } : {}),
        }),
      );
    }
    return new StationFleet(stations);
  }

  /** Stations connected and booted. */
  get online(): number {
    return this.#all().filter(({ isOnline }) => isOnline).length;
  }

  /** Messages not delivered yet. */
  get waiting(): number {
    return this.#all().reduce((sum, { waiting }) => sum + waiting, 0);
  }

  /** Meter values their agents have acknowledged. */
  get meterValues(): number {
    return this.#all().reduce((sum, { meterValues }) => sum + meterValues, 0);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#all().map((station) => station.stop()));
  }

  #all(): SimulatedStation[] {
    return [...this.stations.values()];
  }
}
