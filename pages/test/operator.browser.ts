import { readFile } from 'node:fs/promises';
import { type Browser } from 'playwright-core';

import { openBrowser, Visit } from './browser';
import { describeScreens } from './screens';
import { addressOf, certificateOf } from './site';

const OPERATOR = 'operator-csc1-1';
const operator = (): { url: string; certificate: ReturnType<typeof certificateOf> } => ({
  url: addressOf('csc1'),
  certificate: certificateOf(OPERATOR),
});

describeScreens('the operator page', operator, [
  {
    place: 'operator/',
    heading: 'Overview',
    shows: 'plugged in, of',
    picture: 'operator-overview',
    asks: '**/v1/nodes*',
  },
  {
    place: 'operator/#/command/{id}',
    first: '/v1/commands?stage=delivered&limit=1',
    heading: 'Command',
    shows: 'acknowledged',
    asks: '**/v1/commands/*',
  },
  {
    place: 'operator/#/session/{transaction}',
    first: '/v1/sessions?state=settled&limit=1',
    heading: 'Session',
    shows: /Lines of the bill, tariff/,
    asks: '**/v1/sessions/*',
  },
  {
    place: 'operator/#/bills?month={endedAt:7}',
    first: '/v1/bills?limit=1',
    heading: 'Bills',
    shows: /All \d+ bills|The last \d+ of/,
    list: '**/v1/bills*',
  },
  {
    place: 'operator/#/commands',
    heading: 'Commands',
    shows: 'Bill',

    list: '**/v1/commands*',
  },
  { place: 'operator/#/send', heading: 'Send a command', shows: 'provider/contract as under Vehicles' },
  {
    place: 'operator/#/sessions',
    heading: 'Sessions',
    shows: /\d\.\d{3} kWh/,
    picture: 'operator-sessions',
    list: '**/v1/sessions*',
  },
  { place: 'operator/#/vehicles', heading: 'Vehicles', shows: 'absent', list: '**/v1/vehicles*' },
  {
    place: 'operator/#/absent',
    heading: 'Absent vehicles',
    shows: /waits? for|Commands waiting/,
    list: '**/v1/absent-vehicles*',
  },
  {
    place: 'operator/#/piles',
    heading: 'Piles',
    shows: 'reads the chain',

    list: '**/v1/piles*',
  },
  {
    place: 'operator/#/certificates',
    heading: 'Certificates',
    shows: 'valid',

    list: '**/v1/certificates*',
  },
  {
    place: 'operator/#/ledger',
    heading: 'Ledger',
    shows: 'datachain',
    picture: 'operator-ledger',
    asks: '**/v1/nodes*',
  },
  { place: 'operator/#/blocks/datachain', heading: 'Blocks', shows: 'Verify', list: '**/v1/blocks/datachain*' },
  { place: 'operator/#/alarms', heading: 'Alarms', shows: /No alarm|What to do/, list: '**/v1/alarms*' },
]);

