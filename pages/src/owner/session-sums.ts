import { type OwnSession } from './api';

export interface Sums {
  /** Sessions with a bill. */
  readonly billed: number;
  readonly energyWh: number;
  readonly billedMinor: number;
  readonly settledMinor: number;
  /** Of the bills; empty where there is none. */
  readonly currency: string;
}

export function sums(sessions: readonly OwnSession[]): Sums {
  const bills = sessions.flatMap(({ bill }) => (bill ? [bill] : []));
  const add = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    billed: bills.length,
    energyWh: add(bills.map(({ energyWh }) => energyWh)),
    billedMinor: add(bills.map(({ totalMinor }) => totalMinor)),
    settledMinor: add(sessions.map(({ settledMinor }) => settledMinor ?? 0)),
    currency: bills[0]?.currency ?? '',
  };
}

export interface Span {
  /** `yyyy-mm-dd` or `yyyy-mm`, UTC. */
  readonly span: string;
  readonly energyWh: number;
  readonly billedMinor: number;
}

const LENGTH = { day: 10, month: 7 } as const;

/** Billed sessions by the day or month they ended in, oldest first. */
export function bySpan(sessions: readonly OwnSession[], unit: keyof typeof LENGTH): Span[] {
  const spans = new Map<string, Span>();
  for (const { bill } of sessions) {
    if (!bill) continue;
    const span = bill.endedAt.slice(0, LENGTH[unit]);
    const { energyWh, billedMinor } = spans.get(span) ?? { energyWh: 0, billedMinor: 0 };
    spans.set(span, { span, energyWh: energyWh + bill.energyWh, billedMinor: billedMinor + bill.totalMinor });
  }
  return [...spans.values()].sort((a, b) => (a.span < b.span ? -1 : 1));
}
