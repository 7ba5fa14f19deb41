import { type Bill } from './shapes';

/** Energy of bills by the UTC day on which charging ended, from the first day to the last without gaps. */
export function perDay(bills: readonly Pick<Bill, 'endedAt' | 'energyWh'>[]): { day: string; energyWh: number }[] {
  const sums = new Map<string, number>();
  for (const { endedAt, energyWh } of bills) {
    const day = new Date(endedAt).toISOString().slice(0, 10);
    sums.set(day, (sums.get(day) ?? 0) + energyWh);
  }
  const days = [...sums.keys()].sort();
  const [first, last] = [days.at(0), days.at(-1)];
  if (first === undefined || last === undefined) return [];
  const found = [];
  for (let at = Date.parse(first); at <= Date.parse(last); at += 86_400_000) {
    const day = new Date(at).toISOString().slice(0, 10);
    found.push({ day, energyWh: sums.get(day) ?? 0 });
  }
  return found;
}
