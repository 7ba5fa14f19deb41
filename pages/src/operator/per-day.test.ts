import { perDay } from './per-day';

const bill = (endedAt: string, energyWh: number): { endedAt: string; energyWh: number } => ({ endedAt, energyWh });

describe('bills by day', () => {
  it('are summed by the UTC day, days without bills at zero', () => {
    const bills = [
      bill('2019-01-03T23:30:00Z', 5),
      bill('2019-01-01T10:00:00Z', 1),
      bill('2019-01-02T00:30:00+01:00', 2),
    ];
    expect(perDay(bills)).toEqual([
      { day: '2019-01-01', energyWh: 3 },
      { day: '2019-01-02', energyWh: 0 },
      { day: '2019-01-03', energyWh: 5 },
    ]);
  });

  it('are none without bills', () => {
    expect(perDay([])).toEqual([]);
  });
});
