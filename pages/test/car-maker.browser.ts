/** A car maker at a provider, in a browser: it sees sessions while three permit them. */
import { type Owned, ProviderScene } from '@chargecast/gateway-app/data-applications/testing/provider-scene';
import { type Browser } from 'playwright-core';

import { certificateFor, faultsOf, jsonFile, textOf } from './as-person';
import { openBrowser, Visit } from './browser';

jest.setTimeout(180_000);

type Maker = Awaited<ReturnType<ProviderScene['carMaker']>>;

let browser: Browser;
let scene: ProviderScene;
let vehicle: Owned;
let maker: Maker;
let at: Visit;

beforeAll(async () => {
  browser = await openBrowser();
  scene = await ProviderScene.start('pages car maker');
  vehicle = await scene.vehicle('VIN1');
  maker = await scene.carMaker('acme');
});
afterAll(async () => {
  await browser?.close();
  await scene?.stop();
});

const open = async (person = maker.person): Promise<void> => {
  at = await Visit.begin(browser, scene.esp.url ?? '', await certificateFor(scene.people, person));
  await at.open('car-maker/', 'Permitted vehicles');
};
afterEach(async () => {
  expect(at.complaints).toEqual([]);
  await at.end();
});

const ask = async (role: 'owner' | 'operator', path: string, method: string, body: object): Promise<void> => {
  const answer = await scene.ask(scene.person(role, role === 'owner' ? 'contract-1' : '1'), path, { method, body });
  expect([path, answer.status]).toEqual([path, 200]);
};

const chooseKey = (): Promise<void> => {
  const secret = Buffer.from(maker.key.secret()).toString('hex');
  return at.page.getByLabel('Key file').setInputFiles(jsonFile({ format: 'chargecast-credential/1', secret }));
};

test('is told what to do while nothing is permitted', async () => {
  await open();
  await at.page.getByText('No owner permits you anything').waitFor();
  expect(await faultsOf(at)).toEqual([]);
});

test('is told to have a key bound', async () => {
  await open(scene.person('car-maker', 'unbound'));
  await at.page.getByText('No key is bound to your name yet').waitFor();
});

test('sees which permission is missing; with all three the sessions, exported; less when one falls', async () => {
  const { opening } = await scene.session(vehicle);
  const claim = { request: scene.request(vehicle.owner, vehicle, 'maintenance') };
  await ask('owner', `/v1/owner/vehicles/${vehicle.id}`, 'PUT', claim);
  await ask('owner', '/v1/owner/words', 'POST', { word: scene.grant(vehicle, maker.party) });
  await ask('owner', `/v1/owner/disclosures/${vehicle.id}/${maker.party}`, 'PUT', { openings: [opening] });
  await scene.operatorsWord(maker.party, true);

  await open();
  const { page } = at;
  await page.getByText('the provider’s permission is missing').waitFor();
  expect(await faultsOf(at)).toEqual([]);
  await ask('operator', `/v1/permissions/${maker.party}`, 'PUT', scene.permission());
  await page.reload();
  await chooseKey();
  await page.getByRole('link', { name: /^Sessions of/ }).click();
  await page.getByRole('cell', { name: '12.345 kWh' }).waitFor();
  expect(await faultsOf(at)).toEqual([]);
  const csv = await textOf(at, page.getByRole('button', { name: /^Export sessions/ }));
  expect(csv).toMatch(/^transaction,startedAt,endedAt,energyWh,readings\r\n[0-9a-f]{32},[^,]+,[^,]+,12345,2\r\n$/);

  await scene.operatorsWord(maker.party, false);
  await page.getByRole('link', { name: 'All vehicles' }).click();
  await page.getByRole('link', { name: /^Sessions of/ }).click();
  await page.getByText('1 more session is withheld').waitFor();
  expect(await page.getByRole('cell', { name: '12.345 kWh' }).count()).toBe(0);
});
