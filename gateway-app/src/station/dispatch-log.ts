import type { StationAnswer } from '@chargecast/protocol';

import { type Batch, getJson, type Store, toJson } from '../store';

/** How far a command has come with its station. */
export interface Dispatch {
  /** Order of the commands' first tries in this process: a newer command has a higher one. */
  readonly sequence: number;
  /** Unix milliseconds of the first try. */
  readonly since: number;
  /** Calls made, one of which may have been heard without an answer. */
  readonly calls: number;
  /** The newest outcome; absent while a call is under way, and after a crash in it. */
  readonly last?: StationAnswer;
}

/** What is known of commands that stations have not settled, and which command set what a station holds now. */
export class DispatchLog {
  readonly #dispatches: Store;
  readonly #places: Store;
  readonly #profiles: Store;

  /** @param store a sub-store of its own */
  constructor(store: Store) {
    this.#dispatches = store.sub('dispatches');
    this.#places = store.sub('places', { hiddenKeys: true });
    this.#profiles = store.sub('profiles', { hiddenKeys: true });
  }

  /** What is known of a command; a first try if nothing is. @param now Unix milliseconds */
  async dispatch(key: string, now: number): Promise<Dispatch> {
    const known = await getJson<Dispatch>(this.#dispatches, key);
    return known ?? { sequence: Number(await this.#dispatches.nextCounter('commands')), since: now, calls: 0 };
  }

  keep(key: string, dispatch: Dispatch, batch: Batch): void {
    batch.put(this.#dispatches, key, toJson(dispatch));
  }

  forget(key: string, batch: Batch): void {
    batch.del(this.#dispatches, key);
  }

  /** Whether a command newer than `sequence` set any of these. */
  async isOutdated(unit: string, places: readonly string[], sequence: number): Promise<boolean> {
    const setBy = await Promise.all(places.map((place) => getJson<number>(this.#places, `${unit} ${place}`)));
    return setBy.some((newer) => newer !== undefined && newer > sequence);
  }

  set(unit: string, places: readonly string[], sequence: number, batch: Batch): void {
    for (const place of places) batch.put(this.#places, `${unit} ${place}`, toJson(sequence));
  }

  /** The station's number for a profile a centre numbered. */
  profile(unit: string, sender: string, given: number): Promise<number | undefined> {
    return getJson<number>(this.#profiles, `${unit} ${sender} ${given}`);
  }

  numbered(unit: string, sender: string, { given, derived }: { given: number; derived: number }, batch: Batch): void {
    batch.put(this.#profiles, `${unit} ${sender} ${given}`, toJson(derived));
  }
}
