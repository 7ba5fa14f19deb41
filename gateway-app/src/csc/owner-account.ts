import { localMonth } from '../common/zone-time';
import { type Bill } from '../ocpp';
import { type AccountState, stateOf } from './account-state';
import { type Charging, type SettledAccount } from './charging';

/** One of a customer's own transactions. `awaiting`: the bill waits for the customer's confirmation. */
export interface OwnSession {
  readonly transaction: string;
  readonly state: AccountState;
  /** Why it is disputed. */
  readonly code: string;
  readonly bill: Bill | null;
  readonly settledMinor: number | null;
}

type Books = Pick<Charging, 'accounts' | 'awaits' | 'customerOf' | 'tariff'>;

/**
 * Newest first; those without a bill before all others.
 * @param customer `provider/contract`
 * @param month `yyyy-mm` in which charging ended, by the tariff's clocks; all without one
 */
export function ownSessions(books: Books, customer: string, month?: string): OwnSession[] {
  const { zone } = books.tariff;
  return [...books.accounts()]
    .filter((account) => books.customerOf(account) === customer)
    .filter(({ bill }) => month === undefined || (bill && localMonth(zone, Date.parse(bill.endedAt) / 1000) === month))
    .map((account) => ownSession(books, account))
    .sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
}

/** Sorts {@link ownSessions}. */
export function placeOf({ bill, transaction }: OwnSession): string {
  const age = bill ? 1e10 - Date.parse(bill.endedAt) / 1000 : 0;
  return `${String(age).padStart(11, '0')} ${transaction}`;
}

export function ownSession(books: Books, account: SettledAccount): OwnSession {
  const { transaction, bill, disputed = '', settlement } = account;
  return {
    transaction,
    state: stateOf(account, books),
    code: disputed,
    bill: bill ?? null,
    settledMinor: settlement?.totalMinor ?? null,
  };
}