describe('an operator', () => {
  let browser: Browser;
  let visit: Visit;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    visit = await Visit.begin(browser, operator().url, operator().certificate);
  });
  afterEach(() => visit?.end());

  test('follows a session to its bill, and the month to its statement', async () => {
    const { page } = visit;
    await visit.open('operator/#/sessions?state=settled', 'Sessions');
    const row = page.locator('tbody tr').first();
    const cost = await row.locator('td').last().innerText();
    await row.getByRole('link').click();
    await visit.settled('Session');
    await page.getByRole('heading', { name: 'Bill' }).waitFor();
    await page.getByText(cost.trim()).first().waitFor();
    const ended = await page.locator('dd').nth(5).innerText();
    const month = new Date(ended.replace(' UTC', 'Z')).toISOString().slice(0, 7);
    await visit.open(`operator/#/bills?month=${month}`, 'Bills');
    await page.getByText('sessions billed').waitFor();
    await page.locator('.chart canvas').waitFor();
    await page.getByText('The same as a table').click();
    expect(await visit.violations()).toEqual([]);
    expect(await visit.overhang()).toBeLessThanOrEqual(0);
    await visit.picture('operator-bills');
    expect(visit.complaints).toEqual([]);
  });

  test('exports the whole list of sessions', async () => {
    const { page } = visit;
    await visit.open('operator/#/sessions', 'Sessions');
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export sessions as CSV' }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe('sessions.csv');
    const lines = (await readFile(await file.path(), 'utf8')).trim().split('\r\n');
    expect(lines[0]).toContain('transaction,customer,pile,state');
    const shown = await page.locator('.more').innerText();
    expect(shown).toContain(`${lines.length - 1} shown`);
    expect(lines.filter((line) => line.includes('settled')).length).toBeGreaterThan(0);
  });

  test('sends a command by keyboard alone, sees it live, and follows its way', async () => {
    const { page } = visit;
    await visit.open('operator/#/vehicles', 'Vehicles');
    const customer = await page.locator('tbody tr td').first().innerText();
    const watcher = await Visit.begin(browser, operator().url, operator().certificate);
    await watcher.open('operator/#/commands', 'Commands');
    await watcher.page.locator('.stream.live').waitFor();
    const before = await watcher.page.getByText('SetChargingProfile').count();

    await page.getByRole('link', { name: `Send a command to ${customer.trim()}` }).focus();
    await page.keyboard.press('Enter');
    await visit.settled('Send a command');
    await page.getByLabel('Customer').focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Send this command?' });
    await dialog.waitFor();
    expect(await visit.violations()).toEqual([]);
    await visit.picture('operator-send');
    await dialog.getByRole('button', { name: 'Send the command' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('Taken and on disk.').waitFor();

    await watcher.page.getByText('SetChargingProfile').nth(before).waitFor();
    await watcher.end();

    await page.getByRole('link', { name: 'Follow what becomes of it' }).focus();
    await page.keyboard.press('Enter');
    await visit.settled('Commands');
    await page.locator('tbody').getByRole('link').first().focus();
    await page.keyboard.press('Enter');
    await visit.settled('Command');
    await page.getByRole('heading', { name: 'Its way' }).waitFor();
    await page.getByText('its vehicle has to be plugged in').first().waitFor();
    expect(await visit.violations()).toEqual([]);
    expect(visit.complaints).toEqual([]);
  });

  test('sees the way of a delivered bill, and verifies its σ in the browser', async () => {
    const { page } = visit;
    await visit.open('operator/#/commands?stage=delivered', 'Commands');
    await page.locator('tbody').getByRole('link').first().click();
    await visit.settled('Command');
    for (const stage of ['sealed', 'acknowledged', 'committed', 'delivered']) {
      await page.locator('tbody').getByText(stage, { exact: true }).first().waitFor();
    }
    expect(await visit.overhang()).toBeLessThanOrEqual(0);
    await visit.picture('operator-command');
    await page.locator('dd a').first().click();
    await page.getByText('This σ holds').waitFor();
    expect(visit.complaints).toEqual([]);
  });

  test('is told what is wrong with a command before and after it is sent', async () => {
    const { page } = visit;
    await visit.open('operator/#/send?customer=esp1%2Fnobody', 'Send a command');
    await page.getByLabel('Content').fill('{ no JSON');
    await page.getByRole('button', { name: 'Review' }).click();
    await page.getByRole('alert').getByText('E_PAYLOAD').waitFor();
    await page.getByLabel('Content').fill('{"evseId": 1}');
    await page.getByRole('button', { name: 'Review' }).click();
    await page.getByRole('button', { name: 'Send the command' }).click();
    await page
      .getByRole('alert')
      .getByText(/E_OCPP_SCHEMA|E_CUSTOMER/)
      .first()
      .waitFor();
  });

  test('gets about by keyboard: past the navigation, along it, to the heading of each screen', async () => {
    const { page } = visit;
    await visit.open('operator/', 'Overview');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Overview');
    await page.getByRole('link', { name: 'Piles', exact: true }).focus();
    await page.keyboard.press('Enter');
    await visit.settled('Piles');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Piles');
    expect(await page.getByRole('link', { name: 'Piles', exact: true }).getAttribute('aria-current')).toBe('page');
  });

  test('is refused without a certificate, and with one of another service', async () => {
    for (const person of ['operator-css1-1', 'monitor-any-1']) {
      const other = await Visit.begin(browser, operator().url, certificateOf(person));
      await other.page.goto(`${operator().url}/operator/#/sessions`);
      await other.page
        .getByText(/E_FORBIDDEN/)
        .first()
        .waitFor();
      await other.end();
    }
  });
});
