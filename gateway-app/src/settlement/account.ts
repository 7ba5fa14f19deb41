import { type ChargingRecordEntry, termsCommitment, vehicleCommitment } from '@chargecast/protocol';

import { type Bill } from '../ocpp';
import { recompute, type Tariff, tariffDigest } from '../pricing';

/** One charging transaction in a centre's books; ids and pseudo-identities in lower-case hex. */
export interface Account {
  readonly transaction: string;
  readonly session: string;
  /** f of the vehicle as it was plugged in, f of its pile. */
  readonly vehicle: string;
  readonly pile: string;
  /** Opens the terms announced with the start: 32 random bytes. */
  readonly salt: string;
  /** `provider/contract`, once the provider has said whose vehicle it is. */
  readonly customer?: string;
  /** The bill, from the record on the data chain. */
  readonly bill?: Bill;
  /** Why the record is not billed: somebody must look. */
  readonly disputed?: string;
  /** Unix seconds at which the pile's receipt for the bill came. */
  readonly settledAt?: number;
}

/** A booking against a provider's account: what its customer's transaction came to. One for each transaction. */
export interface Settlement {
  readonly transaction: string;
  readonly customer: string;
  readonly currency: string;
  readonly totalMinor: number;
  readonly energyWh: number;
  readonly at: number;
}

export function termsOf(tariff: Tariff, { salt }: Pick<Account, 'salt'>): string {
  return termsCommitment(salt, tariffDigest(tariff));
}

/** The account with its bill, or with what is wrong with the record: another meter, vehicle or terms than agreed. */
export function billed(tariff: Tariff, account: Account, record: ChargingRecordEntry): Account {
  if (record.meter !== account.pile) return { ...account, disputed: 'E_RECORD_METER' };
  const vehicle = vehicleCommitment({ vehicle: account.vehicle, session: account.session });
  if (record.vehicle !== vehicle) return { ...account, disputed: 'E_RECORD_VEHICLE' };
  if (record.terms !== termsOf(tariff, account)) return { ...account, disputed: 'E_TERMS' };
  return { ...account, bill: recompute(tariff, record, account.salt) };
}

/** What a centre's books come to: integer minor units and watt-hours. */
export interface Totals {
  readonly transactions: number;
  readonly billed: number;
  readonly settled: number;
  readonly disputed: number;
  readonly energyWh: number;
  readonly billedMinor: number;
  readonly settledMinor: number;
}

export function totalsOf(accounts: Iterable<Account>, settlements: Iterable<Settlement>): Totals {
  const totals = { transactions: 0, billed: 0, settled: 0, disputed: 0, energyWh: 0, billedMinor: 0, settledMinor: 0 };
  for (const { bill, disputed } of accounts) {
    totals.transactions += 1;
    totals.disputed += disputed === undefined ? 0 : 1;
    if (!bill) continue;
    totals.billed += 1;
    totals.energyWh += bill.energyWh;
    totals.billedMinor += bill.totalMinor;
  }
  for (const { totalMinor } of settlements) {
    totals.settled += 1;
    totals.settledMinor += totalMinor;
  }
  return totals;
}
