import type { OwnSession } from '../rpc';
import { type Batch, fromJson, type Store, toJson } from '../store';

/** Every session a vehicle had, with what opens its charging records: for its owner, who alone can name them. */
export class OwnSessions {
  readonly #store: Store;

  /** @param store a sealed sub-store of the vehicle's own */
  constructor(store: Store) {
    this.#store = store;
  }

  add(session: OwnSession, batch: Batch): void {
    batch.put(this.#store, session.session, toJson(session));
  }

  /** In no order: the database hides its keys. */
  async *all(): AsyncGenerator<OwnSession> {
    for await (const { value } of this.#store.entries()) yield fromJson<OwnSession>(value);
  }
}
