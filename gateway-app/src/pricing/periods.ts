import { localClock } from '../common/zone-time';
import { type Tariff, type TariffPeriod } from './tariff';

const DAY = 1440;
const QUARTER = 900;

/** The rate in force from a moment on, for a stretch of time. */
export interface Stretch {
  /** Unix seconds. */
  readonly from: number;
  readonly to: number;
  readonly name: string;
  readonly perMwh: number;
}

const BASE = 'base';

const minuteOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

/** The period the tariff's own clocks are in; through summer and winter time, what they show counts. */
function rateAt(tariff: Tariff, at: number): Pick<Stretch, 'name' | 'perMwh'> {
  const { weekday, minute } = localClock(tariff.zone, at);
  const period = tariff.periods.find((each) => covers(each, weekday, minute));
  return period ?? { name: BASE, perMwh: tariff.perMwh };
}

function covers({ from, to, days }: TariffPeriod, weekday: number, minute: number): boolean {
  const [start, end] = [minuteOf(from), minuteOf(to)];
  const begins = (day: number): boolean => days?.includes(day) ?? true;
  if (start < end) return begins(weekday) && minute >= start && minute < end;
  const yesterday = weekday === 1 ? 7 : weekday - 1;
  return (begins(weekday) && minute >= start) || (begins(yesterday) && minute < end);
}

/** The tariff's stretches from one moment to another, without gaps; one of no length where both are the same. */
export function stretches(tariff: Tariff, from: number, to: number): Stretch[] {
  const borders = [...new Set(tariff.periods.flatMap((period) => [minuteOf(period.from), minuteOf(period.to)]))];
  const result: Stretch[] = [];
  let at = from;
  do {
    const next = Math.min(to, nextBorder(tariff, borders, at));
    const { name, perMwh } = rateAt(tariff, at);
    const last = result.at(-1);
    if (last?.name === name && last.perMwh === perMwh) result[result.length - 1] = { ...last, to: next };
    else result.push({ from: at, to: next, name, perMwh });
    at = next;
  } while (at < to);
  return result;
}

/** The rate cannot change before then: neither a border nor a change of the clock lies in between. */
function nextBorder({ zone, periods }: Tariff, borders: readonly number[], at: number): number {
  if (periods.length === 0) return Infinity;
  const { minute } = localClock(zone, at);
  const intoMinute = ((at % 60) + 60) % 60;
  const ahead = borders.map((border) => (border > minute ? border : border + DAY) - minute);
  const toBorder = Math.min(...ahead) * 60 - intoMinute;
  return Math.min(at + toBorder, (Math.floor(at / QUARTER) + 1) * QUARTER);
}
