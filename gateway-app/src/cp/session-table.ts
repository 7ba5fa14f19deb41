import { CodedError } from '../common/errors';
import { type Batch, fromJson, type Store, toJson } from '../store';
import type { GroupCommit } from '../store/group-commit';

/** A charging session as kept; ids in lower-case hex. */
export interface KeptSession {
  readonly session: string;
  /** Name of the pile. */
  readonly pile: string;
  /** f of the vehicle. */
  readonly vehicle: string;
  /** The provider's commitment to the vehicle's certificate. */
  readonly commitment: string;
  /** How far in the chain the vehicle was asked. */
  readonly cursor: string;
  /** Unix seconds. */
  readonly openedAt: number;
}

/** The open charging sessions, durable: a session outlives a broken connection and a restart of the process. */
export class SessionTable {
  readonly #store: Store;
  readonly #writes: GroupCommit;
  readonly #open = new Map<string, KeptSession>();

  private constructor(store: Store, writes: GroupCommit) {
    this.#store = store;
    this.#writes = writes;
  }

  /** @param store a sub-store of its own; `writes` of the same database */
  static async load(store: Store, writes: GroupCommit): Promise<SessionTable> {
    const table = new SessionTable(store, writes);
    for await (const { key, value } of store.entries()) table.#open.set(key, fromJson<KeptSession>(value));
    return table;
  }

  get size(): number {
    return this.#open.size;
  }

  all(): readonly KeptSession[] {
    return [...this.#open.values()];
  }

  get(session: string): KeptSession | undefined {
    return this.#open.get(session);
  }

  ofVehicle(vehicle: string): KeptSession | undefined {
    return this.all().find((session) => session.vehicle === vehicle);
  }

  countAt(pile: string): number {
    return this.all().filter((session) => session.pile === pile).length;
  }

  async open(session: KeptSession, more: (batch: Batch) => void): Promise<void> {
    this.#open.set(session.session, session);
    await this.#writes.commit((batch) => {
      batch.put(this.#store, session.session, toJson(session));
      more(batch);
    });
  }

  /** Puts the session's new place into `batch`. Nothing is put for one that has ended. */
  advance(session: string, cursor: string, batch: Batch): void {
    const kept = this.#open.get(session);
    if (!kept) return;
    const moved = { ...kept, cursor };
    this.#open.set(session, moved);
    batch.put(this.#store, session, toJson(moved));
  }

  async end(session: string, more: (batch: Batch) => void): Promise<void> {
    if (!this.#open.delete(session)) throw new CodedError('E_SESSION_UNKNOWN', 'there is no such session open here');
    await this.#writes.commit((batch) => {
      batch.del(this.#store, session);
      more(batch);
    });
  }
}
