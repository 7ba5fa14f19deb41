/** An owner, a government and, of their bills, an operator at a charging company’s centre, in a browser. */
import { randomBytes } from 'node:crypto';

import { Cursors, type RunningRest, startRest } from '@chargecast/gateway-app/rest/index';
import { TestPeople } from '@chargecast/gateway-app/rest/testing/people';
import { silentLogger } from '@chargecast/gateway-app/common/log';
import { applicationRoutes } from '@chargecast/gateway-app/csc/rest/applications';
import { type CscRoutesParts } from '@chargecast/gateway-app/csc/rest/parts';
import { sessionRoutes } from '@chargecast/gateway-app/csc/rest/sessions';
import { ALICE, BOB, ChargingBooks, MIDNIGHT, PILE } from '@chargecast/gateway-app/csc/testing/charging-books';
import { type Person } from '@chargecast/network';
import { type Browser } from 'playwright-core';

import { certificateFor, faultsOf, textOf } from './as-person';
import { openBrowser, Visit } from './browser';
import { showsFailure } from './screens';

jest.setTimeout(180_000);

const OWNER: Person = { role: 'owner', at: 'esp1', name: 'alice' };
const GOVERNMENT: Person = { role: 'government', at: 'csc1', name: '1' };
const OPERATOR: Person = { role: 'operator', at: 'csc1', name: '1' };
const DAY = 86_400;
const session = (byte: number): { session: string } => ({ session: byte.toString(16).padStart(2, '0').repeat(16) });

let browser: Browser;
let books: ChargingBooks;
let people: TestPeople;
let rest: RunningRest;
let at: Visit;

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

beforeEach(async () => {
  books = await ChargingBooks.open();
  people = await TestPeople.make();
  const cursors = await Cursors.open(books.store.sub('cursors'));
  const pileOf = (f: string): string => (f === PILE ? 'cp1/harbour-P1' : 'cp1/mill-P1');
  const asked: Pick<CscRoutesParts, 'charging' | 'cursors' | 'directory' | 'power' | 'sessions'> = {
    charging: books.charging,
    cursors,
    directory: { pileOf, customerOf: () => undefined } as unknown as CscRoutesParts['directory'],
    power: { of: () => undefined } as unknown as CscRoutesParts['power'],
    sessions: books.sessions,
  };
  const applications = applicationRoutes({
    charging: books.charging,
    directory: { pileOf, piles: () => ['cp1/harbour-P1', 'cp1/mill-P1'] },
    usage: { districts: {}, minimumVehicles: 5, closingDays: 1 },
    store: books.store.sub('applications'),
    cursors,
    now: () => MIDNIGHT + 40 * DAY,
  });
  const routes = [...applications, ...sessionRoutes(asked as CscRoutesParts)];
  const service = { name: 'csc1', ownersOf: ['esp1'], log: silentLogger(), path: (file: string) => file };
  const described = { title: 'Centre', description: 'A centre of a test.', routes, checks: [], gauges: [] };
  const parts = {
    ...service,
    ...described,
    store: books.store.sub('rest'),
    pages: ['owner', 'government', 'operator'],
  };
  rest = (await startRest(parts, await people.restConfig('csc1'))) as RunningRest;
});
afterEach(async () => {
  expect(at.complaints).toEqual([]);
  await at.end();
  await rest.close();
  await books.close();
  await people.remove();
});

const open = async (person: Person, place: string, heading: string): Promise<void> => {
  at = await Visit.begin(browser, rest.url, await certificateFor(people, person));
  await at.open(place, heading);
};

const exported = (name: RegExp): Promise<string> => textOf(at, at.page.getByRole('button', { name }));

