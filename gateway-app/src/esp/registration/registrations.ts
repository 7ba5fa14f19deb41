import { type Certificate, type RegistrationEntry } from '@chargecast/protocol';

import { fromJson, getJson, type Store, toJson } from '../../store';

/** What the provider holds of one vehicle or pile: the only place where its ID meets its identity. */
export interface Registration {
  readonly id: string;
  /** What must not be registered twice: `vin:<VIN>`, `unit:<process>/<unit>` or `pile:<process>/<pile>`. */
  readonly name: string;
  readonly kind: 'register' | 'update';
  readonly entry: RegistrationEntry;
  readonly stage: 'queued' | 'committed' | 'refused';
  readonly code: string;
  readonly message: string;
  /** Hex and clear text; absent once erased: then the commitment on the chain says nothing any more. */
  readonly opening?: IdentityOpening;
  /** The certificate in force while an update is under way, or was refused. */
  readonly standing?: Certificate;
}

export interface IdentityOpening {
  /** 32 bytes, hex. */
  readonly salt: string;
  /** VIN, plate, owner, …: whatever the provider wants to know. */
  readonly identity: Readonly<Record<string, string>>;
}

export interface Known {
  ofId(id: string): Registration | undefined;
  ofName(name: string): Registration | undefined;
}

/** Sealed; names lie on disk as HMACs. */
export class Registrations {
  readonly #byId: Store;
  readonly #byName: Store;

  constructor(store: Store) {
    this.#byId = store.sub('registrations');
    this.#byName = store.sub('registered-names', { hiddenKeys: true });
  }

  find(id: string): Promise<Registration | undefined> {
    return getJson<Registration>(this.#byId, id);
  }

  async findByName(name: string): Promise<Registration | undefined> {
    const id = await getJson<string>(this.#byName, name);
    return id === undefined ? undefined : this.find(id);
  }

  /** What is known of each ID, and under each name. */
  async lookUp(applied: readonly Pick<Registration, 'id' | 'name'>[]): Promise<Known> {
    const names = [...new Set(applied.map(({ name }) => name))];
    const held = await Promise.all(names.map((name) => getJson<string>(this.#byName, name)));
    const ids = [...new Set([...applied.map(({ id }) => id), ...held.filter((id) => id !== undefined)])];
    const found = await Promise.all(ids.map((id) => this.find(id)));
    const byId = new Map(ids.map((id, index) => [id, found[index]]));
    return {
      ofId: (id) => byId.get(id),
      ofName: (name) => byId.get(held[names.indexOf(name)] ?? ''),
    };
  }

  /** New ones, each under its ID and its name. */
  async put(registrations: readonly Registration[]): Promise<void> {
    const batch = this.#byId.batch();
    for (const registration of registrations) {
      batch.put(this.#byId, registration.id, toJson(registration));
      if (registration.name !== '') batch.put(this.#byName, registration.name, toJson(registration.id));
    }
    await batch.commit();
  }

  /** What became of some that were put before: their names stay. */
  async update(registrations: readonly Registration[]): Promise<void> {
    const batch = this.#byId.batch();
    for (const registration of registrations) batch.put(this.#byId, registration.id, toJson(registration));
    await batch.commit();
  }

  /** Salt, identity and name go; what stands on the chain can no longer be tied to anybody. */
  async erase({ id, name, kind, entry, stage, code, message, standing }: Registration): Promise<void> {
    const erased: Registration = { id, name: '', kind, entry, stage, code, message, ...(standing && { standing }) };
    const batch = this.#byId.batch();
    batch.put(this.#byId, id, toJson(erased));
    if (name !== '') batch.del(this.#byName, name);
    await batch.commit();
  }

  async *all(after?: string): AsyncGenerator<Registration> {
    for await (const { value } of this.#byId.entries(after === undefined ? {} : { gt: after })) {
      yield fromJson<Registration>(value);
    }
  }
}
