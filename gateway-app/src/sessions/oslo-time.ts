import { zoneOffset } from '../common/zone-time';

/** What a published local time can be read as. */
export type LocalTime = { readonly unixSeconds: number } | { readonly fault: 'syntax' | 'skipped by summer time' };

const PUBLISHED = /^(\d{2})\.(\d{2})\.(\d{4}) (\d{2}):(\d{2})$/;
const SUMMER_OFFSET = 120;
const WINTER_OFFSET = 60;

/**
 * `dd.mm.yyyy hh:mm` in Europe/Oslo. In the autumn hour that occurs twice the first is meant, so that the order of two
 * published times is the order of the results; the spring hour that never occurs is a fault.
 */
export function parseOsloTime(text: string): LocalTime {
  const match = PUBLISHED.exec(text);
  if (!match) return { fault: 'syntax' };
  const [day, month, year, hour, minute] = match.slice(1).map(Number) as [number, number, number, number, number];
  const civil = Date.UTC(year, month - 1, day, hour, minute);
  const back = new Date(civil);
  const exists =
    back.getUTCDate() === day && back.getUTCMonth() === month - 1 && back.getUTCHours() === hour && minute < 60;
  if (!exists) return { fault: 'syntax' };
  for (const offset of [SUMMER_OFFSET, WINTER_OFFSET]) {
    const instant = civil - offset * 60_000;
    if (osloOffset(instant) === offset) return { unixSeconds: instant / 1000 };
  }
  return { fault: 'skipped by summer time' };
}

const osloOffset = (milliseconds: number): number => zoneOffset('Europe/Oslo', Math.floor(milliseconds / 1000));
