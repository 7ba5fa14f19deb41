import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openSealedStore, type Store } from '../store';
import { isGroup, type PileUse, type Usage, type UsageCell, usageOf } from './usage';
import { UsagePublications } from './usage-publications';

const RULES = { minimumVehicles: 5, zone: 'Europe/Oslo' };
/** 2019-01-07 00:00 in Oslo, a Monday. */
const MIDNIGHT = 1_546_815_600;
const DISTRICTS = ['harbour', 'hill', 'mill'];

const use = (customer: string, district: string, hour: number, energyWh = 10_000, day = 0): PileUse => {
  const startedAt = MIDNIGHT + day * 86_400 + hour * 3600 + 60;
  return { customer, district, startedAt, endedAt: startedAt + 1800, energyWh };
};
const crowd = (size: number, district: string, hours: readonly number[], prefix = 'c'): PileUse[] =>
  hours.flatMap((hour) => Array.from({ length: size }, (_, i) => use(`${prefix}${i}`, district, hour)));
const ALL_DAY = Array.from({ length: 24 }, (_, hour) => hour);

const covered = (cell: UsageCell, uses: readonly PileUse[]): PileUse[] =>
  uses.filter(({ district, startedAt }) => {
    const hour = Math.floor(((startedAt - MIDNIGHT) % 86_400) / 3600);
    return district === cell.district && hour >= cell.fromHour && hour < cell.toHour;
  });

const spans = ({ cells }: Usage): string[] =>
  cells.map(({ district, fromHour, toHour }) => `${district} ${fromHour}-${toHour}`);

/** A generator that gives the same each time (mulberry32). */
function drawn(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe('pile use for a government', () => {
  it('shows hours where every hour of a quarter of the day is a group, else the quarter, else the day', () => {
    const everyHour = crowd(5, 'hill', ALL_DAY);
    expect(usageOf(everyHour, DISTRICTS, RULES).cells).toHaveLength(24);
    const oneHourShort = everyHour.filter((each) => !(each.customer === 'c0' && covered(hourCell(8), [each]).length));
    expect(spans(usageOf(oneHourShort, DISTRICTS, RULES))).toContain('hill 6-12');
    expect(usageOf(oneHourShort, DISTRICTS, RULES).cells).toHaveLength(19);
    const noNight = crowd(5, 'hill', ALL_DAY.slice(6));
    expect(spans(usageOf(noNight, DISTRICTS, RULES))).toEqual(['hill 0-24']);
  });

  it('says nothing of a district with one vehicle, and not whether there was one', () => {
    const others = crowd(6, 'hill', [8, 9]);
    const alone = usageOf([...others, use('alone', 'mill', 8)], DISTRICTS, RULES);
    expect(alone.withheld).toEqual(['harbour', 'mill']);
    expect(alone).toEqual(usageOf(others, DISTRICTS, RULES));
  });

  it('shows no group in which one vehicle is more than half', () => {
    const small = crowd(6, 'mill', [8]);
    expect(isGroup(small, RULES)).toBe(true);
    expect(isGroup([...small, use('large', 'mill', 8, 60_001)], RULES)).toBe(false);
    const often = Array.from({ length: 7 }, (_, day) => use('often', 'mill', 8, 1, day));
    expect(isGroup([...small, ...often], RULES)).toBe(false);
  });

  it('counts vehicles in steps, so that overlaps of cells cannot be computed', () => {
    const [cell] = usageOf(crowd(9, 'hill', [8]), DISTRICTS, RULES).cells;
    expect(cell).toMatchObject({ sessions: 9, energyWh: 90_000, pluggedMinutes: 270, vehiclesAtLeast: 5 });
  });

  it('attack: figures subtracted from one another never leave fewer than a group', () => {
    const random = drawn(7);
    for (let round = 0; round < 60; round += 1) {
      const size = 40 + Math.floor(random() * 400);
      const uses = Array.from({ length: size }, () =>
        use(
          `c${Math.floor(random() * 30)}`,
          DISTRICTS[Math.floor(random() ** 2 * 3)] as string,
          Math.floor(random() * 24),
        ),
      );
      const { cells, activity, withheld } = usageOf(uses, DISTRICTS, RULES);
      const seen = cells.flatMap((cell) => covered(cell, uses));
      expect(new Set(seen).size).toBe(seen.length);
      for (const cell of cells) expect(isGroup(covered(cell, uses), RULES)).toBe(true);
      for (const { district, sessions, energyWh } of activity) {
        const own = cells.filter((cell) => cell.district === district);
        // A district's figure is its cells' sum: subtracting all but one of them from it leaves that one, which is a group.
        expect(own.reduce((sum, cell) => sum + cell.sessions, 0)).toBe(sessions);
        expect(own.reduce((sum, cell) => sum + cell.energyWh, 0)).toBe(energyWh);
      }
      expect(seen.filter(({ district }) => withheld.includes(district))).toEqual([]);
    }
  });
});

const hourCell = (hour: number): UsageCell => ({
  ...{ district: 'hill', fromHour: hour, toHour: hour + 1 },
  ...{ sessions: 0, energyWh: 0, pluggedMinutes: 0, vehiclesAtLeast: 0 },
});

describe('publications of pile use', () => {
  let directory: string;
  let store: Store;
  let uses: PileUse[];
  let now: number;
  let publications: UsagePublications;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'usage-'));
    store = await openSealedStore(join(directory, 'db'), join(directory, 'key'));
    uses = crowd(5, 'hill', [8, 9]);
    now = MIDNIGHT + 40 * 86_400;
    publications = new UsagePublications({
      store,
      rules: RULES,
      closingSeconds: 3 * 86_400,
      uses: () => uses,
      districts: () => DISTRICTS,
      now: () => now,
    });
  });
  afterEach(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });

  it('attack: asking again while records arrive shows the same; what comes late is in no figure', async () => {
    const first = await publications.publish('2019-01');
    uses.push(use('late', 'hill', 8), ...crowd(5, 'mill', [8]));
    expect(await publications.publish('2019-01')).toEqual(first);
    expect(await publications.read('2019-01')).toEqual(first);
    now += 31 * 86_400;
    const next = await publications.publish('2019-02');
    expect(next.cells).toEqual([]);
    expect((await publications.list(undefined, 10)).map(({ period }) => period)).toEqual(['2019-02', '2019-01']);
    expect((await publications.list('2019-02', 10)).map(({ period }) => period)).toEqual(['2019-01']);
  });

  it('attack: a month is not published before it is over, so that two states of it cannot be compared', async () => {
    // 2019-02-03 23:59:59 and 2019-02-04 00:00:00 in Oslo.
    now = 1_549_234_799;
    await expect(publications.publish('2019-01')).rejects.toMatchObject({ code: 'E_PERIOD_OPEN' });
    await expect(publications.read('2019-01')).rejects.toMatchObject({ code: 'E_PERIOD_UNKNOWN' });
    now += 1;
    expect((await publications.publish('2019-01')).cells).toHaveLength(1);
    await expect(publications.publish('2031-01')).rejects.toMatchObject({ code: 'E_PERIOD_OPEN' });
  });

  it('publishes one state where two ask at once', async () => {
    const [a, b] = await Promise.all([publications.publish('2019-01'), publications.publish('2019-01')]);
    expect(a).toEqual(b);
  });
});
