import { ownEntryKey, type Params, type Role, SigncryptionError } from '@chargecast/signcryption';

import type { Holder } from '../holder';
import { type Batch, getJson, type Store, toJson } from '../store';
import type { Receiver } from './entry-worker';
import type { LoggedSigma } from './sigma-log';

/** Where each pile or gateway is in the chain with messages sealed to its own record, which it opens with its own q. */
export class OwnEntries {
  readonly #store: Store;
  readonly #params: Params;
  readonly #role: Role;
  readonly #cursors = new Map<string, string>();

  /** @param store a sub-store of its own */
  constructor(store: Store, params: Params, role: Role) {
    this.#role = role;
    this.#store = store;
    this.#params = params;
  }

  /** Where a unit goes on; `newest` for one that begins. */
  async cursor(name: string, newest: string): Promise<string> {
    const cursor = (await getJson<string>(this.#store, name)) ?? newest;
    this.#cursors.set(name, cursor);
    return cursor;
  }

  lowestCursor(): string | undefined {
    return [...this.#cursors.values()].sort()[0];
  }

  receiver(name: string, holder: Holder): Receiver {
    const f = ({ verified }: LoggedSigma): Uint8Array | undefined => holder.keyOf(verified.header.epoch)?.record.f;
    return {
      f,
      role: this.#role,
      unit: { name, f: holder.f },
      keys: (sigmas) => Promise.resolve(sigmas.map((sigma) => this.#key(holder, sigma))),
      advance: (cursor, batch) => this.#advance(name, cursor, batch),
    };
  }

  #key(holder: Holder, { verified }: LoggedSigma): ReturnType<typeof ownEntryKey> | undefined {
    const key = holder.keyOf(verified.header.epoch);
    try {
      return key && ownEntryKey(this.#params, key, verified.sigma.headerBytes);
    } catch (error) {
      if (error instanceof SigncryptionError) return undefined;
      throw error;
    }
  }

  #advance(name: string, cursor: string, batch: Batch): void {
    this.#cursors.set(name, cursor);
    batch.put(this.#store, name, toJson(cursor));
  }
}
