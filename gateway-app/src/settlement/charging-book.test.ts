import {
  type ChargingRecordEntry,
  chargingStatement,
  chargingTransaction,
  holdsLedgerStatement,
  recordedEnergyWh,
  subjectCommitment,
  vehicleCommitment,
} from '@chargecast/protocol';
import { ready, Role, toHex } from '@chargecast/signcryption';
import { type HolderKey } from '@chargecast/signcryption/holder';
import { nodePrimitives } from '@chargecast/signcryption/primitives/node';
import { World } from '@chargecast/signcryption/testing/world';
import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CodedError } from '../common/errors';
import { silentLogger } from '../common/log';
import { type Order } from '../opening';
import { type Outcome } from '../rpc';
import { openSealedStore, orderedKey, type Store } from '../store';
import { GroupCommit } from '../store/group-commit';
import { eventually } from '../testing/test-network';
import { ChargingBook } from './charging-book';
import { condensed, ordered } from './meter-course';
import { type TransactionNews, type TransactionSource } from './transaction-source';

const SESSION = '5e'.repeat(16);
const VEHICLE = 'fe'.repeat(16);
const COMMITMENT = 'fd'.repeat(32);
const TERMS = '7e'.repeat(32);
const SENDER = 'c5'.repeat(16);
const START = 1_545_388_380;

let directory: string;
let store: Store;
let world: World;
let pile: HolderKey;
let news: TransactionNews[];
let wake: () => void;
let taken: ChargingRecordEntry[];
let refusal: Outcome | Error | undefined;
let stop: AbortController;
let books: ChargingBook[];

const source: TransactionSource = {
  after: async (position) => news.filter((each) => each.position > position).slice(0, 2),
  changed: () => new Promise((resolve) => (wake = resolve)),
  startOf: async (_, transactionId) =>
    transactionId.startsWith('local') ? undefined : { commandId: `start ${transactionId}`, sender: SENDER },
};

beforeAll(ready);
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'book-'));
  store = await openSealedStore(join(directory, 'db'), join(directory, 'key'));
  world = new World();
  pile = await world.enrol('pile', Role.CP);
  [news, taken, refusal, books, wake] = [[], [], undefined, [], (): void => undefined];
  stop = new AbortController();
});
afterEach(async () => {
  await close();
  await store.close();
  rmSync(directory, { recursive: true });
});

async function close(): Promise<void> {
  stop.abort();
  wake();
  await Promise.all(books.splice(0).map((book) => book.stopped()));
}

async function open(): Promise<ChargingBook> {
  stop = new AbortController();
  const book = await ChargingBook.open({
    store: store.sub('book'),
    writes: new GroupCommit(store),
    source,
    params: world.params,
    pile: () => ({ key: pile }),
    chargedOf: (session) => (session === SESSION ? { vehicle: VEHICLE, commitment: COMMITMENT } : undefined),
    send: async (entries) => {
      if (refusal instanceof Error) throw refusal;
      const answer = refusal ?? { status: 'committed', code: '', message: '', transactionId: 'tx' };
      if (answer.status === 'committed') taken.push(...entries.map((each) => JSON.parse(each) as ChargingRecordEntry));
      return entries.map(() => answer);
    },
    log: silentLogger(),
    stopping: stop.signal,
  });
  books.push(book);
  return book;
}

const order = (transactionId: string): Order => ({
  unit: 'P1',
  sender: SENDER,
  commandId: `start ${transactionId}`,
  kind: 'control',
  action: 'RequestStartTransaction',
  payload: { remoteStartId: 1, customData: { vendorId: 'chargecast', terms: TERMS } },
  session: SESSION,
  at: START,
});

async function note(book: ChargingBook, transactionId: string): Promise<void> {
  await book.noting({ act: async () => ({ outcome: 'done' }) }).act(order(transactionId));
}

function tell(
  transactionId: string,
  events: readonly (readonly [seqNo: number, at: number, importWh: number])[],
): void {
  const last = Math.max(...events.map(([seqNo]) => seqNo));
  for (const [seqNo, at, importWh] of events) {
    news.push({
      position: orderedKey(news.length + 1),
      pile: 'P1',
      transactionId,
      seqNo,
      at: START + at,
      isStart: seqNo === 0,
      isEnd: seqNo === last,
      readings: [{ at: START + at, importWh, exportWh: 0 }],
    });
  }
  wake();
}

const record = (count: number): Promise<ChargingRecordEntry[]> =>
  eventually(() => (taken.length >= count ? taken : undefined), `${count} records`);

