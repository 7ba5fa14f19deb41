/** An owner at its provider, in a browser: what the key file signs, a real provider and both test chains judge. */
import { type Owned, ProviderScene } from '@chargecast/gateway-app/data-applications/testing/provider-scene';
import { type Browser } from 'playwright-core';

import { certificateFor, faultsOf, jsonFile } from './as-person';
import { openBrowser, Visit } from './browser';

jest.setTimeout(180_000);

let browser: Browser;
let scene: ProviderScene;
let vehicle: Owned;
let at: Visit;

beforeAll(async () => {
  browser = await openBrowser();
  scene = await ProviderScene.start('pages owner');
  vehicle = await scene.vehicle('VIN1');
});
afterAll(async () => {
  await browser?.close();
  await scene?.stop();
});

const open = async (screen: string, heading: string): Promise<void> => {
  const owner = await certificateFor(scene.people, scene.person('owner', 'contract-1'));
  at = await Visit.begin(browser, scene.esp.url ?? '', owner);
  await at.open(`owner/${screen}`, heading);
};
afterEach(async () => {
  expect(at.complaints).toEqual([]);
  await at.end();
});

const chooseKey = (): Promise<void> => {
  const ownerSecret = Buffer.from(vehicle.owner.secret()).toString('hex');
  const { certificate } = vehicle;
  const file = { format: 'chargecast-credential/1', ownerSecret, salt: '07'.repeat(32), identity: {}, certificate };
  return at.page.getByLabel('Key file').setInputFiles(jsonFile(file));
};

async function accessOf(party: string): Promise<unknown> {
  const answer = await scene.ask(scene.person('owner', 'contract-1'), '/v1/owner/access');
  return answer
    .json<{ items: { party: string; state: string; scopes: string[] }[] }>()
    .items.find((each) => each.party === party);
}

test('proves a vehicle, grants access, and takes it back by one click and a second look', async () => {
  await open('', 'Who has access');
  const { page } = at;
  await page.getByText('Nobody has access').waitFor();
  await chooseKey();
  await page.getByRole('button', { name: 'Prove that it is mine' }).click();
  await page.getByText('Nobody but you reads your data').waitFor();

  await page.getByLabel('Who', { exact: false }).first().fill('Garage1MSP');
  await page.getByLabel('charging').check();
  await page.getByLabel('Until the end of').fill('2099-12-31');
  await page.getByRole('button', { name: 'Grant access' }).click();
  await page.getByRole('dialog').getByText('Everybody who reads the chain sees that it may').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Grant' }).click();
  await page.getByRole('button', { name: 'Revoke Garage1MSP' }).waitFor();
  expect(await accessOf('Garage1MSP')).toMatchObject({ state: 'inForce', scopes: ['charging'] });

  await page.getByRole('button', { name: 'Revoke Garage1MSP' }).click();
  await page.getByRole('dialog').getByText('This cannot be undone').waitFor();
  expect(await faultsOf(at)).toEqual([]);
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('cell', { name: 'withdrawn' }).waitFor();
  expect(await page.getByRole('button', { name: /^Revoke/ }).count()).toBe(0);
  expect(await accessOf('Garage1MSP')).toMatchObject({ state: 'withdrawn' });
});

test('takes nothing back without the key, and says which is wanted', async () => {
  const owner = scene.person('owner', 'contract-1');
  const claim = { request: scene.request(vehicle.owner, vehicle, 'maintenance') };
  await scene.ask(owner, `/v1/owner/vehicles/${vehicle.id}`, { method: 'PUT', body: claim });
  const word = scene.grant(vehicle, 'Garage2MSP');
  await scene.ask(owner, '/v1/owner/words', { method: 'POST', body: { word } });
  await open('', 'Who has access');
  const { page } = at;
  await page.getByRole('button', { name: 'Revoke Garage2MSP' }).click();
  await page.getByRole('alert').getByText('Choose the key file of vehicle').waitFor();
  expect(await faultsOf(at)).toEqual([]);
  expect(await accessOf('Garage2MSP')).toMatchObject({ state: 'inForce' });
});

test('refuses a file that is no key of the owner', async () => {
  await open('', 'Who has access');
  await at.page
    .getByLabel('Key file')
    .setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('{"format":"x"}') });
  await at.page.getByRole('alert').getByText('this is no key file of ChargeCast').waitFor();
});

test('reads its charging records from the chain by openings, and sees which are not its own', async () => {
  const [own, foreign] = [await scene.session(vehicle), await scene.session(vehicle)];
  const openings = [own.opening, { ...foreign.opening, blinding: '00'.repeat(32) }];
  const sessions = openings.map((each, index) => ({ ...each, pile: 'cp1/P1', openedAt: index }));
  await open('#/records', 'Charging records');
  const { page } = at;
  await page.getByText('Choose your key file first').waitFor();
  await chooseKey();
  await page.getByLabel('What opens your records').setInputFiles(jsonFile({ sessions }));
  await page.getByRole('cell', { name: '12.345 kWh' }).waitFor();
  expect(await page.getByRole('row').count()).toBe(3);
  await page.getByRole('cell', { name: 'not shown E_FORBIDDEN' }).waitFor();
  expect(await faultsOf(at)).toEqual([]);
});

test('shows the vehicle with the state of its certificate', async () => {
  await open('#/vehicles', 'Vehicles');
  await at.page.getByRole('cell', { name: 'valid', exact: false }).waitFor();
  expect(await faultsOf(at)).toEqual([]);
});

test('says that a vehicle has reported nothing', async () => {
  await open('#/health', 'Vehicle health');
  await chooseKey();
  await at.page.getByText('No report of this kind').waitFor();
  expect(await faultsOf(at)).toEqual([]);
});
