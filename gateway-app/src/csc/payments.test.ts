import { ownSessions, type OwnSession } from './owner-account';
import { ALICE, BOB, ChargingBooks, MIDNIGHT } from './testing/charging-books';

let books: ChargingBooks;

beforeEach(async () => void (books = await ChargingBooks.open()));
afterEach(() => books.close());

const [FIRST, SECOND, THIRD] = ['5a', '5b', '5c'].map((byte) => ({ session: byte.repeat(16) })) as [
  { session: string },
  { session: string },
  { session: string },
];
const stateOf = (transaction: string, customer: string = ALICE): OwnSession['state'] | undefined =>
  ownSessions(books.charging, customer).find((session) => session.transaction === transaction)?.state;

test('a bill goes to the pile at once where nobody chose otherwise', async () => {
  const transaction = await books.charge(ALICE, FIRST);
  expect(books.charging.paymentOf(ALICE)).toBe('automatic');
  expect(await books.isSent(transaction)).toBe(true);
  expect(stateOf(transaction)).toBe('billed');
});

test('where the customer confirms, the bill waits for it, over restarts, and is settled once', async () => {
  await books.charging.choosePayment(ALICE, 'confirm');
  const transaction = await books.charge(ALICE, FIRST);
  const others = await books.charge(BOB, SECOND);
  await books.restart();
  await books.charging.pump();
  expect(await Promise.all([books.isSent(transaction), books.isSent(others)])).toEqual([false, true]);
  expect(stateOf(transaction)).toBe('awaiting');
  await books.charging.confirm(ALICE, transaction);
  await books.charging.confirm(ALICE, transaction);
  expect(await books.isSent(transaction)).toBe(true);
  expect(stateOf(transaction)).toBe('billed');
  await books.restart();
  await books.charging.pump();
  expect(stateOf(transaction)).toBe('billed');
  await books.settle(transaction);
  expect(stateOf(transaction)).toBe('settled');
  expect(books.charging.totals).toMatchObject({ billed: 2, settled: 1, settledMinor: 2_000 });
});

test('back to automatic, what waits is charged; a bill on its way is not called back', async () => {
  const before = await books.charge(ALICE, FIRST);
  await books.charging.choosePayment(ALICE, 'confirm');
  expect(stateOf(before)).toBe('billed');
  const waiting = await books.charge(ALICE, SECOND);
  expect(stateOf(waiting)).toBe('awaiting');
  await books.charging.choosePayment(ALICE, 'automatic');
  expect(await books.isSent(waiting)).toBe(true);
  await books.restart();
  expect(books.charging.paymentOf(ALICE)).toBe('automatic');
});

test('nobody confirms another customer’s bill, nor one that is not made', async () => {
  await books.charging.choosePayment(ALICE, 'confirm');
  const transaction = await books.charge(ALICE, FIRST);
  await expect(books.charging.confirm(BOB, transaction)).rejects.toMatchObject({ code: 'E_SESSION_UNKNOWN' });
  await expect(books.charging.confirm(ALICE, 'ff'.repeat(16))).rejects.toMatchObject({ code: 'E_SESSION_UNKNOWN' });
  expect(stateOf(transaction)).toBe('awaiting');
  const open = await books.plugIn(ALICE, SECOND);
  expect(stateOf(open)).toBe('open');
  await expect(books.charging.confirm(ALICE, open)).rejects.toMatchObject({ code: 'E_SESSION_OPEN' });
});

test('a customer sees its own sessions alone, newest first, by month', async () => {
  const january = await books.charge(ALICE, FIRST);
  const february = await books.charge(ALICE, { ...SECOND, endedAt: MIDNIGHT + 7_200 });
  await books.charge(BOB, THIRD);
  const seen = (month?: string): string[] =>
    ownSessions(books.charging, ALICE, month).map(({ transaction }) => transaction);
  expect(seen()).toEqual([february, january]);
  expect(seen('2019-01')).toEqual([january]);
  expect(ownSessions(books.charging, ALICE)[0]?.bill).toMatchObject({ totalMinor: 2_000, energyWh: 10_000 });
  expect(ownSessions(books.charging, 'esp1/nobody')).toEqual([]);
});