test('a transaction whose events are complete is one record under the pile’s signature', async () => {
  const book = await open();
  await note(book, 'a');
  tell('a', [
    [0, 0, 1_000],
    [1, 3_600, 4_000],
    [2, 7_200, 4_000],
    [3, 9_000, 4_000],
  ]);
  const [entry] = (await record(1)) as [ChargingRecordEntry];
  expect(entry).toMatchObject({
    transaction: chargingTransaction(SESSION),
    meter: toHex(pile.record.f),
    vehicle: vehicleCommitment({ vehicle: VEHICLE, session: SESSION }),
    subject: subjectCommitment({ certificate: COMMITMENT, session: SESSION }),
    terms: TERMS,
  });
  expect(recordedEnergyWh(entry)).toBe(3_000);
  expect(entry.readings.map(({ at }) => at - START)).toEqual([0, 3_600, 7_200, 9_000]);
  const statement = chargingStatement(entry);
  expect(holdsLedgerStatement(nodePrimitives, world.params, toHex(pile.Q), statement, entry.signature)).toBe(true);
  expect(JSON.stringify(entry)).not.toMatch(new RegExp(`${SESSION}|${VEHICLE}|${COMMITMENT}|${SENDER}`));
});

test('events in any order, and a restart between any two, give the same record once', async () => {
  await note(await open(), 'a');
  const events = [
    [2, 7_200, 4_000],
    [0, 0, 1_000],
    [3, 9_000, 4_500],
    [1, 3_600, 2_000],
  ] as const;
  for (const [seqNo, at, importWh] of events) {
    news.push({
      position: orderedKey(news.length + 1),
      pile: 'P1',
      transactionId: 'a',
      seqNo,
      at: START + at,
      isStart: seqNo === 0,
      isEnd: seqNo === 3,
      readings: [{ at: START + at, importWh, exportWh: 0 }],
    });
    await close();
    await open();
  }
  const [entry] = (await record(1)) as [ChargingRecordEntry];
  expect(entry.readings.map(({ importWh }) => importWh)).toEqual([1_000, 2_000, 4_000, 4_500]);
  await close();
  await open();
  tell('local', [
    [0, 0, 0],
    [1, 60, 10],
  ]);
  await note(books[0] as ChargingBook, 'b');
  tell('b', [
    [0, 9_001, 4_500],
    [1, 9_900, 5_000],
  ]);
  const second = (await record(2))[1] as ChargingRecordEntry;
  expect([taken.length, second.transaction]).toEqual([2, chargingTransaction(SESSION, 1)]);
});

test('a record waits, over a restart, for a gateway that takes it', async () => {
  refusal = new CodedError('E_LEDGER_UNAVAILABLE', 'the gateway is away');
  const book = await open();
  await note(book, 'a');
  tell('a', [
    [0, 0, 0],
    [1, 60, 10],
  ]);
  await eventually(() => book.counts.waiting === 1 || undefined, 'the record to wait');
  await close();
  refusal = { status: 'refused', code: 'E_RECORD_NOT_COUNTED', message: 'not yet', transactionId: '' };
  const again = await open();
  expect(again.counts.waiting).toBe(1);
  refusal = undefined;
  await record(1);
  await eventually(() => again.counts.waiting === 0 || undefined, 'the record to be taken');
});

test('what the ledger refuses for good is kept apart', async () => {
  refusal = { status: 'refused', code: 'E_CHARGING_METER', message: 'revoked', transactionId: '' };
  const book = await open();
  await note(book, 'a');
  tell('a', [
    [0, 0, 0],
    [1, 60, 10],
  ]);
  const kept = await eventually(async () => {
    for await (const each of book.refused()) return each;
    return undefined;
  }, 'the refusal');
  expect(kept).toMatchObject({ code: 'E_CHARGING_METER', entry: { transaction: chargingTransaction(SESSION) } });
});

test('a course is condensed to what its price needs', () => {
  const anyCourse = fc.array(fc.tuple(fc.integer({ min: 1, max: 5_000 }), fc.nat(3)), { minLength: 1, maxLength: 900 });
  fc.assert(
    fc.property(anyCourse, (steps) => {
      let [at, importWh] = [START, 0];
      const readings = steps.map(([seconds, wh]) => ({ at: (at += seconds), importWh: (importWh += wh), exportWh: 0 }));
      const kept = condensed(ordered(readings));
      expect(kept.length).toBeLessThanOrEqual(Math.min(200, readings.length));
      expect([kept[0], kept.at(-1)]).toEqual([readings[0], readings.at(-1)]);
      expect(readings).toEqual(expect.arrayContaining(kept));
    }),
  );
});
