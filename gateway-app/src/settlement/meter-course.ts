import { type MeterReading } from '@chargecast/protocol';

/** Readings a record carries at most; the ledger takes up to 256. */
const MOST = 200;
const HOUR = 3600;

/** What a station's meter told, in order of time, registers never falling. */
export function ordered(readings: readonly MeterReading[]): MeterReading[] {
  const result: MeterReading[] = [];
  for (const reading of [...readings].sort((a, b) => a.at - b.at)) {
    const last = result.at(-1);
    if (last?.at === reading.at && !flows(last, reading)) continue;
    result.push({
      at: reading.at,
      importWh: Math.max(reading.importWh, last?.importWh ?? 0),
      exportWh: Math.max(reading.exportWh, last?.exportWh ?? 0),
    });
  }
  return result;
}

/**
 * The readings a record needs: the first and the last, those between which energy began or ceased to flow, and one an
 * hour, for tariffs that change by the hour. Of very long transactions fewer of the hours.
 */
export function condensed(readings: readonly MeterReading[]): MeterReading[] {
  const turns = new Set(readings.filter((_, i) => isTurn(readings, i)));
  const hourly = readings.filter((reading, i) => !turns.has(reading) && hourOf(reading) !== hourOf(readings[i - 1]));
  const room = Math.max(0, MOST - turns.size);
  const step = Math.max(1, Math.ceil(hourly.length / Math.max(1, room)));
  const kept = new Set([...turns, ...(room === 0 ? [] : hourly.filter((_, i) => i % step === 0))]);
  const result = readings.filter((reading) => kept.has(reading));
  return result.length <= MOST ? result : [...result.slice(0, MOST - 1), ...result.slice(-1)];
}

function isTurn(readings: readonly MeterReading[], i: number): boolean {
  const [before, here, after] = [readings[i - 1], readings[i], readings[i + 1]];
  if (!before || !here || !after) return true;
  return flows(before, here) !== flows(here, after);
}

const flows = (from: MeterReading, to: MeterReading): boolean =>
  to.importWh !== from.importWh || to.exportWh !== from.exportWh;

const hourOf = (reading: MeterReading | undefined): number => Math.floor((reading?.at ?? -1) / HOUR);
