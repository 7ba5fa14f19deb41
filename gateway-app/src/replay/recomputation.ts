import {
  CHARGING_RECORDS,
  type ChargingRecordEntry,
  type ChargingRecordPage,
  MAX_PAGE,
  recordedEnergyWh,
} from '@chargecast/protocol';

import { type Ledger } from '../ledger';
import { recompute, type Tariff } from '../pricing';
import { type BilledTransaction } from '../rpc';

export interface Recomputation {
  /** Charging records on the data chain. */
  readonly records: number;
  /** By their meters' registers. */
  readonly energyWh: number;
  /** By the tariff, from the records alone and the salts that open their terms. */
  readonly recomputedMinor: number;
}

/** All records of the data chain, asked of the ledger itself. */
export async function ledgerRecords(ledger: Pick<Ledger, 'evaluate'>): Promise<ChargingRecordEntry[]> {
  const { contract, listChargingRecords: name } = CHARGING_RECORDS;
  const records: ChargingRecordEntry[] = [];
  let bookmark = '';
  do {
    const reply = await ledger.evaluate('datachain', { contract, name, args: [String(MAX_PAGE), bookmark] });
    const page = JSON.parse(Buffer.from(reply).toString('utf8')) as ChargingRecordPage;
    records.push(...page.items);
    bookmark = page.items.length < MAX_PAGE ? '' : page.bookmark;
  } while (bookmark !== '');
  return records;
}

/** @throws CodedError E_TERMS if a record was made under other terms than its centre says */
export function recomputation(
  tariff: Tariff,
  records: readonly ChargingRecordEntry[],
  transactions: readonly BilledTransaction[],
): Recomputation {
  const salts = new Map(transactions.map(({ transaction, salt }) => [transaction, salt]));
  return {
    records: records.length,
    energyWh: records.reduce((sum, record) => sum + recordedEnergyWh(record), 0),
    recomputedMinor: records.reduce(
      (sum, record) => sum + recompute(tariff, record, salts.get(record.transaction)).totalMinor,
      0,
    ),
  };
}
