import { chargingTransaction, type SubjectOpening } from '@chargecast/protocol';

import { CodedError } from '../common/errors';
import { KeyedLock } from '../common/keyed-lock';
import { type Batch, fromJson, type Store, toJson } from '../store';

/** One session an owner shows a car maker. */
export interface Disclosure {
  readonly transaction: string;
  readonly opening: SubjectOpening;
}

const MAX_EACH = 10_000;

/** What owners show to whom, sealed: openings of charging records, which alone say whose a record is. */
export class Disclosures {
  readonly #store: Store;
  readonly #turns = new KeyedLock();

  constructor(store: Store) {
    this.#store = store.sub('disclosures');
  }

  /** @returns how many the party is shown now @throws CodedError E_DISCLOSURES_MANY */
  add(subject: string, party: string, openings: readonly SubjectOpening[]): Promise<number> {
    return this.#turns.run(`${party} ${subject}`, async () => {
      const places = new Set<string>();
      for await (const { key } of this.#entries(subject, party)) places.add(key);
      const batch = this.#store.batch();
      for (const opening of openings) {
        const transaction = chargingTransaction(opening.session, opening.index);
        const place = placeOf(subject, party, transaction);
        places.add(place);
        batch.put(this.#store, place, toJson({ transaction, opening } satisfies Disclosure));
      }
      if (places.size > MAX_EACH) {
        throw new CodedError('E_DISCLOSURES_MANY', `a party is shown at most ${MAX_EACH} sessions of one vehicle`);
      }
      await batch.commit();
      return places.size;
    });
  }

  /** In order of transactions. @param gt only after this one */
  async list(subject: string, party: string, gt: string | undefined, limit: number): Promise<Disclosure[]> {
    const found: Disclosure[] = [];
    for await (const { value } of this.#entries(subject, party, { gt, limit })) found.push(fromJson<Disclosure>(value));
    return found;
  }

  async count(subject: string, party: string): Promise<number> {
    let count = 0;
    for await (const { key } of this.#entries(subject, party)) count += key === '' ? 0 : 1;
    return count;
  }

  async forget(subject: string, party: string): Promise<void> {
    await this.#turns.run(`${party} ${subject}`, async () => {
      const batch = this.#store.batch();
      await this.forgetIn(batch, subject, party);
      if (batch.size > 0) await batch.commit();
    });
  }

  async forgetIn(batch: Batch, subject: string, party: string): Promise<void> {
    for await (const { key } of this.#entries(subject, party)) batch.del(this.#store, key);
  }

  #entries(
    subject: string,
    party: string,
    { gt, limit }: { readonly gt?: string | undefined; readonly limit?: number } = {},
  ): ReturnType<Store['entries']> {
    return this.#store.entries({
      prefix: placeOf(subject, party, ''),
      ...(gt === undefined ? {} : { gt: placeOf(subject, party, gt) }),
      ...(limit === undefined ? {} : { limit }),
    });
  }
}

const placeOf = (subject: string, party: string, transaction: string): string => `${party} ${subject} ${transaction}`;
