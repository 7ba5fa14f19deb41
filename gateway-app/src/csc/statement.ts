import { CodedError } from '../common/errors';
import { localMonth } from '../common/zone-time';
import { type Bill } from '../ocpp';
import { type BilledTransaction } from '../rpc';
import { stateOf } from './account-state';
import { type Charging, type SettledAccount } from './charging';

/**
 * A centre's transactions, by the time their charging ended.
 * @param month `yyyy-mm` by the tariff's clocks; empty for all, those without a bill among them
 * @throws CodedError E_MONTH
 */
export function statementOf(charging: Pick<Charging, 'accounts' | 'tariff'>, month: string): BilledTransaction[] {
  if (month !== '' && !/^\d{4}-(?:0[1-9]|1[0-2])$/.test(month)) {
    throw new CodedError('E_MONTH', 'name a month as yyyy-mm, or none for all');
  }
  const { zone } = charging.tariff;
  return [...charging.accounts()]
    .filter(({ bill }) => month === '' || (bill && localMonth(zone, endOf(bill)) === month))
    .sort((a, b) => endOf(a.bill) - endOf(b.bill))
    .map(transactionOf);
}

const endOf = (bill: Bill | undefined): number => (bill ? Date.parse(bill.endedAt) / 1000 : Infinity);

function transactionOf(account: SettledAccount): BilledTransaction {
  const { transaction, customer = '', salt, bill, disputed = '', settlement } = account;
  return {
    transaction,
    customer,
    state: stateOf(account),
    code: disputed,
    bill: bill ? JSON.stringify(bill) : '',
    salt,
    settledMinor: settlement?.totalMinor ?? 0,
  };
}
