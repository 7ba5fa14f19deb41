import { type MeterReading } from '@chargecast/protocol';

import { type BillLine } from '../ocpp';
import { stretches } from './periods';
import { type Tariff } from './tariff';

export interface Price {
  /** Integer minor units each; their sum is the total. */
  readonly lines: readonly BillLine[];
  readonly totalMinor: number;
  /** Wh taken less Wh given back. */
  readonly energyWh: number;
}

/** Minor units × 10⁻⁶ × 3600: every rate divides it without a rest. */
const SCALE = 3_600_000_000n;
const PER_WH = SCALE / 1_000_000n;
const PER_SECOND = SCALE / 3_600n;

/**
 * The one pricing function: running cost, final cost, bill, settlement and recomputation all come from here.
 *
 * Energy between two readings is spread evenly over the time between them, its whole watt-hours assigned to tariff
 * periods by the register as it stood at each border, rounded down. Time costs while energy flows. Idle is what lies
 * between the last flow of energy and the end, less the grace; it is not known before the end, so a running cost has
 * none and never falls while a vehicle charges. Rounding: each line is exact until its end and then rounded to a whole
 * minor unit, halves away from zero; tax is a line on the sum of the rounded others.
 *
 * @param readings as in a charging record: two or more, in order
 * @param ended false for the cost so far
 */
export function priceOf(tariff: Tariff, readings: readonly MeterReading[], ended = true): Price {
  const energy = new Map<string, { wh: number; exact: bigint }>();
  let chargingSeconds = 0;
  let idleFrom = readings[0]?.at ?? 0;
  for (const [from, to] of pairs(readings)) {
    spread(tariff, from, to, energy);
    if (to.importWh === from.importWh && to.exportWh === from.exportWh) continue;
    chargingSeconds += to.at - from.at;
    idleFrom = to.at;
  }
  const exportedWh = gain(readings, 'exportWh');
  const idle = ended ? Math.max(0, (readings.at(-1)?.at ?? 0) - idleFrom - tariff.idle.graceSeconds) : 0;
  const net = [
    ...[...energy].map(([period, { wh, exact }]) => line('energy', wh, exact, period)),
    line('discharge', exportedWh, -BigInt(exportedWh) * BigInt(tariff.feedInPerMwh) * PER_WH),
    line('time', chargingSeconds, BigInt(chargingSeconds) * BigInt(tariff.perHour) * PER_SECOND),
    line('idle', idle, BigInt(idle) * BigInt(tariff.idle.perHour) * PER_SECOND),
    line('fixed', 1, BigInt(tariff.perSession) * SCALE),
  ].filter(({ kind, amountMinor }) => kind === 'energy' || amountMinor !== 0);
  const netMinor = sum(net);
  const tax: BillLine = {
    kind: 'tax',
    quantity: 1,
    amountMinor: rounded(BigInt(netMinor) * BigInt(tariff.taxPercent), 100n),
  };
  const lines = tax.amountMinor === 0 ? net : [...net, tax];
  return { lines, totalMinor: sum(lines), energyWh: gain(readings, 'importWh') - exportedWh };
}

const sum = (lines: readonly BillLine[]): number => lines.reduce((total, { amountMinor }) => total + amountMinor, 0);

function line(kind: BillLine['kind'], quantity: number, exact: bigint, period?: string): BillLine {
  return { kind, quantity, amountMinor: rounded(exact, SCALE), ...(period === undefined ? {} : { period }) };
}

function pairs(readings: readonly MeterReading[]): (readonly [MeterReading, MeterReading])[] {
  return readings.slice(1).map((to, i) => [readings[i] as MeterReading, to]);
}

function gain(readings: readonly MeterReading[], register: 'importWh' | 'exportWh'): number {
  return (readings.at(-1)?.[register] ?? 0) - (readings[0]?.[register] ?? 0);
}

/** Adds what was taken between two readings to the periods it was taken in. */
function spread(
  tariff: Tariff,
  from: MeterReading,
  to: MeterReading,
  energy: Map<string, { wh: number; exact: bigint }>,
): void {
  const taken = to.importWh - from.importWh;
  const seconds = to.at - from.at;
  let before = 0;
  for (const stretch of stretches(tariff, from.at, to.at)) {
    const until = stretch.to === to.at ? taken : interpolated(taken, stretch.to - from.at, seconds);
    const wh = until - before;
    before = until;
    const known = energy.get(stretch.name) ?? { wh: 0, exact: 0n };
    energy.set(stretch.name, {
      wh: known.wh + wh,
      exact: known.exact + BigInt(wh) * BigInt(stretch.perMwh) * PER_WH,
    });
  }
}

const interpolated = (wh: number, part: number, whole: number): number =>
  Number((BigInt(wh) * BigInt(part)) / BigInt(whole));

/** Halves away from zero. */
function rounded(numerator: bigint, denominator: bigint): number {
  const magnitude = numerator < 0n ? -numerator : numerator;
  const whole = Number((2n * magnitude + denominator) / (2n * denominator));
  return numerator < 0n && whole > 0 ? -whole : whole;
}
