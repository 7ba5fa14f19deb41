import { fromJson, type Batch, type Store, toJson } from '../store';

/** Where a vehicle says it is. Pseudo-identities and ids in lower-case hex. */
export interface ChargingSession {
  readonly pile: string;
  readonly session: string;
  /** Unix seconds, as the vehicle reported it. */
  readonly since: number;
}

/** Open charging sessions by vehicle, from the vehicles' own signed reports; kept over restarts. */
export class Sessions {
  readonly #store: Store;
  readonly #open = new Map<string, ChargingSession>();

  private constructor(store: Store) {
    this.#store = store.sub('sessions', { hiddenKeys: true });
  }

  static async load(store: Store): Promise<Sessions> {
    const sessions = new Sessions(store);
    for await (const { key, value } of sessions.#store.entries()) {
      sessions.#open.set(key, fromJson<ChargingSession>(value));
    }
    return sessions;
  }

  get count(): number {
    return this.#open.size;
  }

  of(vehicle: string): ChargingSession | undefined {
    return this.#open.get(vehicle);
  }

  /** Open sessions by vehicle. */
  entries(): IterableIterator<[string, ChargingSession]> {
    return this.#open.entries();
  }

  /** A report older than the newest known changes nothing. @returns whether something changed */
  plugIn(vehicle: string, session: ChargingSession, batch: Batch): boolean {
    const current = this.#open.get(vehicle);
    if (current !== undefined && (current.since > session.since || current.session === session.session)) return false;
    batch.put(this.#store, vehicle, toJson(session));
    this.#open.set(vehicle, session);
    return true;
  }

  unplug(vehicle: string, session: string, batch: Batch): boolean {
    if (this.#open.get(vehicle)?.session !== session) return false;
    batch.del(this.#store, vehicle);
    this.#open.delete(vehicle);
    return true;
  }
}
