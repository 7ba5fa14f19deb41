import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parseOsloTime } from './oslo-time';
import { assignPiles, type PlacedSession } from './piles';
import { type ChargingSession, readSessions, skipCounts } from './reader';
import { SMALL_SYNTHETIC, syntheticSessions } from './synthetic';

const HEADER = 'session_ID;Garage_ID;User_ID;Start_plugin;End_plugout;El_kWh';
const GOOD = '1;G1;G1-1;21.12.2018 10:20;21.12.2018 10:23;0,3';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sessions-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(text: string | Buffer): Promise<string> {
  const path = join(folder, 'sessions.csv');
  await writeFile(path, text);
  return path;
}

const read = async (...rows: string[]): ReturnType<typeof readSessions> =>
  readSessions(await fileOf([HEADER, ...rows].join('\r\n')));

describe('local time', () => {
  it('follows winter and summer time', () => {
    expect(parseOsloTime('21.12.2018 10:20')).toEqual({ unixSeconds: Date.UTC(2018, 11, 21, 9, 20) / 1000 });
    expect(parseOsloTime('21.06.2019 10:20')).toEqual({ unixSeconds: Date.UTC(2019, 5, 21, 8, 20) / 1000 });
  });

  it('takes the first of the two autumn hours, and keeps order across the change', () => {
    expect(parseOsloTime('27.10.2019 02:30')).toEqual({ unixSeconds: Date.UTC(2019, 9, 27, 0, 30) / 1000 });
    expect(parseOsloTime('27.10.2019 03:00')).toEqual({ unixSeconds: Date.UTC(2019, 9, 27, 2, 0) / 1000 });
  });

  it.each([
    ['31.03.2019 02:30', 'skipped by summer time'],
    ['31.02.2019 12:00', 'syntax'],
    ['01.01.2019 24:00', 'syntax'],
    ['01.01.2019 12:60', 'syntax'],
    ['2019-01-01 12:00', 'syntax'],
    ['1.1.2019 12:00', 'syntax'],
  ])('%s: %s', (text, fault) => expect(parseOsloTime(text)).toEqual({ fault }));
});

describe('reading sessions', () => {
  it('takes a row with both times and an energy, to the watt-hour', async () => {
    const { sessions, skipped } = await read(GOOD);
    expect(skipped).toEqual([]);
    expect(sessions).toEqual([
      { id: '1', garage: 'G1', vehicle: 'G1-1', start: 1545384000, end: 1545384180, energyWh: 300 },
    ]);
  });

  it('copes with a byte order mark, bare line feeds, blank lines, spaces and columns it does not know', async () => {
    const path = await fileOf(`\ufeffextra;${HEADER}\n\nx; ${GOOD.replaceAll(';', ' ; ')}\n\n`);
    expect((await readSessions(path)).sessions).toHaveLength(1);
  });

  it.each([
    ['2;G1;G1-1;21.12.2018 10:20;NA;1', 'no end'],
    ['2;G1;G1-1;;21.12.2018 10:20;1', 'no start'],
    ['2;G1;G1-1;21.12.2018 10:20;21.12.2018 10:19;1', 'end before start'],
    ['2;G1;G1-1;21.12.2018 10:20;21.12.2018 10:20;NA', 'no energy'],
    ['2;G1;G1-1;21.12.2018 10:20;21.12.2018 10:20;1.5', 'energy is not a number with decimal comma'],
    ['2;G1;G1-1;21.12.2018 10:20;21.12.2018 10:20;1e9', 'energy is not a number with decimal comma'],
    ['2;G1;G1-1;21.12.2018 10:20;21.12.2018 10:20;-1,5', 'energy below zero'],
    ['2;G1;G1-1;21/12/2018 10:20;21.12.2018 10:20;1', 'start is not dd.mm.yyyy hh:mm'],
    ['2;G1;G1-1;21.12.2018 10:20;21.12.2018;1', 'end is not dd.mm.yyyy hh:mm'],
    ['2;G1;G1-1;30.03.2019 10:20;31.03.2019 02:10;1', 'a time the change to summer time skips'],
    ['NA;G1;G1-1;21.12.2018 10:20;21.12.2018 10:20;1', 'no session id'],
    ['2;NA;G1-1;21.12.2018 10:20;21.12.2018 10:20;1', 'no garage'],
    ['2;G1;;21.12.2018 10:20;21.12.2018 10:20;1', 'no vehicle'],
    [
      '2;G1;../G1;21.12.2018 10:20;21.12.2018 10:20;1',
      'an id with characters other than letters, digits, ".", "_", "-" (64 at most)',
    ],
    ['2;G1;G1-1;21.12.2018 10:20', 'wrong number of columns'],
    [GOOD, 'session id occurs more than once'],
  ])('counts and never repairs %s', async (row, reason) => {
    const { sessions, skipped } = await read(GOOD, row);
    expect(sessions).toHaveLength(1);
    expect(skipped).toEqual([{ line: 3, reason }]);
    expect(skipCounts(skipped)).toEqual([{ reason, rows: 1 }]);
  });

  it('takes a session of no length and one of no energy', async () => {
    const { sessions } = await read('2;G1;G1-1;21.12.2018 10:20;21.12.2018 10:20;0');
    expect(sessions).toMatchObject([{ energyWh: 0 }]);
  });

  it.each([
    ['nothing', '', 'is empty'],
    ['commas for semicolons', `${HEADER}\n${GOOD}`.replaceAll(';', ','), 'lacks in its first line'],
    ['a missing column', HEADER.replace('El_kWh', 'kWh'), 'El_kWh'],
    ['bytes', Buffer.alloc(40_000, 0x22), 'is not such a table'],
    ['one endless line', `${HEADER}\n${'x'.repeat(1_000_000)}`, 'is not such a table'],
  ])('says what it expects when given %s', async (_, content, told) => {
    const refused = readSessions(await fileOf(content));
    await expect(refused).rejects.toMatchObject({ code: 'E_SESSIONS_FORMAT' });
    await expect(refused).rejects.toThrow(told);
    await expect(refused).rejects.toThrow('separated by semicolons');
  });

  it('refuses a file without a usable row, a folder, and a name that is not there', async () => {
    await expect(read('2;G1;G1-1;NA;NA;NA')).rejects.toMatchObject({ code: 'E_SESSIONS_EMPTY' });
    await expect(readSessions(folder)).rejects.toMatchObject({ code: 'E_SESSIONS_FILE' });
    await expect(readSessions(join(folder, 'absent.csv'))).rejects.toMatchObject({ code: 'E_SESSIONS_FILE' });
  });
});

