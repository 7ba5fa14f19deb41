/** kill −9 of a charging station and of its pile's agent in the middle of calls and transactions, in processes of their own. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { ChargingSite, type Strike, until } from './testing/charging-site';

const PATIENCE = 900_000;
const LIMIT_W = 9000;

/**
 * The agent writes in its dispatch log that it calls, calls, and writes what was answered. Killed before the station heard;
 * when the station has acted and its answer is lost; and around the moment at which the answer is written.
 */
const OFFSETS: readonly Pick<Strike, 'afterMs'>[] = [{}, { afterMs: 0 }, { afterMs: 6 }];
const CALLS = ['RequestStartTransaction', 'SetChargingProfile', 'RequestStopTransaction'] as const;

interface Death extends Omit<Strike, 'at'> {
  readonly part: 'call' | 'answer';
}

const profile = {
  id: 7,
  stackLevel: 0,
  chargingProfilePurpose: 'TxDefaultProfile',
  chargingProfileKind: 'Absolute',
  chargingSchedule: [
    {
      id: 1,
      startSchedule: '2025-01-05T10:00:00.000Z',
      chargingRateUnit: 'W',
      chargingSchedulePeriod: [{ startPeriod: 0, limit: LIMIT_W }],
    },
  ],
};

let site: ChargingSite;
beforeAll(async () => {
  site = await ChargingSite.start();
}, PATIENCE);
afterAll(() => site.stop(), PATIENCE);

let sessions = 0;

/** One session, each of its calls to the station struck; `midway` happens while energy flows. */
async function session(
  deaths: readonly Death[],
  midway: () => Promise<void> = () => site.tells('Updated', 2),
): Promise<void> {
  const struck = async (action: (typeof CALLS)[number], deed: () => Promise<unknown>): Promise<void> => {
    const death = deaths[CALLS.indexOf(action)];
    const strike = death && site.strike({ ...death, at: { from: 'agent', action, part: death.part } });
    await Promise.all([strike, deed()]);
  };
  let id = '';
  await struck('RequestStartTransaction', async () => {
    const started = site.tells('Started');
    id = await site.plugIn();
    await started;
  });
  await midway();
  await struck('SetChargingProfile', async () => {
    const state = await site.command('SetChargingProfile', { evseId: 0, chargingProfile: profile });
    expect(state).toMatchObject({ state: 'delivered', station: 'accepted' });
  });
  await struck('RequestStopTransaction', async () => {
    const ended = site.tells('Ended');
    const state = await site.command('RequestStopTransaction', { transactionId: id });
    expect(state).toMatchObject({ state: 'delivered', station: 'accepted' });
    await ended;
  });
  await site.unplug();
  sessions += 1;
}

async function written(): Promise<number> {
  const files = (await readdir(site.stationData)).filter((file) => file.endsWith('.log'));
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(site.stationData, file))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

test.each(OFFSETS)(
  'the agent is killed %j of the call',
  async (offset) => {
    const kills = site.kills;
    await session(CALLS.map(() => ({ victim: 'agent', part: 'call', ...offset })));
    expect(site.kills).toBe(kills + CALLS.length);
  },
  PATIENCE,
);

test(
  'the agent is killed as the station’s answer comes, before, while and after it writes it',
  async () => {
    const kills = site.kills;
    await session([
      { victim: 'agent', part: 'answer' },
      { victim: 'agent', part: 'answer', afterMs: 0 },
      { victim: 'agent', part: 'answer', afterMs: 5 },
    ]);
    expect(site.kills).toBe(kills + CALLS.length);
  },
  PATIENCE,
);

test(
  'the station is killed before it hears a call, and when it has obeyed and its answer is lost',
  async () => {
    const kills = site.kills;
    await session(CALLS.map(() => ({ victim: 'station', part: 'call' })));
    await session(CALLS.map(() => ({ victim: 'station', part: 'answer' })));
    expect(site.kills).toBe(kills + 2 * CALLS.length);
  },
  PATIENCE,
);

test(
  'the station is killed as it tells of its transaction, and with messages queued while it was cut off',
  async () => {
    const kills = site.kills;
    const events = (part: 'call' | 'answer') => ({ from: 'station', action: 'TransactionEvent', part }) as const;
    await session([], async () => {
      await site.strike({ victim: 'station', at: { ...events('call'), eventType: 'Updated' } });
      await site.strike({ victim: 'station', at: { ...events('answer'), eventType: 'Updated' } });
      await site.strike({ victim: 'agent', at: { ...events('answer'), eventType: 'Updated' } });
      await site.cutLine();
      const before = await written();
      await until(
        async () => ((await written()) > before + 8_192 ? true : undefined),
        'messages on the station’s disk',
      );
      await site.killStation();
      const { outgoing } = await site.stationState();
      expect(outgoing.filter(({ action }) => action === 'TransactionEvent').length).toBeGreaterThan(1);
      site.mendLine();
      await Promise.all([site.tells('Updated', outgoing.length), site.startStation()]);
    });
    expect(site.kills).toBe(kills + 4);
  },
  PATIENCE,
);

test(
  'each session has one record, one bill, one settlement; energy and money are those of the meter',
  async () => {
    const { stated, station, records, energyWh, recomputedMinor, chargedMinor } = await site.settled(sessions);
    expect(sessions).toBe(7);
    expect([stated.length, records]).toEqual([sessions, sessions]);
    const [evse] = station.evses;
    expect(energyWh).toBe(Math.round(evse?.meterWh ?? Number.NaN));
    expect(energyWh).toBeGreaterThan(0);
    const billed = stated.map(({ bill }) => (JSON.parse(bill) as { totalMinor: number }).totalMinor);
    const settled = stated.map(({ settledMinor }) => settledMinor);
    expect(settled).toEqual(billed);
    const sum = billed.reduce((total, minor) => total + minor, 0);
    expect([recomputedMinor, chargedMinor]).toEqual([sum, sum]);

    const begun = new Set(site.acknowledged.map(({ transactionId }) => transactionId));
    expect(begun.size).toBe(sessions);
    expect(station.outgoing).toEqual([]);
    expect(station.profiles).toHaveLength(1);
    expect(station.profiles[0]?.profile.chargingSchedule[0]?.chargingSchedulePeriod[0]?.limit).toBe(LIMIT_W);
  },
  PATIENCE,
);
