import {
  chargingCommandId,
  chargingKey,
  type ChargingRecordEntry,
  chargingTransaction,
  vehicleCommitment,
} from '@chargecast/protocol';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { silentLogger } from '../common/log';
import { checkCommand } from '../ocpp';
import { parseTariff } from '../pricing';
import { type AppliedBlock } from '../replica';
import { openSealedStore, type Store } from '../store';
import { Charging } from './charging';
import { type OutboxCommand } from './command';
import { Outbox } from './outbox';
import { Sessions } from './sessions';
import { statementOf } from './statement';

const TARIFF = parseTariff({ id: 't', currency: 'NOK', zone: 'Europe/Oslo', perMwh: 200_000, perSession: 400 });
const SESSION = '5e'.repeat(16);
const VEHICLE = 'fe'.repeat(16);
const PILE = 'b1'.repeat(16);
const TRANSACTION = chargingTransaction(SESSION);
const START = 1_548_975_600; // 2019-02-01 00:00 in Oslo

let directory: string;
let store: Store;
let outbox: Outbox;
let sessions: Sessions;
let charging: Charging;
let customer: string | undefined;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'charging-'));
  store = await openSealedStore(join(directory, 'db'), join(directory, 'key'));
  customer = 'esp1/contract-1';
  await restart();
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

/** As after kill −9: nothing is known but what lies on disk. */
async function restart(): Promise<void> {
  outbox = await Outbox.load(store.sub('outbox'), () => 1_000);
  sessions = await Sessions.load(store);
  charging = await Charging.load({
    store: store.sub('charging'),
    tariff: TARIFF,
    outbox,
    directory: { customerOf: () => customer },
    sessions,
    logger: silentLogger(),
    now: () => START,
    added: () => undefined,
  });
}

async function plugIn(): Promise<void> {
  const batch = store.batch();
  const plugged = { pile: PILE, session: SESSION, since: START };
  if (sessions.plugIn(VEHICLE, plugged, batch)) charging.plugged(VEHICLE, plugged, batch);
  await batch.commit();
}

const salt = (): string => [...charging.accounts()].map((account) => account.salt)[0] as string;
const idOf = (purpose: 'start' | 'bill'): string => chargingCommandId(salt(), purpose, TRANSACTION);
const commands = (): readonly OutboxCommand[] => outbox.due();

async function termsAnnounced(): Promise<string> {
  const start = (await outbox.command(idOf('start'))) as OutboxCommand;
  return (start.payload['customData'] as { readonly terms: string }).terms;
}

async function recordOf(change: Partial<ChargingRecordEntry> = {}): Promise<ChargingRecordEntry> {
  return {
    transaction: TRANSACTION,
    meter: PILE,
    vehicle: vehicleCommitment({ vehicle: VEHICLE, session: SESSION }),
    subject: '0c'.repeat(32),
    terms: await termsAnnounced(),
    readings: [
      { at: START - 7_200, importWh: 100, exportWh: 0 },
      { at: START - 1, importWh: 10_100, exportWh: 0 },
    ],
    signature: '00'.repeat(64),
    ...change,
  };
}

async function apply(record: ChargingRecordEntry, valid = true): Promise<void> {
  const write = {
    namespace: 'chargecast',
    key: chargingKey(record.transaction),
    value: Buffer.from(JSON.stringify(record)),
    isDelete: false,
  };
  const block = { transactions: [{ chaincode: 'chargecast', valid, writes: [write] }] };
  const batch = store.batch();
  charging.apply({ channel: 'datachain', block } as unknown as AppliedBlock, batch);
  if (batch.size > 0) await batch.commit();
}

async function receipt(id: string): Promise<void> {
  await outbox.deliver(id, undefined, charging.settle(id));
}

test('from plug-in to settlement, killed between any two steps: one start, one bill, one settlement', async () => {
  await plugIn();
  await restart();
  await charging.pump();
  await restart();
  await charging.pump();
  const [start, ...others] = commands();
  expect([start?.id, start?.customer, others]).toEqual([idOf('start'), 'esp1/contract-1', []]);
  expect(() => checkCommand('control', 'RequestStartTransaction', start?.payload)).not.toThrow();

  const record = await recordOf();
  await receipt(idOf('start'));
  await apply(record);
  await restart();
  await apply(record);
  await charging.pump();
  await restart();
  await charging.pump();
  const [bill, ...more] = commands();
  expect([bill?.id, bill?.customer, more]).toEqual([idOf('bill'), `record:${PILE}`, []]);
  expect(() => checkCommand('billing', 'Bill', bill?.payload)).not.toThrow();
  expect(charging.totals).toMatchObject({ billed: 1, settled: 0, billedMinor: 2_400, settledMinor: 0 });

  await receipt(idOf('bill'));
  await restart();
  await receipt(idOf('bill'));
  await charging.pump();
  expect(commands()).toEqual([]);
  expect(charging.totals).toEqual({
    transactions: 1,
    billed: 1,
    settled: 1,
    disputed: 0,
    energyWh: 10_000,
    billedMinor: 2_400,
    settledMinor: 2_400,
  });
});

test('a start waits until the provider has said whose vehicle it is', async () => {
  customer = undefined;
  await plugIn();
  await charging.pump();
  expect(commands()).toEqual([]);
  customer = 'esp1/contract-1';
  await charging.pump();
  expect(commands()).toHaveLength(1);
});

test('a start that was not carried out ends with its session', async () => {
  await plugIn();
  await charging.pump();
  const batch = store.batch();
  sessions.unplug(VEHICLE, SESSION, batch);
  await batch.commit();
  await charging.unplugged(SESSION);
  expect(await outbox.command(idOf('start'))).toMatchObject({ stage: 'failed', code: 'E_SESSION_ENDED' });
  await restart();
  await charging.pump();
  expect(commands()).toEqual([]);
});

test.each([
  ['another meter', { meter: '00'.repeat(16) }, 'E_RECORD_METER'],
  ['another vehicle', { vehicle: '00'.repeat(32) }, 'E_RECORD_VEHICLE'],
  ['other terms', { terms: '00'.repeat(32) }, 'E_TERMS'],
])('a record of %s is disputed, not billed', async (_, change, code) => {
  await plugIn();
  await charging.pump();
  await apply(await recordOf(change));
  await charging.pump();
  expect(commands().map(({ action }) => action)).toEqual(['RequestStartTransaction']);
  expect(charging.totals).toMatchObject({ billed: 0, disputed: 1 });
  expect(statementOf(charging, '')).toMatchObject([{ state: 'disputed', code }]);
});

test('what did not become valid on the chain bills nobody', async () => {
  await plugIn();
  await charging.pump();
  await apply(await recordOf(), false);
  expect(charging.totals.billed).toBe(0);
});

test('a month’s statement goes by the clocks of the tariff', async () => {
  await plugIn();
  await charging.pump();
  await apply(await recordOf());
  expect(statementOf(charging, '2019-01')).toMatchObject([
    { transaction: TRANSACTION, customer: 'esp1/contract-1', state: 'billed', settledMinor: 0 },
  ]);
  expect(statementOf(charging, '2019-02')).toEqual([]);
  expect(() => statementOf(charging, '2019-13')).toThrow(expect.objectContaining({ code: 'E_MONTH' }) as Error);
});
