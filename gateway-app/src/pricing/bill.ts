import { type ChargingRecord, type MeterReading, termsCommitment } from '@chargecast/protocol';

import { CodedError } from '../common/errors';
import { type Bill } from '../ocpp';
import { priceOf } from './price';
import { type Tariff, tariffDigest } from './tariff';

export interface Billed {
  readonly transaction: string;
  readonly readings: readonly MeterReading[];
}

/** @param salt opens the record's terms, hex; absent where none were announced */
export function billOf(tariff: Tariff, { transaction, readings }: Billed, salt?: string): Bill {
  const { lines, totalMinor, energyWh } = priceOf(tariff, readings);
  return {
    transactionId: transaction,
    currency: tariff.currency,
    startedAt: rfc3339(readings[0]?.at ?? 0),
    endedAt: rfc3339(readings.at(-1)?.at ?? 0),
    energyWh,
    lines,
    totalMinor,
    ...(salt === undefined ? {} : { tariff: tariff.id, salt }),
  };
}

/**
 * What a transaction costs, from its charging record and the tariff alone: the arithmetic of a dispute.
 * @throws CodedError E_TERMS if the record was made under other terms than this tariff and salt
 */
export function recompute(tariff: Tariff, record: ChargingRecord, salt?: string): Bill {
  const agreed = salt === undefined ? undefined : termsCommitment(salt, tariffDigest(tariff));
  if (record.terms !== agreed) {
    throw new CodedError(
      'E_TERMS',
      record.terms === undefined
        ? 'the record names no terms: leave the salt out, and agree on a tariff otherwise'
        : 'the record was made under other terms: compare tariff and salt with those of the bill',
    );
  }
  return billOf(tariff, record, salt);
}

export function rfc3339(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString().replace('.000Z', 'Z');
}
