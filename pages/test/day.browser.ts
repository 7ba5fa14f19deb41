/** A day of sessions as people see it on their pages: followed while it is played, exported and audited, by mouse alone. */
import { AUDITOR, operatorOf, type PeopleSite } from '@chargecast/gateway-app/e2e/testing/people-site';
import { replayedSite } from '@chargecast/gateway-app/e2e/testing/replayed-site';
import { type ReplaySummary } from '@chargecast/gateway-app/replay/summary';
import { type Person } from '@chargecast/network';
import { type Browser } from 'playwright-core';

import { textOf } from './as-person';
import { openBrowser, Visit } from './browser';

const PATIENCE = 900_000;
const FOLLOW_MS = 300_000;
const LOOK_MS = 150;
const CENTRES = ['csc1', 'csc2'] as const;
const GATEWAY = 'css1';
const CHANNELS = ['datachain', 'certchain'] as const;
const VEHICLES = 6;

let browser: Browser;
let site: PeopleSite;
let summary: ReplaySummary;
let visit: Visit;

beforeAll(async () => {
  browser = await openBrowser();
  ({ site, summary } = await replayedSite('embedded', VEHICLES, follow));
}, PATIENCE);
afterAll(async () => {
  await browser?.close();
  await site?.stop();
}, PATIENCE);
afterEach(() => visit?.end());

async function visitOf(at: PeopleSite, service: string, person: Person): Promise<Visit> {
  const { cert, key } = await at.tls(person);
  return Visit.begin(browser, at.urlOf(service), { cert: cert as Buffer, key: key as Buffer });
}

/** Word of each row's state, as the screen has shown it since it was opened: link of the row → words, in their order. */
type Seen = Map<string, string[]>;

async function look({ page }: Visit, seen: Seen): Promise<void> {
  const rows = await page.evaluate<[string, string][]>(`
    Array.from(document.querySelectorAll('tbody tr'), (row) => [
      row.querySelector('a')?.hash ?? '',
      row.querySelector('.status')?.textContent.replace(/^\\W+/, '').trim() ?? '',
    ])`);
  for (const [link, word] of rows) {
    const words = seen.get(link) ?? [];
    if (words.at(-1) !== word) seen.set(link, [...words, word]);
  }
}

/** Sessions and commands, each on a screen that is opened once and never again while the vehicles charge. */
async function follow(live: PeopleSite): Promise<void> {
  const screens = await Promise.all([
    followed(live, 'operator/#/sessions', 'Sessions', (words) => words[0] === 'open' && words.at(-1) === 'settled'),
    followed(live, 'operator/#/commands', 'Commands', (words) => words.length > 1 && words.at(-1) === 'delivered'),
  ]);
  expect(screens.flat()).toEqual([]);
}

/** Looks until some row came to its end before the looker's eyes. @returns complaints of the browser */
async function followed(
  live: PeopleSite,
  place: string,
  heading: string,
  isComplete: (words: readonly string[]) => boolean,
): Promise<string[]> {
  const at = await visitOf(live, 'csc1', operatorOf('csc1'));
  await at.open(place, heading);
  await at.page.locator('.stream.live').waitFor();
  const seen: Seen = new Map();
  const deadline = Date.now() + FOLLOW_MS;
  while (![...seen.values()].some(isComplete)) {
    if (Date.now() > deadline)
      throw new Error(`${place} showed nothing from begin to end: ${JSON.stringify([...seen])}`);
    await look(at, seen);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  const { complaints } = at;
  await at.end();
  return complaints;
}

type Row = Readonly<Record<string, string>>;

/** The file a button makes, row by row. */
async function exported(name: RegExp): Promise<Row[]> {
  const [names = '', ...lines] = (await textOf(visit, visit.page.getByRole('button', { name }))).trim().split('\r\n');
  const columns = names.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, at) => [columns[at] ?? '', cell])));
}

const sum = (rows: readonly Row[], column: string): number =>
  rows.reduce((total, row) => total + Number(row[column]), 0);

test('is followed while it is played', () => {
  // What was seen live, beforeAll has judged; the day was a whole one.
  expect(summary.sessionsPlayed).toBeGreaterThan(VEHICLES);
  expect(summary.settlements).toBe(summary.sessionsPlayed);
});

