import { type OwnSession } from './api';
import { OpeningsError, readOpenings } from './openings';
import { bySpan, sums } from './session-sums';

const bill = (endedAt: string, energyWh: number, totalMinor: number): OwnSession['bill'] => ({
  currency: 'NOK',
  startedAt: endedAt,
  endedAt,
  energyWh,
  totalMinor,
  lines: [],
});
const session = (transaction: string, one: OwnSession['bill'], settledMinor: number | null): OwnSession => ({
  transaction,
  state: 'billed',
  code: '',
  bill: one,
  settledMinor,
});

describe('sums of sessions', () => {
  const sessions = [
    session('c', null, null),
    session('b', bill('2019-02-01T05:00:00Z', -500, -20), -20),
    session('a', bill('2019-01-31T05:00:00Z', 7_000, 1_200), 1_200),
    session('d', bill('2019-01-31T23:00:00Z', 1_000, 300), null),
  ];

  it('count what is billed and what is settled, credits too', () => {
    expect(sums(sessions)).toEqual({
      billed: 3,
      energyWh: 7_500,
      billedMinor: 1_480,
      settledMinor: 1_180,
      currency: 'NOK',
    });
    expect(sums([])).toEqual({ billed: 0, energyWh: 0, billedMinor: 0, settledMinor: 0, currency: '' });
  });

  it('by day and by month, oldest first', () => {
    expect(bySpan(sessions, 'day')).toEqual([
      { span: '2019-01-31', energyWh: 8_000, billedMinor: 1_500 },
      { span: '2019-02-01', energyWh: -500, billedMinor: -20 },
    ]);
    expect(bySpan(sessions, 'month').map(({ span }) => span)).toEqual(['2019-01', '2019-02']);
  });
});

describe('openings', () => {
  const one = { subject: 'aa', blinding: 'bb', session: 'cc', pile: 'cp1/P1', openedAt: 1 };

  it('are of the vehicle at hand, newest first, without what opens nothing', () => {
    const sessions = [one, { ...one, subject: 'other' }, { ...one, session: 'dd', openedAt: 2 }];
    expect(readOpenings(JSON.stringify({ sessions }), 'aa')).toEqual([
      { subject: 'aa', blinding: 'bb', session: 'dd' },
      { subject: 'aa', blinding: 'bb', session: 'cc' },
    ]);
  });

  it.each(['no JSON', 'null', '[]', '{"sessions":[{}]}', JSON.stringify({ sessions: [{ ...one, subject: 'zz' }] })])(
    'are not in %s',
    (text) => expect(() => readOpenings(text, 'aa')).toThrow(OpeningsError),
  );
});
