/** What stations tell, over real WebSockets: kept before it is acknowledged, once, with gaps seen. */
import type { SimulatedStation } from '../stations';
import { speedClock } from '../stations';
import { commands, StationScene } from '../testing/station-scene';
import { eventually } from '../testing/test-network';
import { JOURNAL_START } from './journal';
import { energyWh, missingOf } from './transaction';

let scene: StationScene;

beforeEach(async () => {
  scene = await StationScene.start({ callMs: 2000 });
});
afterEach(() => scene.stop());

const SESSION = new Uint8Array(16).fill(5);
const NAME = '05'.repeat(16);

const online = (station: SimulatedStation): Promise<true> =>
  eventually(() => station.isOnline || undefined, 'the station to be online');

const delivered = (station: SimulatedStation): Promise<true> =>
  eventually(() => station.waiting === 0 || undefined, 'everything to be delivered');

function event(transactionId: string, seqNo: number, change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    eventType: seqNo === 0 ? 'Started' : 'Updated',
    timestamp: new Date(seqNo * 1000).toISOString(),
    triggerReason: 'MeterValuePeriodic',
    seqNo,
    transactionInfo: { transactionId },
    ...change,
  };
}

function metered(value: number, second: number, change: Record<string, unknown> = {}): Record<string, unknown> {
  return { meterValue: [{ timestamp: new Date(second * 1000).toISOString(), sampledValue: [{ value, ...change }] }] };
}

test('every message of a strict station is taken, kept in order, and given to a reader from its place on', async () => {
  const station = await scene.scripted({});
  const boot = { reason: 'PowerUp', chargingStation: { model: 'M', vendorName: 'V' } };
  expect(await station.tell('BootNotification', boot)).toMatchObject({ status: 'Accepted', interval: 300 });
  expect(await station.tell('Heartbeat', {})).toHaveProperty('currentTime');
  const report = { requestId: 1, generatedAt: '2026-01-01T00:00:00Z', seqNo: 0 };
  expect(await station.tell('NotifyReport', report)).toEqual({});
  const idToken = { idToken: 'CARD', type: 'ISO14443' };
  expect(await station.tell('Authorize', { idToken })).toEqual({ idTokenInfo: { status: 'Unknown' } });
  const started = event('tx', 0, { idToken });
  expect(await station.tell('TransactionEvent', started)).toEqual({ idTokenInfo: { status: 'Unknown' } });
  const { journal } = scene.stations;
  const events = await journal.after(JOURNAL_START);
  expect(events.map(({ message }) => message)).toEqual(['BootNotification', 'NotifyReport', 'TransactionEvent']);
  expect(await journal.after(events[1]?.position as string)).toEqual(events.slice(2));
  await journal.prune(events[2]?.position as string, []);
  expect(await journal.after(JOURNAL_START)).toEqual(events.slice(2));
});

test('what does not fit the standard’s schema is not taken', async () => {
  const station = await scene.scripted({});
  await expect(station.tell('TransactionEvent', { ...event('tx', 0), surplus: 1 })).rejects.toMatchObject({
    rpcErrorCode: 'PropertyConstraintViolation',
  });
  await expect(station.tell('MeterValues', { evseId: 'one', meterValue: [] })).rejects.toHaveProperty('rpcErrorCode');
  await expect(station.tell('Improvise', {})).rejects.toMatchObject({ rpcErrorCode: 'NotImplemented' });
  expect(await scene.stations.journal.after(JOURNAL_START)).toEqual([]);
});

