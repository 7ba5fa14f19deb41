import { NotMeasuredError, readUnitCosts } from './measured';
import { ASSUMPTIONS, planRegion, type UnitCosts } from './plan';
import { benchRegion, regionTable } from './region';

const COSTS: UnitCosts = {
  ledger: 'fabric',
  machineCores: 2,
  organisations: 4,
  commandsPerSecond: 5000,
  receivers: 1000,
  registrationsPerSecond: 250,
  sigma: [
    { receivers: 1, blocks: 5200, state: 1200 },
    { receivers: 100, blocks: 25_000, state: 21_000 },
    { receivers: 1000, blocks: 205_000, state: 201_000 },
  ],
  centre: [
    { receivers: 1, microseconds: 1000 },
    { receivers: 100, microseconds: 20_000 },
    { receivers: 1000, microseconds: 200_000 },
  ],
  certificate: { blocks: 1800, state: 700 },
  chargingRecord: { blocks: 1400, state: 600 },
};

test('the plan is the arithmetic its page says', () => {
  const plan = planRegion({ ...ASSUMPTIONS, vehicles: 864_000, commandsPerDay: 10, receivers: 1000 }, COSTS);
  expect(plan.commandsPerSecond).toEqual({ mean: 100, peak: 400 });
  expect(plan.bytesPerCommand).toEqual({ blocks: 205, state: 201 });
  // 400 × 205 bytes are 0.656 Mbit/s: one channel by either measure.
  expect(plan.channels).toEqual({ count: 1, commandsPerSecondEach: 5000, neededByRate: 1, neededByAgentsLinks: 1 });
  expect(plan.hosts.cpuMillisecondsPerCommandAndOrganisation).toBeCloseTo(0.1, 9);
  expect(plan.hosts).toMatchObject({ perOrganisation: 1, all: 4 });
  // 400 × 200 µs by half a core.
  expect(plan.centres).toEqual({ cpuMicrosecondsPerCommand: 200, processes: 1 });
  expect(plan.agents).toBe(4320);
  expect(plan.mbit.toAgents).toBeCloseTo(1080 * 0.656, 6);
  expect(plan.mbit.ordering).toBeCloseTo(2 * 0.656, 6);
  expect(plan.mbit.fromKeyCentre).toBeCloseTo(0.656 / 2, 6);
  const year = 864_000 * 365;
  expect(plan.terabytesAYear.commands).toBeCloseTo((year * 10 * (3 * 205 + 201)) / 1e12, 9);
  expect(plan.terabytesAYear.chargingRecords).toBeCloseTo((year * 0.5 * (3 * 1400 + 600)) / 1e12, 9);
  expect(plan.terabytesAYear.certificates).toBeCloseTo((864_000 * (3 * 1800 + 700)) / 1e12, 9);
  expect(plan.registration.hoursForAll).toBeCloseTo(864_000 / 250 / 3600, 9);
});

test('ten times the vehicles need ten times the rate, storage and, at last, channels', () => {
  const [one, ten] = [1, 10].map((times) => planRegion({ ...ASSUMPTIONS, vehicles: times * 10_000_000 }, COSTS));
  expect(ten?.commandsPerSecond.peak).toBeCloseTo(10 * (one?.commandsPerSecond.peak ?? 0), 6);
  expect(ten?.terabytesAYear.all).toBeCloseTo(10 * (one?.terabytesAYear.all ?? 0), 6);
  expect(ten?.centres.processes).toBeGreaterThan(9 * (one?.centres.processes ?? 0) - 9);
  expect(ten?.channels.count).toBeGreaterThanOrEqual(10 * ((one?.channels.count ?? 0) - 1));
});

test('smaller σ make commands heavier, between the sizes measured and beyond them', () => {
  const bytes = (receivers: number): number => planRegion({ ...ASSUMPTIONS, receivers }, COSTS).bytesPerCommand.blocks;
  expect(bytes(100)).toBeCloseTo(250, 9);
  expect(bytes(550)).toBeCloseTo((25_000 + 90_000) / 550, 9);
  expect(bytes(2000)).toBeCloseTo(405_000 / 2000, 9);
  expect(bytes(1)).toBeCloseTo(5200, 9);
  expect(planRegion(ASSUMPTIONS, COSTS).channels.commandsPerSecondEach).toBeCloseTo((5000 * 205) / 250, 6);
});

test('an assumption that cannot be is refused', () => {
  expect(() => planRegion({ ...ASSUMPTIONS, peak: 0 }, COSTS)).toThrow(RangeError);
  expect(() => planRegion(ASSUMPTIONS, { ...COSTS, sigma: COSTS.sigma.slice(0, 1) })).toThrow(RangeError);
  expect(() => planRegion(ASSUMPTIONS, { ...COSTS, centre: [] })).toThrow(RangeError);
});

const row = (kind: string, items: number, blockBytes: number, stateBytes: number): object => ({
  kind,
  items,
  blockBytes,
  stateBytes,
  blockBytesPerItem: blockBytes / items,
  stateBytesPerItem: stateBytes / items,
});
const documents = (): Record<string, Record<string, unknown>> => ({
  'end-to-end': {
    ledger: 'fabric',
    machine: { cores: 2 },
    organisations: 4,
    commandsPerSecond: 5000,
    load: { receivers: 1000 },
  },
  storage: {
    ledger: 'fabric',
    stored: [
      row('registration', 1, 6000, 700),
      row('registration', 100, 180_000, 70_000),
      row('charging record', 100, 140_000, 60_000),
      row('σ', 1, 5200, 1200),
      row('σ', 100, 25_000, 21_000),
      row('σ', 1000, 205_000, 201_000),
    ],
  },
  centre: {
    costs: [
      { receivers: 1, all: 1000 },
      { receivers: 100, all: 200 },
      { receivers: 1000, all: 200 },
    ],
  },
  registration: { embedded: { processedPerSecond: 400 }, fabric: { processedPerSecond: 250 } },
});

test('unit costs are those the suites wrote, of one ledger', async () => {
  const costs = readUnitCosts((suite) => documents()[suite]);
  expect(costs).toEqual(COSTS);
  const table = regionTable(await benchRegion(ASSUMPTIONS, costs));
  expect(table).toContain('a region of 1,000,000 vehicles');
  expect(table).toContain('commandsPerDay 24');
});

test.each(['end-to-end', 'storage', 'registration', 'centre'])(
  'without %s, the command that measures it is named',
  (suite) => {
    const missing = { ...documents(), [suite]: undefined };
    expect(() => readUnitCosts((each) => missing[each])).toThrow(NotMeasuredError);
    expect(() => readUnitCosts((each) => missing[each])).toThrow(`npm run bench -- ${suite}`);
  },
);

test('figures of two ledgers are not mixed', () => {
  const mixed = documents();
  (mixed.storage as Record<string, unknown>).ledger = 'embedded';
  expect(() => readUnitCosts((suite) => mixed[suite])).toThrow('storage --ledger fabric');
});
