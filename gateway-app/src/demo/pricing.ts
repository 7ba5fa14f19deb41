import { type Bill, type BillLine } from '../ocpp';

/** Prices in integer minor units (øre); tax in whole percent on top. */
export interface Tariff {
  readonly currency: string;
  readonly minorPerKwh: number;
  readonly minorPerSession: number;
  readonly taxPercent: number;
}

export const DEMO_TARIFF: Tariff = { currency: 'NOK', minorPerKwh: 196, minorPerSession: 400, taxPercent: 25 };

export interface Price {
  readonly lines: readonly BillLine[];
  readonly totalMinor: number;
}

/** The one pricing function: running cost, final cost and bill all come from here. Halves are rounded up. */
export function price(tariff: Tariff, energyWh: number): Price {
  const energy = divideRoundingUp(energyWh * tariff.minorPerKwh, 1000);
  const net = energy + tariff.minorPerSession;
  const tax = divideRoundingUp(net * tariff.taxPercent, 100);
  return {
    lines: [
      { kind: 'energy', quantity: energyWh, amountMinor: energy },
      { kind: 'fixed', quantity: 1, amountMinor: tariff.minorPerSession },
      { kind: 'tax', quantity: 1, amountMinor: tax },
    ],
    totalMinor: net + tax,
  };
}

export interface MeteredTransaction {
  readonly transactionId: string;
  /** Unix seconds. */
  readonly start: number;
  readonly end: number;
  readonly energyWh: number;
}

export function billOf(tariff: Tariff, { transactionId, start, end, energyWh }: MeteredTransaction): Bill {
  return {
    transactionId,
    currency: tariff.currency,
    startedAt: rfc3339(start),
    endedAt: rfc3339(end),
    energyWh,
    ...price(tariff, energyWh),
  };
}

function divideRoundingUp(numerator: number, denominator: number): number {
  return Math.floor((2 * numerator + denominator) / (2 * denominator));
}

function rfc3339(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString().replace('.000Z', 'Z');
}
