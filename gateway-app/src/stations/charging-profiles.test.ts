/** The composite limit of OCPP 2.0.1 part 2, K01, worked out by hand. */
import {
  type ChargingProfile,
  type HeldProfile,
  limitAt,
  type LimitQuestion,
  withoutProfiles,
  withProfile,
} from './charging-profiles';

const STARTED = Date.parse('2025-01-05T10:00:00Z');
const ASKED: LimitQuestion = {
  evseId: 1,
  at: STARTED + 60_000,
  transaction: { transactionId: 'T1', startedAt: STARTED },
  charging: 1,
};

type Purpose = ChargingProfile['chargingProfilePurpose'];
type Change = Partial<ChargingProfile> & { readonly evseId?: number };

let lastId = 0;

function held(chargingProfilePurpose: Purpose, limit: number, { evseId = 1, ...change }: Change = {}): HeldProfile {
  const chargingSchedule = [{ chargingRateUnit: 'W' as const, chargingSchedulePeriod: [{ startPeriod: 0, limit }] }];
  const fixed = { id: ++lastId, stackLevel: 0, chargingProfilePurpose, chargingProfileKind: 'Relative' as const };
  return { evseId, profile: { ...fixed, chargingSchedule, ...change } };
}

test('nothing held limits nothing', () => {
  expect(limitAt([], ASKED)).toBe(Infinity);
});

test.each<[string, HeldProfile[], number]>([
  ['the default holds', [held('TxDefaultProfile', 7000)], 7000],
  ['a default of EVSE 0 holds at every EVSE', [held('TxDefaultProfile', 7000, { evseId: 0 })], 7000],
  ['one of another EVSE does not', [held('TxDefaultProfile', 7000, { evseId: 2 })], Infinity],
  [
    'the transaction’s own stands before the default, even when higher',
    [held('TxDefaultProfile', 7000), held('TxProfile', 9000)],
    9000,
  ],
  ['that of another transaction does not count', [held('TxProfile', 9000, { transactionId: 'T2' })], Infinity],
  ['the station’s limit caps its own', [held('TxProfile', 9000), held('ChargingStationMaxProfile', 4000)], 4000],
  [
    'the grid’s caps the station’s',
    [held('ChargingStationMaxProfile', 4000), held('ChargingStationExternalConstraints', 3000)],
    3000,
  ],
  [
    'the higher stack level counts, not the lower limit',
    [held('TxProfile', 2000), held('TxProfile', 5000, { stackLevel: 1 })],
    5000,
  ],
  [
    'a higher level that has no limit now leaves it to the next',
    [held('TxProfile', 2000), held('TxProfile', 5000, { stackLevel: 1, validFrom: '2025-01-05T10:01:01Z' })],
    2000,
  ],
  ['validTo is the first instant without it', [held('TxProfile', 2000, { validTo: '2025-01-05T10:01:00Z' })], Infinity],
  ['less than nothing is nothing', [held('TxProfile', -1)], 0],
])('%s', (_, profiles, watts) => {
  expect(limitAt(profiles, ASKED)).toBe(watts);
});

test('EVSEs that charge share the station’s limit, not their own', () => {
  const two = { ...ASKED, charging: 2 };
  expect(limitAt([held('ChargingStationMaxProfile', 7000, { evseId: 0 })], two)).toBe(3500);
  expect(limitAt([held('TxProfile', 7000)], two)).toBe(7000);
});

test('amperes are those of each phase at 230 V, three phases unless said', () => {
  const period = { startPeriod: 0, limit: 16 };
  const amperes = (each: { startPeriod: number; limit: number; numberPhases?: number }): HeldProfile =>
    held('TxProfile', 0, { chargingSchedule: [{ chargingRateUnit: 'A', chargingSchedulePeriod: [each] }] });
  expect(limitAt([amperes(period)], ASKED)).toBe(11_040);
  expect(limitAt([amperes({ ...period, numberPhases: 1 })], ASKED)).toBe(3680);
});

