import { CodedError } from '../common/errors';
import { type Batch, type Store } from '../store';

/** `automatic`: a bill is charged as soon as it is made; `confirm`: when the customer has confirmed it. */
export const PAYMENT_MODES = ['automatic', 'confirm'] as const;
export type PaymentMode = (typeof PAYMENT_MODES)[number];

/** How each customer pays, and what those who confirm have confirmed. */
export class Payments {
  readonly #modes: Store;
  readonly #confirmations: Store;
  readonly #confirming = new Set<string>();
  readonly #confirmed = new Set<string>();

  private constructor(store: Store) {
    this.#modes = store.sub('payment-modes', { hiddenKeys: true });
    this.#confirmations = store.sub('confirmations', { hiddenKeys: true });
  }

  static async load(store: Store): Promise<Payments> {
    const payments = new Payments(store);
    for await (const { key } of payments.#modes.entries()) payments.#confirming.add(key);
    for await (const { key } of payments.#confirmations.entries()) payments.#confirmed.add(key);
    return payments;
  }

  modeOf(customer: string): PaymentMode {
    return this.#confirming.has(customer) ? 'confirm' : 'automatic';
  }

  /** Whether the bill of a transaction waits for its customer. */
  awaits(transaction: string, customer: string | undefined): boolean {
    return customer !== undefined && this.#confirming.has(customer) && !this.#confirmed.has(transaction);
  }

  async choose(customer: string, mode: PaymentMode): Promise<void> {
    if (mode === 'confirm') {
      await this.#modes.put(customer, new Uint8Array());
      this.#confirming.add(customer);
    } else {
      await this.#modes.del(customer);
      this.#confirming.delete(customer);
    }
  }

  async confirm(transaction: string): Promise<void> {
    await this.#confirmations.put(transaction, new Uint8Array());
    this.#confirmed.add(transaction);
  }

  /** With its settlement, nothing waits any more. */
  forget(transaction: string, batch: Batch): void {
    if (this.#confirmed.delete(transaction)) batch.del(this.#confirmations, transaction);
  }
}

/** @throws CodedError E_SESSION_UNKNOWN: also for another customer's, so that nobody learns which there are */
export function refuseUnknownSession(): never {
  throw new CodedError('E_SESSION_UNKNOWN', 'you have no session of this number; ask for the list of yours');
}