test(
  'is exported by its buttons: counts and sums are those of the ledger',
  async () => {
    const sessions: Row[] = [];
    const bills: Row[] = [];
    for (const centre of CENTRES) {
      visit = await visitOf(site, centre, operatorOf(centre));
      await visit.open('operator/', 'Overview');
      await visit.page.getByRole('link', { name: 'Sessions', exact: true }).click();
      await visit.settled('Sessions');
      const own = await exported(/^Export sessions/);
      sessions.push(...own);
      for (const month of new Set(own.map(({ endedAt }) => endedAt?.slice(0, 7) ?? ''))) {
        await visit.page.getByRole('link', { name: 'Bills', exact: true }).click();
        await visit.settled('Bills');
        await visit.page.getByLabel('Month').fill(month);
        await visit.page.getByText(/^All \d+ bills/).waitFor();
        bills.push(...(await exported(/^Export bills/)));
      }
      expect(visit.complaints).toEqual([]);
      await visit.end();
    }
    const { items } = (await site.ask(GATEWAY, '/v1/charging-records?limit=100', AUDITOR)).json<{
      items: { transaction: string; energyWh: number }[];
    }>();
    const named = (rows: readonly { readonly transaction?: string }[]): unknown[] =>
      rows.map(({ transaction }) => transaction).sort();
    expect(items).toHaveLength(summary.records);
    expect([named(sessions), named(bills)]).toEqual([named(items), named(items)]);
    const recorded = items.reduce((total, { energyWh }) => total + energyWh, 0);
    expect([recorded, sum(sessions, 'energyWh'), sum(bills, 'energyWh')]).toEqual(new Array(3).fill(summary.energyWh));
    expect([sum(sessions, 'totalMinor'), sum(bills, 'totalMinor')]).toEqual(new Array(2).fill(summary.billedMinor));
    expect([sum(sessions, 'settledMinor'), sum(bills, 'settledMinor')]).toEqual(
      new Array(2).fill(summary.settledMinor),
    );
  },
  PATIENCE,
);

test(
  'is audited in the browser: every block of both chains and every σ, from the newest to the first',
  async () => {
    visit = await visitOf(site, GATEWAY, AUDITOR);
    const { page } = visit;
    await visit.open('auditor/', 'Verify');
    await page.getByRole('link', { name: 'Blocks', exact: true }).click();
    await visit.settled('Blocks');
    const verified = new Set<string>();
    const judged: Record<string, number> = {};
    for (const channel of CHANNELS) {
      await page.getByRole('link', { name: channel === 'datachain' ? 'Data chain' : 'Certification chain' }).click();
      await page.getByRole('table', { name: new RegExp(`^Blocks of the ${channel.slice(0, 4)}`) }).waitFor();
      const listed = await exported(/^Export blocks/);
      await page
        .getByRole('link', { name: /^Verify block \d+/ })
        .first()
        .click();
      judged[channel] = 0;
      for (let number = listed.length - 1; number >= 0; number--) {
        await page.getByRole('heading', { name: new RegExp(`Block ${number} of \\S+ holds`) }).waitFor();
        expect(await page.getByRole('row', { name: /fails|E_/ }).count()).toBe(0);
        judged[channel] += 1;
        for (const button of await page.getByRole('button', { name: /^Show the checks of σ/ }).all()) {
          await button.click();
          const id = (await button.getAttribute('aria-label'))?.split(' ').at(-1) as string;
          await page.getByText(new RegExp(`^Id ${id}`)).waitFor();
          await page.getByText('This σ holds').waitFor();
          verified.add(id);
        }
        if (number > 0) await page.getByRole('link', { name: `Block ${number - 1}`, exact: true }).click();
      }
      expect(judged[channel]).toBe(listed.length);
      await page.getByRole('link', { name: 'All blocks' }).click();
      await visit.settled('Blocks');
    }
    const { items } = (await site.ask(GATEWAY, '/v1/sigmas?limit=1000', AUDITOR)).json<{ items: { id: string }[] }>();
    expect([...verified].sort()).toEqual(items.map(({ id }) => id.slice(0, 12)).sort());
    expect(items.length).toBeGreaterThan(VEHICLES);
    expect(visit.complaints).toEqual([]);
    process.stderr.write(`audited by mouse: ${JSON.stringify(judged)} blocks, ${verified.size} σ\n`);
  },
  PATIENCE,
);