describe('time', () => {
  const chargingSchedulePeriod = [
    { startPeriod: 0, limit: 1000 },
    { startPeriod: 3600, limit: 2000 },
  ];
  const schedule = { duration: 7200, chargingRateUnit: 'W' as const, chargingSchedulePeriod };
  const at = (profile: HeldProfile, time: string): number => limitAt([profile], { ...ASKED, at: Date.parse(time) });

  test('a relative schedule counts from the start of the transaction, and ends', () => {
    const relative = held('TxProfile', 0, { chargingSchedule: [schedule] });
    expect(at(relative, '2025-01-05T10:59:59Z')).toBe(1000);
    expect(at(relative, '2025-01-05T11:00:00Z')).toBe(2000);
    expect(at(relative, '2025-01-05T12:00:00Z')).toBe(Infinity);
  });

  test('an absolute schedule counts from its own start, before which it says nothing', () => {
    const chargingSchedule = [{ ...schedule, startSchedule: '2025-01-05T12:00:00Z' }];
    const absolute = held('TxProfile', 0, { chargingProfileKind: 'Absolute', chargingSchedule });
    expect(at(absolute, '2025-01-05T11:59:59Z')).toBe(Infinity);
    expect(at(absolute, '2025-01-05T12:00:00Z')).toBe(1000);
  });

  test.each<['Daily' | 'Weekly', string, string]>([
    ['Daily', '2025-01-08T13:30:00Z', '2025-01-08T14:00:00Z'],
    ['Weekly', '2025-01-19T13:30:00Z', '2025-01-20T13:30:00Z'],
  ])('a %s schedule begins anew', (recurrencyKind, inside, outside) => {
    const chargingSchedule = [{ ...schedule, startSchedule: '2025-01-05T12:00:00Z' }];
    const recurring = held('TxProfile', 0, { chargingProfileKind: 'Recurring', recurrencyKind, chargingSchedule });
    expect(at(recurring, inside)).toBe(2000);
    expect(at(recurring, outside)).toBe(Infinity);
  });
});

describe('what is held', () => {
  const standing = held('TxDefaultProfile', 7000, { id: 901 });

  test('the same id takes its place whatever else differs', () => {
    const added = held('ChargingStationMaxProfile', 4000, { id: 901, evseId: 0 });
    expect(withProfile([standing], added)).toEqual([added]);
  });

  test('so does the same purpose, level and EVSE', () => {
    const added = held('TxDefaultProfile', 5000, { id: 902 });
    expect(withProfile([standing], added)).toEqual([added]);
  });

  test.each<[string, Change]>([
    ['level', { stackLevel: 1 }],
    ['EVSE', { evseId: 2 }],
    ['transaction', { transactionId: 'T1' }],
  ])('another %s stands beside it', (_, change) => {
    const added = held('TxDefaultProfile', 5000, { id: 902, ...change });
    expect(withProfile([standing], added)).toEqual([standing, added]);
  });

  test('an id clears that one alone, and criteria beside it do not count', () => {
    const other = held('ChargingStationMaxProfile', 4000, { id: 903, evseId: 0 });
    expect(withoutProfiles([standing, other], 903, { evseId: 1 })).toEqual([standing]);
    expect(withoutProfiles([standing], 999, {})).toEqual([standing]);
  });

  test('criteria clear what they all match; none clear everything', () => {
    const higher = held('TxDefaultProfile', 5000, { id: 902, stackLevel: 1 });
    const both = [standing, higher];
    expect(withoutProfiles(both, undefined, { stackLevel: 1 })).toEqual([standing]);
    expect(withoutProfiles(both, undefined, { stackLevel: 1, evseId: 2 })).toEqual(both);
    expect(withoutProfiles(both, undefined, { chargingProfilePurpose: 'TxProfile' })).toEqual(both);
    expect(withoutProfiles(both, undefined, {})).toEqual([]);
  });
});
