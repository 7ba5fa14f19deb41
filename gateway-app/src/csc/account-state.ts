import { type Charging, type SettledAccount } from './charging';

export type AccountState = 'open' | 'awaiting' | 'billed' | 'settled' | 'disputed';

/**
 * How far a transaction has come.
 * @param books tell a bill that waits for its customer's confirmation from one that waits for the pile; without them both are billed
 */
export function stateOf(account: SettledAccount, books?: Pick<Charging, 'awaits'>): AccountState {
  if (account.disputed !== undefined) return 'disputed';
  if (account.settlement) return 'settled';
  if (!account.bill) return 'open';
  return books?.awaits(account) ? 'awaiting' : 'billed';
}