describe('an owner', () => {
  test('is told what to do before the first session', async () => {
    await open(OWNER, 'owner/', 'Sessions and bills');
    await at.page.getByText('Plug in at a station').waitFor();
    expect(await faultsOf(at)).toEqual([]);
  });

  test('sees sessions as chart and table, by month, and exports them', async () => {
    await books.charge(ALICE, session(1));
    await books.charge(ALICE, { ...session(2), endedAt: MIDNIGHT - 40 * DAY });
    await books.settle(await books.charge(ALICE, session(3)));
    await open(OWNER, 'owner/', 'Sessions and bills');
    const { page } = at;
    await page.getByRole('cell', { name: 'settled' }).waitFor();
    expect(await page.getByRole('cell', { name: '10.000 kWh' }).count()).toBe(3);
    await page.locator('.tiles').getByText('30.000 kWh').waitFor();
    expect(await page.locator('figure.chart canvas').count()).toBe(2);
    expect((await exported(/^Export sessions/)).split('\r\n')).toHaveLength(5);
    await page.getByLabel('Month').fill('2018-12');
    await page.locator('.tiles').getByText('10.000 kWh').waitFor();
    await page.getByLabel('Month').fill('2018-01');
    await page.getByText('No session billed in 2018-01').waitFor();
    expect(await faultsOf(at)).toEqual([]);
    await page.getByLabel('Month').fill('');
    await page.getByRole('cell', { name: 'settled' }).waitFor();
    await at.picture('owner-sessions');
  });

  test('opens a bill line by line', async () => {
    await books.charge(ALICE, session(1));
    await open(OWNER, 'owner/', 'Sessions and bills');
    const { page } = at;
    await page.getByRole('link', { name: /UTC$/ }).click();
    await page.getByRole('cell', { name: '20.00 NOK' }).first().waitFor();
    expect(await faultsOf(at)).toEqual([]);
  });

  test('chooses to pay by hand; then a bill waits, and one confirmation charges it', async () => {
    await open(OWNER, 'owner/#/payment', 'Payment');
    const { page } = at;
    await page.getByLabel('By hand').check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('This is how it stands now').waitFor();
    expect(await faultsOf(at)).toEqual([]);
    const transaction = await books.charge(ALICE, session(1));
    expect(await books.isSent(transaction)).toBe(false);
    await page.getByRole('link', { name: 'Sessions and bills' }).click();
    await page.getByRole('cell', { name: 'waits for you' }).waitFor();
    await page.getByRole('link', { name: /UTC$/ }).click();
    await page.getByRole('button', { name: 'Confirm 20.00 NOK' }).click();
    await page.getByRole('dialog').getByText('This cannot be undone here').waitFor();
    await page.getByRole('button', { name: 'Confirm the bill' }).click();
    await page.locator('.status', { hasText: /billed$/ }).waitFor();
    expect(await books.isSent(transaction)).toBe(true);
  });

  test('’s page tells who is none', async () => {
    await open(GOVERNMENT, 'owner/', 'Not available');
    await at.page.getByText('Open the page with a certificate of a role that may read this').waitFor();
    expect(await faultsOf(at)).toEqual([]);
    // The browser itself reports the refusal.
    expect(at.complaints.splice(0)).toEqual([expect.stringContaining('403')]);
  });
});

const VEHICLES = 6;

/** At the pile, within the hours given, as many sessions an hour as there are vehicles, and in the afternoon twice that. */
async function busyDay(pile: string, hours: readonly number[]): Promise<void> {
  for (const hour of hours) {
    for (let each = 0; each < (hour >= 15 && hour < 20 ? 2 : 1) * VEHICLES; each += 1) {
      // Charging lasts two hours and begins on the hour, the day before.
      const endedAt = MIDNIGHT - DAY + (hour + 2) * 3_600;
      const id = randomBytes(16).toString('hex');
      await books.charge(`esp1/c${each % VEHICLES}`, { session: id, endedAt, pile });
    }
  }
}

