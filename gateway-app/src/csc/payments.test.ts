import { chargingCommandId, chargingKey, chargingTransaction, vehicleCommitment } from '@chargecast/protocol';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { silentLogger } from '../common/log';
import { parseTariff } from '../pricing';
import { type AppliedBlock } from '../replica';
import { termsOf } from '../settlement/account';
import { openSealedStore, type Store } from '../store';
import { Charging } from './charging';
import { Outbox } from './outbox';
import { ownSessions, type OwnSession } from './owner-account';
import { Sessions } from './sessions';

const TARIFF = parseTariff({ id: 't', currency: 'NOK', zone: 'Europe/Oslo', perMwh: 200_000 });
const PILE = 'b1'.repeat(16);
const START = 1_548_975_600; // 2019-02-01 00:00 in Oslo
const [ALICE, BOB] = ['esp1/alice', 'esp1/bob'];
const CUSTOMERS: Readonly<Record<string, string>> = { ['a1'.repeat(16)]: ALICE, ['b0'.repeat(16)]: BOB };

let directory: string;
let store: Store;
let outbox: Outbox;
let sessions: Sessions;
let charging: Charging;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'payments-'));
  store = await openSealedStore(join(directory, 'db'), join(directory, 'key'));
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
    directory: { customerOf: (f) => CUSTOMERS[f] },
    sessions,
    logger: silentLogger(),
    now: () => START,
    added: () => undefined,
  });
}

/** @returns the transaction of a session that is billed, as far as its customer lets it be */
async function charge(customer: string, session: string, at = START): Promise<string> {
  const vehicle = Object.keys(CUSTOMERS).find((f) => CUSTOMERS[f] === customer) as string;
  const transaction = chargingTransaction(session);
  const plugged = { pile: PILE, session, since: at };
  const plugging = store.batch();
  sessions.plugIn(vehicle, plugged, plugging);
  charging.plugged(vehicle, plugged, plugging);
  await plugging.commit();
  const record = {
    transaction,
    meter: PILE,
    vehicle: vehicleCommitment({ vehicle, session }),
    subject: '0c'.repeat(32),
    terms: termsOf(TARIFF, accountOf(transaction)),
    readings: [
      { at: at - 7_200, importWh: 100, exportWh: 0 },
      { at: at - 1, importWh: 10_100, exportWh: 0 },
    ],
    signature: '00'.repeat(64),
  };
  const write = { namespace: 'cc', key: chargingKey(transaction), value: Buffer.from(JSON.stringify(record)) };
  const block = { transactions: [{ chaincode: 'cc', valid: true, writes: [write] }] };
  const batch = store.batch();
  charging.apply({ channel: 'datachain', block } as unknown as AppliedBlock, batch);
  await batch.commit();
  await charging.pump();
  return transaction;
}

const accountOf = (transaction: string): { salt: string } =>
  [...charging.accounts()].find((account) => account.transaction === transaction) as { salt: string };
const billId = (transaction: string): string => chargingCommandId(accountOf(transaction).salt, 'bill', transaction);
const isSent = async (transaction: string): Promise<boolean> =>
  (await outbox.command(billId(transaction))) !== undefined;
const stateOf = (transaction: string, customer = ALICE): OwnSession['state'] | undefined =>
  ownSessions(charging, customer).find((session) => session.transaction === transaction)?.state;

const SESSIONS = ['5a', '5b', '5c'].map((byte) => byte.repeat(16)) as [string, string, string];

test('a bill goes to the pile at once where nobody chose otherwise', async () => {
  const transaction = await charge(ALICE, SESSIONS[0]);
  expect(charging.paymentOf(ALICE)).toBe('automatic');
  expect(await isSent(transaction)).toBe(true);
  expect(stateOf(transaction)).toBe('billed');
});

test('where the customer confirms, the bill waits for it, over restarts, and is settled once', async () => {
  await charging.choosePayment(ALICE, 'confirm');
  const transaction = await charge(ALICE, SESSIONS[0]);
  const others = await charge(BOB, SESSIONS[1]);
  await restart();
  await charging.pump();
  expect(await Promise.all([isSent(transaction), isSent(others)])).toEqual([false, true]);
  expect(stateOf(transaction)).toBe('awaiting');
  await charging.confirm(ALICE, transaction);
  await charging.confirm(ALICE, transaction);
  expect(await isSent(transaction)).toBe(true);
  expect(stateOf(transaction)).toBe('billed');
  await restart();
  await charging.pump();
  expect(stateOf(transaction)).toBe('billed');
  await outbox.deliver(billId(transaction), undefined, charging.settle(billId(transaction)));
  expect(stateOf(transaction)).toBe('settled');
  expect(charging.totals).toMatchObject({ billed: 2, settled: 1, settledMinor: 2_000 });
});

test('back to automatic, what waits is charged; a bill on its way is not called back', async () => {
  const before = await charge(ALICE, SESSIONS[0]);
  await charging.choosePayment(ALICE, 'confirm');
  expect(stateOf(before)).toBe('billed');
  const waiting = await charge(ALICE, SESSIONS[1]);
  expect(stateOf(waiting)).toBe('awaiting');
  await charging.choosePayment(ALICE, 'automatic');
  expect(await isSent(waiting)).toBe(true);
  await restart();
  expect(charging.paymentOf(ALICE)).toBe('automatic');
});

test('nobody confirms another customer’s bill, nor one that is not made', async () => {
  await charging.choosePayment(ALICE, 'confirm');
  const transaction = await charge(ALICE, SESSIONS[0]);
  await expect(charging.confirm(BOB, transaction)).rejects.toMatchObject({ code: 'E_SESSION_UNKNOWN' });
  await expect(charging.confirm(ALICE, 'ff'.repeat(16))).rejects.toMatchObject({ code: 'E_SESSION_UNKNOWN' });
  expect(stateOf(transaction)).toBe('awaiting');
  const plugged = { pile: PILE, session: SESSIONS[1], since: START };
  const batch = store.batch();
  charging.plugged('a1'.repeat(16), plugged, batch);
  await batch.commit();
  const open = chargingTransaction(SESSIONS[1]);
  expect(stateOf(open)).toBe('open');
  await expect(charging.confirm(ALICE, open)).rejects.toMatchObject({ code: 'E_SESSION_OPEN' });
});

test('a customer sees its own sessions alone, newest first, by month', async () => {
  const january = await charge(ALICE, SESSIONS[0]);
  const february = await charge(ALICE, SESSIONS[1], START + 7_200);
  await charge(BOB, SESSIONS[2]);
  expect(ownSessions(charging, ALICE).map(({ transaction }) => transaction)).toEqual([february, january]);
  expect(ownSessions(charging, ALICE, '2019-01').map(({ transaction }) => transaction)).toEqual([january]);
  expect(ownSessions(charging, ALICE)[0]?.bill).toMatchObject({ totalMinor: 2_000, energyWh: 10_000 });
  expect(ownSessions(charging, 'esp1/nobody')).toEqual([]);
});
