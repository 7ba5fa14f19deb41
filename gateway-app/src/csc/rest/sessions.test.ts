import { type Person } from '@chargecast/network';

import { silentLogger } from '../../common/log';
import { Cursors, type RunningRest, startRest } from '../../rest';
import { TestPeople } from '../../rest/testing/people';
import { ALICE, BOB, ChargingBooks } from '../testing/charging-books';
import { type CscRoutesParts } from './parts';
import { sessionRoutes, type SessionRow } from './sessions';

const OPERATOR: Person = { role: 'operator', at: 'csc1', name: '1' };

let books: ChargingBooks;
let people: TestPeople;
let rest: RunningRest;

beforeEach(async () => {
  books = await ChargingBooks.open();
  people = await TestPeople.make();
  const parts: Pick<CscRoutesParts, 'charging' | 'cursors' | 'directory' | 'power' | 'sessions'> = {
    charging: books.charging,
    cursors: await Cursors.open(books.store.sub('cursors')),
    directory: { pileOf: () => 'cp1/P1', customerOf: () => undefined } as unknown as CscRoutesParts['directory'],
    power: { of: () => undefined } as unknown as CscRoutesParts['power'],
    sessions: books.sessions,
  };
  rest = (await startRest(
    {
      name: 'csc1',
      log: silentLogger(),
      path: (file) => file,
      store: books.store.sub('rest'),
      title: 'Centre',
      description: 'A centre of a test.',
      routes: sessionRoutes(parts as CscRoutesParts),
      checks: [],
      gauges: [],
    },
    await people.restConfig('csc1'),
  )) as RunningRest;
});
afterEach(async () => {
  await rest.close();
  await books.close();
  await people.remove();
});

async function listed<T>(path: string): Promise<T[]> {
  return (await people.ask(`${rest.url}${path}`, OPERATOR)).json<{ items: T[] }>().items;
}

it('an operator sees which bills await their customer’s confirmation, and no longer once it came', async () => {
  await books.charging.choosePayment(ALICE, 'confirm');
  const awaiting = await books.charge(ALICE, { session: '01'.repeat(16) });
  const billed = await books.charge(BOB, { session: '02'.repeat(16) });
  const states = async (path: string): Promise<object> =>
    Object.fromEntries((await listed<SessionRow>(path)).map(({ transaction, state }) => [transaction, state]));

  expect(await states('/v1/sessions')).toEqual({ [awaiting]: 'awaiting', [billed]: 'billed' });
  expect(await states('/v1/bills')).toEqual({ [awaiting]: 'awaiting', [billed]: 'billed' });
  expect(await states('/v1/sessions?state=awaiting')).toEqual({ [awaiting]: 'awaiting' });
  expect(await states('/v1/sessions?state=billed')).toEqual({ [billed]: 'billed' });

  await books.charging.confirm(ALICE, awaiting);
  expect(await states('/v1/sessions?state=awaiting')).toEqual({});
  await books.settle(awaiting);
  expect(await states('/v1/sessions')).toEqual({ [awaiting]: 'settled', [billed]: 'billed' });
});

it('sessions come newest first, each once, whatever the size of a page', async () => {
  const all = new Set<string>();
  for (let each = 1; each <= 5; each += 1) {
    all.add(await books.charge(BOB, { session: `0${each}`.repeat(16), endedAt: 1_548_975_600 - each * 86_400 }));
  }
  const seen: SessionRow[] = [];
  let path: string | undefined = '/v1/sessions?limit=2';
  while (path !== undefined) {
    const answer = await people.ask(`${rest.url}${path}`, OPERATOR);
    const { items, next } = answer.json<{ items: SessionRow[]; next: string | null }>();
    seen.push(...items);
    path = next === null ? undefined : `/v1/sessions?limit=2&cursor=${next}`;
  }
  expect(new Set(seen.map(({ transaction }) => transaction))).toEqual(all);
  expect(seen).toHaveLength(5);
  const times = seen.map(({ startedAt }) => startedAt);
  expect(times).toEqual([...times].sort().reverse());
});
