import { fromJson, type Store, toJson } from '../store';
import { GroupCommit } from '../store/group-commit';
import { SimulatedStation, type StationOptions, type StationState } from './station';

export interface FleetOptions extends Omit<StationOptions, 'name' | 'password' | 'state' | 'save'> {
  readonly names: readonly string[];
  readonly password: (name: string) => Promise<string>;
  /** Keeps what the stations must know after their power was cut; they forget everything if absent. */
  readonly store?: Store;
}

/** Until when, by their clock, the stations of a former process lived; 0 if none did. Unix milliseconds. */
export async function keptUntil(store: Store): Promise<number> {
  let latest = 0;
  for await (const { value } of store.entries()) latest = Math.max(latest, fromJson<StationState>(value).at);
  return latest;
}

/** Many simulated stations in one process. */
export class StationFleet {
  readonly stations: ReadonlyMap<string, SimulatedStation>;

  private constructor(stations: ReadonlyMap<string, SimulatedStation>) {
    this.stations = stations;
  }

  /** Resolves when every station has begun to connect. @throws what `password` throws */
  static async start({ names, password, store, ...options }: FleetOptions): Promise<StationFleet> {
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

  async stop(): Promise<void> {
    await Promise.all(this.#all().map((station) => station.stop()));
  }

  #all(): SimulatedStation[] {
    return [...this.stations.values()];
  }
}
