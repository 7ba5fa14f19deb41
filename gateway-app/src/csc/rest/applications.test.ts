import { type Person } from '@chargecast/network';

import { silentLogger } from '../../common/log';
import { Cursors, type RunningRest, startRest } from '../../rest';
import { type HttpAnswer, TestPeople } from '../../rest/testing/people';
import { applicationRoutes } from './applications';
import { ALICE, BOB, ChargingBooks, MIDNIGHT, PILE } from '../testing/charging-books';

const owner = (name: string, at = 'esp1'): Person => ({ role: 'owner', at, name });
const GOVERNMENT: Person = { role: 'government', at: 'csc1', name: '1' };
const OPERATOR: Person = { role: 'operator', at: 'csc1', name: '1' };
const session = (byte: number): { session: string } => ({ session: byte.toString(16).padStart(2, '0').repeat(16) });

let books: ChargingBooks;
let people: TestPeople;
let rest: RunningRest;

beforeEach(async () => {
  books = await ChargingBooks.open();
  people = await TestPeople.make();
  const cursors = await Cursors.open(books.store.sub('cursors'));
  rest = (await startRest(
    {
      name: 'csc1',
      ownersOf: ['esp1'],
      log: silentLogger(),
      path: (file) => file,
      store: books.store.sub('rest'),
      title: 'Centre',
      description: 'A centre of a test.',
      routes: applicationRoutes({
        charging: books.charging,
        directory: {
          pileOf: (f) => (f === PILE ? 'cp1/harbour-P1' : 'cp1/mill-P1'),
          piles: () => ['cp1/harbour-P1', 'cp1/mill-P1'],
        },
        usage: { districts: {}, minimumVehicles: 5, closingDays: 1 },
        store: books.store.sub('applications'),
        cursors,
        now: () => MIDNIGHT + 40 * 86_400,
      }),
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

const get = (person: Person, path: string): Promise<HttpAnswer> => people.ask(`${rest.url}${path}`, person);
const put = (person: Person, path: string, body?: object): Promise<HttpAnswer> =>
  people.ask(`${rest.url}${path}`, person, { method: 'PUT', body });
const code = (answer: HttpAnswer): string => `${answer.status} ${answer.json<{ code?: string }>().code ?? ''}`;

describe('an owner at a centre', () => {
  it('sees its own sessions and bills, page by page', async () => {
    const transactions = [await books.charge(ALICE, session(1)), await books.charge(ALICE, session(2))];
    await books.charge(BOB, session(3));
    await books.plugIn(ALICE, session(4));
    const first = (await get(owner('alice'), '/v1/owner/sessions?limit=2')).json<{ items: object[]; next: string }>();
    expect(first.items).toMatchObject([
      { state: 'open', bill: null, totalMinor: null },
      { state: 'billed', totalMinor: 2_000, energyWh: 10_000, currency: 'NOK', settledMinor: null },
    ]);
    const rest = (await get(owner('alice'), `/v1/owner/sessions?limit=2&cursor=${first.next}`)).json<typeof first>();
    const seen = [...first.items, ...rest.items].map((item) => (item as { transaction: string }).transaction);
    expect(seen.slice(1).sort()).toEqual(transactions.sort());
    expect((await get(owner('alice'), '/v1/owner/sessions?month=2019-03')).json()).toEqual({ items: [], next: null });
    expect(code(await get(owner('alice'), '/v1/owner/sessions?month=2019-13'))).toBe('400 E_REQUEST');
    const csv = (await get(owner('alice'), '/v1/owner/sessions?format=csv')).text.split('\r\n');
    expect(csv.slice(0, 2)).toEqual([
      'transaction,state,code,startedAt,endedAt,energyWh,totalMinor,settledMinor,currency',
      expect.stringMatching(/^[0-9a-f]{32},open,,,,,,,NOK$/),
    ]);
    expect(csv).toHaveLength(5);
    const ofMonth = await get(owner('alice'), '/v1/owner/sessions?month=2019-01&limit=1&format=csv');
    const [, next] = /<([^>]+)>; rel="next"/.exec(String(ofMonth.headers.link)) ?? [];
    const further = await get(owner('alice'), next ?? '/');
    expect([further.status, further.text.split('\r\n')]).toEqual([200, [csv[0], expect.any(String), '']]);
    expect(further.headers.link).toBeUndefined();
  });

  it('chooses to confirm, and only then is a bill charged', async () => {
    expect((await put(owner('alice'), '/v1/owner/payment', { payment: 'confirm' })).json()).toEqual({
      payment: 'confirm',
    });
    const transaction = await books.charge(ALICE, session(1));
    expect((await get(owner('alice'), '/v1/owner')).json()).toEqual({
      service: 'centre',
      customer: 'esp1/alice',
      payment: 'confirm',
      currency: 'NOK',
    });
    const path = `/v1/owner/sessions/${transaction}/confirmation`;
    expect([code(await put(owner('bob'), path)), await books.isSent(transaction)]).toEqual([
      '404 E_SESSION_UNKNOWN',
      false,
    ]);
    expect((await put(owner('alice'), path)).json()).toMatchObject({ transaction, state: 'billed' });
    expect(await books.isSent(transaction)).toBe(true);
  });

  it('attack: another provider’s customer of the same contract, and a certificate for any service, see nothing', async () => {
    await books.charge(ALICE, session(1));
    expect(code(await get(owner('alice', 'esp2'), '/v1/owner/sessions'))).toBe('403 E_FORBIDDEN');
    expect(code(await get(owner('alice', 'any'), '/v1/owner/sessions'))).toBe('403 E_FORBIDDEN');
    expect((await get(owner('alice', 'csc1'), '/v1/owner/sessions')).json()).toEqual({ items: [], next: null });
    expect((await get(owner('esp1'), '/v1/owner/sessions')).json()).toEqual({ items: [], next: null });
  });
});

describe('a government at a centre', () => {
  it('reads what the operator has published, and no district with fewer customers than a group', async () => {
    for (let each = 1; each <= 5; each += 1) await books.charge(`esp1/c${each}`, session(each));
    await books.charge(ALICE, { ...session(9), pile: 'aa'.repeat(16) });
    const path = '/v1/government/periods/2019-01';
    expect(code(await get(GOVERNMENT, path))).toBe('404 E_PERIOD_UNKNOWN');
    expect(code(await put(GOVERNMENT, path))).toBe('403 E_FORBIDDEN');
    const published = await put(OPERATOR, path);
    expect(published.json()).toMatchObject({
      cells: [{ district: 'harbour', fromHour: 0, toHour: 24, sessions: 5, energyWh: 50_000, vehiclesAtLeast: 5 }],
      activity: [{ district: 'harbour', sessions: 5 }],
      withheld: ['mill'],
    });
    expect((await get(GOVERNMENT, `${path}?format=csv`)).text).toBe(
      'district,fromHour,toHour,sessions,energyWh,pluggedMinutes,vehiclesAtLeast\r\nharbour,0,24,5,50000,600,5\r\n',
    );
    await books.charge(BOB, session(10));
    expect((await get(GOVERNMENT, path)).text).toBe(published.text);
    expect((await get(GOVERNMENT, '/v1/government/periods')).json()).toMatchObject({
      items: [{ period: '2019-01' }],
      next: null,
    });
    expect(code(await put(OPERATOR, '/v1/government/periods/2019-03'))).toBe('409 E_PERIOD_OPEN');
  });
});