function overlapsAtAPile(sessions: readonly PlacedSession[]): boolean {
  const endAt = new Map<string, number>();
  return sessions.some(({ pile, start, end }) => {
    const busyUntil = endAt.get(pile) ?? -Infinity;
    endAt.set(pile, end);
    return start < busyUntil;
  });
}

describe('assigning piles', () => {
  const session = (id: string, vehicle: string, start: number, end: number, garage = 'G'): ChargingSession => ({
    id,
    garage,
    vehicle,
    start,
    end,
    energyWh: 1,
  });

  it('gives overlapping sessions of a garage different piles and reuses free ones', () => {
    const placed = assignPiles([
      session('1', 'a', 0, 10),
      session('2', 'b', 5, 15),
      session('3', 'a', 10, 20),
      session('4', 'c', 15, 20),
      session('5', 'c', 15, 20, 'H'),
    ]);
    expect(placed.map(({ pile }) => pile)).toEqual(['G-P1', 'G-P2', 'G-P1', 'G-P2', 'H-P1']);
  });

  it('lets a vehicle come back to the pile it used last', () => {
    const placed = assignPiles([session('1', 'a', 0, 9), session('2', 'b', 1, 8), session('3', 'b', 20, 30)]);
    expect(placed[2]?.pile).toBe('G-P2');
  });
});

describe('the synthetic file', () => {
  const committed = join(__dirname, '..', '..', 'data', 'synthetic-sessions.csv');

  it('is what its generator makes', async () => {
    expect(await readFile(committed, 'utf8')).toBe(syntheticSessions(SMALL_SYNTHETIC));
  });

  it('holds sessions of every vehicle, overlapping ones, and rows to skip', async () => {
    const { sessions, skipped } = await readSessions(committed);
    expect(new Set(sessions.map(({ vehicle }) => vehicle)).size).toBe(12);
    expect(sessions).toHaveLength(36);
    expect(skipCounts(skipped).map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(['no end', 'no energy', 'end before start', 'no start']),
    );
    const placed = assignPiles(sessions);
    expect(new Set(placed.map(({ pile }) => pile)).size).toBeGreaterThan(4);
    expect(overlapsAtAPile(placed)).toBe(false);
  });
});

const trondheim = process.env.CHARGECAST_TRONDHEIM ?? '';
const published = existsSync(trondheim) ? it : it.skip;

describe('the published Trondheim sessions (set CHARGECAST_TRONDHEIM to the file, doi.org/10.1016/j.dib.2021.107105)', () => {
  published('6,878 rows: 6,844 usable, 34 without an end, 24 garages', async () => {
    const { sessions, skipped } = await readSessions(trondheim);
    expect(sessions).toHaveLength(6844);
    expect(skipCounts(skipped)).toEqual([{ reason: 'no end', rows: 34 }]);
    expect(new Set(sessions.map(({ garage }) => garage)).size).toBe(24);
    expect(new Set(sessions.map(({ vehicle }) => vehicle)).size).toBe(96);
    expect(overlapsAtAPile(assignPiles(sessions))).toBe(false);
  });
});
