import { type Role, toHex } from '@chargecast/signcryption';
import { type Batch, fromJson, getJson, type Store, toJson } from '../store';

/** Who a pseudo-identity is: the KGC's secret knowledge. */
export interface Identity {
  readonly role: Role;
  /** `role:process` or `role:process/unit`. */
  readonly realId: string;
  readonly epoch: number;
}

/** The name in a real identity: `process` or `process/unit`. */
export const nameOf = ({ realId }: Pick<Identity, 'realId'>): string => realId.slice(realId.indexOf(':') + 1);

/** State of one real identity in one epoch. */
interface Enrolled {
  /** The next counter for its pseudo-identity. */
  readonly counter: number;
  /** Its newest f, hex; empty before the first. */
  readonly f: string;
}

/** f → real identity and back, sealed: keys lie on disk as HMACs, values encrypted. */
export class Identities {
  readonly #byPseudonym: Store;
  readonly #byReality: Store;

  constructor(store: Store) {
    this.#byPseudonym = store.sub('identities', { hiddenKeys: true });
    this.#byReality = store.sub('enrolled', { hiddenKeys: true });
  }

  find(f: Uint8Array): Promise<Identity | undefined> {
    return getJson<Identity>(this.#byPseudonym, toHex(f));
  }

  async enrolled(realId: string, epoch: number): Promise<Enrolled> {
    return (await getJson<Enrolled>(this.#byReality, realityKey(realId, epoch))) ?? { counter: 0, f: '' };
  }

  /** Burns a counter for ever, before anything is issued under it. */
  async reserve(f: Uint8Array, identity: Identity, counter: number): Promise<boolean> {
    if (await this.#byPseudonym.has(toHex(f))) return false;
    const enrolled: Enrolled = { counter: counter + 1, f: toHex(f) };
    await this.#batch()
      .put(this.#byPseudonym, toHex(f), toJson(identity))
      .put(this.#byReality, realityKey(identity.realId, identity.epoch), toJson(enrolled))
      .commit();
    return true;
  }

  /** The newest pseudo-identity of each holder of a role in an epoch, hex. */
  async *newest(role: Role, epoch: number): AsyncGenerator<string> {
    for await (const { key, value } of this.#byPseudonym.entries()) {
      const identity = fromJson<Identity>(value);
      if (identity.role !== role || identity.epoch !== epoch) continue;
      if ((await this.enrolled(identity.realId, epoch)).f === key) yield key;
    }
  }

  #batch(): Batch {
    return this.#byPseudonym.batch();
  }
}

const realityKey = (realId: string, epoch: number): string => `${epoch} ${realId}`;