describe('a government', () => {
  test('is told that nothing is published', async () => {
    await open(GOVERNMENT, 'government/', 'Use of piles');
    await at.page.getByText('Nothing is published yet').waitFor();
    expect(await faultsOf(at)).toEqual([]);
  });

  test('sees the hours of a busy district one by one, and those of a quiet one together', async () => {
    await busyDay(
      PILE,
      Array.from({ length: 22 }, (_, hour) => hour),
    );
    await busyDay('aa'.repeat(16), [1, 8, 15, 16]);
    await people.ask(`${rest.url}/v1/government/periods/2019-01`, OPERATOR, { method: 'PUT' });
    await open(GOVERNMENT, 'government/', 'Use of piles');
    const cells = (district: string): Promise<number> =>
      at.page.locator('table.heat tr', { hasText: district }).locator('td').count();
    await at.page.locator('table.heat tr', { hasText: 'harbour' }).waitFor();
    expect(await cells('harbour')).toBe(19);
    expect(await cells('mill')).toBe(1);
    expect(await faultsOf(at)).toEqual([]);
    await at.picture('government-use');
  });

  test('sees use by district and hour, what is withheld as such and never as nothing, and exports it', async () => {
    for (let each = 1; each <= 5; each += 1) await books.charge(`esp1/c${each}`, session(each));
    await books.charge(ALICE, { ...session(9), pile: 'aa'.repeat(16) });
    await people.ask(`${rest.url}/v1/government/periods/2019-01`, OPERATOR, { method: 'PUT' });
    await open(GOVERNMENT, 'government/', 'Use of piles');
    const { page } = at;
    const harbour = page.locator('table.heat tr', { hasText: 'harbour' });
    await harbour.getByRole('cell', { name: '50' }).waitFor();
    const mill = page.locator('table.heat tr', { hasText: 'mill' });
    expect(await mill.locator('td').allInnerTexts()).toEqual([expect.stringContaining('fewer than 5 vehicles')]);
    await page.getByLabel('Show').selectOption('vehiclesAtLeast');
    await harbour.getByRole('cell', { name: '≥ 5' }).waitFor();
    await page.getByText('All figures as a table').click();
    expect(await page.getByRole('cell', { name: 'fewer than 5' }).count()).toBe(5);
    expect(await faultsOf(at)).toEqual([]);
    expect(await exported(/^Export use/)).toBe(
      'district,fromHour,toHour,sessions,energyWh,pluggedMinutes,vehiclesAtLeast\r\nharbour,0,24,5,50000,600,5\r\n' +
        `mill${',fewer than 5 vehicles'.repeat(6)}\r\n`,
    );
    await page.getByRole('link', { name: 'Vehicle activity' }).click();
    await page.getByText('They are in no figure here').waitFor();
    expect(await page.locator('figure.chart').count()).toBe(4);
    expect(await faultsOf(at)).toEqual([]);
  });
});

test.each([
  ['sessions', OWNER, 'owner/', 'Sessions and bills', '**/v1/owner/sessions*', 'settled'],
  ['payment', OWNER, 'owner/#/payment', 'Not available', '**/v1/owner', 'By hand'],
  ['use of piles', GOVERNMENT, 'government/', 'Use of piles', '**/v1/government/periods*', 'harbour'],
  ['activity', GOVERNMENT, 'government/#/activity', 'Vehicle activity', '**/v1/government/periods*', 'in no figure'],
] as const)('the screen of %s tells what failed and what to do', async (_, person, place, heading, pattern, shows) => {
  for (let each = 1; each <= 5; each += 1) await books.charge(`esp1/c${each}`, session(each));
  await books.settle(await books.charge(ALICE, session(6)));
  await people.ask(`${rest.url}/v1/government/periods/2019-01`, OPERATOR, { method: 'PUT' });
  at = await Visit.begin(browser, rest.url, await certificateFor(people, person));
  await showsFailure(at, { place, heading, shows }, pattern);
});

describe('an operator', () => {
  test('tells bills that await their customer’s word from those on their way, as states and as a filter', async () => {
    await books.charging.choosePayment(ALICE, 'confirm');
    await books.charge(ALICE, session(1));
    await books.charge(BOB, session(2));
    // The centre of this test has no stream of events.
    at = await Visit.begin(browser, rest.url, await certificateFor(people, OPERATOR));
    await at.page.route('**/v1/events', (route) => route.fulfill({ contentType: 'text/event-stream', body: '' }));
    await at.open('operator/#/sessions', 'Sessions');
    const { page } = at;
    await page.getByRole('row', { name: /esp1\/alice.*awaits confirmation/ }).waitFor();
    await page.getByRole('row', { name: /esp1\/bob.*billed/ }).waitFor();
    await page.getByLabel('State').selectOption({ label: 'awaits confirmation' });
    await page.getByText('1 shown').waitFor();
    expect(await page.getByRole('cell', { name: 'esp1/bob' }).count()).toBe(0);
    expect(await page.getByRole('cell', { name: 'esp1/alice' }).count()).toBe(1);
    expect(await faultsOf(at)).toEqual([]);
    await at.open('operator/#/bills?month=2019-01', 'Bills');
    await page.getByRole('row', { name: /esp1\/alice.*awaits confirmation/ }).waitFor();
    expect(await faultsOf(at)).toEqual([]);
  });
});
