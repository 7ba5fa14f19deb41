import { type Batch, getJson, type Store, toJson } from '../store';
import type { StationTransaction } from './transaction';

/** What a transaction costs in the end, in units of its currency; undefined if it is not known. */
export type FinalCost = (transaction: StationTransaction) => Promise<number | undefined>;

/** Final costs a centre named before the transaction ended: the station shows them when it does. */
export class FinalCosts {
  readonly #costs: Store;
  readonly #otherwise: FinalCost;

  /**
   * @param store a sub-store of its own
   * @param otherwise asked for a transaction whose cost no centre has named
   */
  constructor(store: Store, otherwise: FinalCost) {
    this.#costs = store.sub('costs', { hiddenKeys: true });
    this.#otherwise = otherwise;
  }

  /** @param transaction the station's id, or the charging session it runs under */
  expect(pile: string, transaction: string, totalCost: number, batch: Batch): void {
    batch.put(this.#costs, `${pile} ${transaction}`, toJson(totalCost));
  }

  async of(transaction: StationTransaction): Promise<number | undefined> {
    const { pile, transactionId, origin } = transaction;
    const named = await getJson<number>(this.#costs, `${pile} ${transactionId}`);
    if (named !== undefined) return named;
    const session = origin?.session;
    const bySession = session === undefined ? undefined : await getJson<number>(this.#costs, `${pile} ${session}`);
    return bySession ?? this.#otherwise(transaction);
  }
}