test('an event told twice is kept once; a gap in seqNo is seen until it is filled', async () => {
  const station = await scene.scripted({});
  const tell = (seqNo: number, change?: Record<string, unknown>): Promise<unknown> =>
    station.tell('TransactionEvent', event('tx', seqNo, change));
  await tell(0, metered(1, 0, { unitOfMeasure: { unit: 'kWh' } }));
  await tell(0, metered(1, 0, { unitOfMeasure: { unit: 'kWh' } }));
  await tell(3, { eventType: 'Ended', offline: true, ...metered(3500, 3) });
  const { journal } = scene.stations;
  const [start, end] = await journal.after(JOURNAL_START);
  expect(journal.repeated).toBe(1);
  expect(end).toMatchObject({ payload: { seqNo: 3, offline: true } });
  expect(start?.position.localeCompare(end?.position as string)).toBe(-1);
  const gappy = await journal.transaction('P1', 'tx');
  expect(gappy && missingOf(gappy)).toEqual([1, 2]);
  await tell(2);
  await tell(1, metered(2000, 1));
  const whole = await journal.transaction('P1', 'tx');
  expect(whole && missingOf(whole)).toEqual([]);
  expect(whole && energyWh(whole)).toBe(2500);
});

test('energy given back counts negative; a signed reading is kept as it was signed', async () => {
  const station = await scene.scripted({});
  const signedMeterValue = { signedMeterData: 'AA==', signingMethod: 'S', encodingMethod: 'OCMF', publicKey: 'BB==' };
  const both = (imported: number, given: number, second: number): Record<string, unknown> => ({
    meterValue: [
      {
        timestamp: new Date(second * 1000).toISOString(),
        sampledValue: [
          { value: imported, measurand: 'Energy.Active.Import.Register', signedMeterValue },
          { value: given, measurand: 'Energy.Active.Export.Register' },
          { value: 9, measurand: 'Energy.Active.Import.Register', phase: 'L1' },
        ],
      },
    ],
  });
  await station.tell('TransactionEvent', event('tx', 0, both(100, 50, 0)));
  await station.tell('TransactionEvent', event('tx', 1, { eventType: 'Ended', ...both(150, 900, 9) }));
  const transaction = await scene.stations.journal.transaction('P1', 'tx');
  expect(transaction && energyWh(transaction)).toBe(-800);
  expect(transaction?.signed.map(({ signed }) => signed)).toEqual([signedMeterValue, signedMeterValue]);
});

test('a station that was cut off delivers what happened meanwhile, in order and marked as late', async () => {
  const clock = speedClock(3600);
  const station = await scene.simulated({ clock, meterSeconds: 600 });
  await online(station);
  station.plugIn(1, { energyWh: 5000, maxW: 10_000 });
  await scene.act(commands.start(), SESSION);
  await delivered(station);
  await station.goOffline();
  const { journal } = scene.stations;
  const before = await journal.after(JOURNAL_START);
  await eventually(() => station.evse(1).registerWh === 5000 || undefined, 'the vehicle to be full');
  station.unplug(1);
  station.goOnline();
  await online(station);
  await delivered(station);
  const late = (await journal.after(before.at(-1)?.position as string)).filter(
    ({ message }) => message === 'TransactionEvent',
  );
  expect(late.every(({ payload }) => payload['offline'] === true)).toBe(true);
  const transaction = await journal.ofSession(NAME);
  expect(transaction && missingOf(transaction)).toEqual([]);
  expect(transaction && energyWh(transaction)).toBe(5000);
  expect(transaction).toMatchObject({ stoppedReason: 'EVDisconnected' });
});

test('what is acknowledged survives a crash; what was not is told again', async () => {
  const station = await scene.simulated();
  await online(station);
  station.plugIn(1, { maxW: 7000 });
  await scene.act(commands.start(), SESSION);
  await delivered(station);
  const before = await scene.stations.journal.after(JOURNAL_START);
  await scene.crash();
  station.unplug(1);
  expect(station.waiting).toBeGreaterThan(0);
  await scene.restart();
  await online(station);
  await delivered(station);
  const { journal } = scene.stations;
  expect((await journal.after(JOURNAL_START)).slice(0, before.length)).toEqual(before);
  const transaction = await journal.ofSession(NAME);
  expect(transaction?.endedAt).toBeDefined();
  expect(transaction && missingOf(transaction)).toEqual([]);
});

test('a reader that waits is woken by the next event', async () => {
  const station = await scene.scripted({});
  const changed = scene.stations.journal.changed();
  await station.tell('TransactionEvent', event('tx', 0));
  await changed;
  expect(await scene.stations.journal.after(JOURNAL_START)).toHaveLength(1);
});
