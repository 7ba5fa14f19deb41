import { type ChargingRecordEntry } from '@chargecast/protocol';

import { codeOf } from '../common/errors';
import { type Bill } from '../ocpp';
import { recompute } from './bill';
import { type Tariff } from './tariff';

/** A bill as its centre stated it, and what opens the terms of its record. */
export interface StatedBill {
  readonly transaction: string;
  readonly bill: Bill;
  readonly salt: string;
}

export interface Verdict {
  readonly transaction: string;
  readonly statedMinor: number;
  /** By record and tariff; absent where there is no record, or one of other terms. */
  readonly recomputedMinor?: number;
  /** E_RECORD_MISSING, E_TERMS; E_BILL_OTHER where the bill is not what record and tariff come to. */
  readonly code?: string;
}

/** Each stated bill against the charging record of its transaction. */
export function verdicts(
  tariff: Tariff,
  records: readonly ChargingRecordEntry[],
  stated: readonly StatedBill[],
): Verdict[] {
  const byTransaction = new Map(records.map((record) => [record.transaction, record]));
  return stated.map(({ transaction, bill, salt }) => {
    const statement = { transaction, statedMinor: bill.totalMinor };
    const record = byTransaction.get(transaction);
    if (!record) return { ...statement, code: 'E_RECORD_MISSING' };
    try {
      const recomputed = recompute(tariff, record, salt);
      const isSame = JSON.stringify(recomputed) === JSON.stringify(bill);
      const { totalMinor: recomputedMinor } = recomputed;
      return { ...statement, recomputedMinor, ...(isSame ? {} : { code: 'E_BILL_OTHER' }) };
    } catch (error) {
      const code = codeOf(error);
      if (code === undefined) throw error;
      return { ...statement, code };
    }
  });
}
