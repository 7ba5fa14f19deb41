/** An owner at its provider, in a browser: what the key file signs, a real provider and both test chains judge. */
import { type Owned, ProviderScene } from '@chargecast/gateway-app/data-applications/testing/provider-scene';
import { eventually } from '@chargecast/gateway-app/testing/test-network';
import { type Browser } from 'playwright-core';

import { certificateFor, faultsOf, jsonFile } from './as-person';
import { openBrowser, Visit } from './browser';
import { showsFailure } from './screens';

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
  await at.picture('owner-access');

  await page.getByRole('button', { name: 'Revoke Garage1MSP' }).click();
  await page.getByRole('dialog').getByText('This cannot be undone').waitFor();
  expect(await faultsOf(at)).toEqual([]);
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('cell', { name: 'withdrawn' }).waitFor();
  expect(await page.getByRole('button', { name: /^Revoke/ }).count()).toBe(0);
  expect(await accessOf('Garage1MSP')).toMatchObject({ state: 'withdrawn' });
});

/** As the page does it, which the first test follows. */
async function proveAndGrant(party: string, kind: 'thirdParty' | 'carmaker' = 'thirdParty'): Promise<void> {
  const owner = scene.person('owner', 'contract-1');
  const claim = { request: scene.request(vehicle.owner, vehicle, 'maintenance') };
  await scene.ask(owner, `/v1/owner/vehicles/${vehicle.id}`, { method: 'PUT', body: claim });
  const word = scene.grant(vehicle, party, { kind });
  await scene.ask(owner, '/v1/owner/words', { method: 'POST', body: { word } });
  await eventually(async () => (await accessOf(party)) !== undefined, 'the grant in the provider’s list');
}

test('takes nothing back without the key, and says which is wanted', async () => {
  await proveAndGrant('Garage2MSP');
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

test('shows a car maker the sessions it chooses, and takes them back', async () => {
  const maker = await scene.carMaker('acme');
  const shownNow = async (): Promise<unknown> => {
    const answer = await scene.ask(maker.person, '/v1/car-maker/vehicles');
    return answer.json<{ items: { id: string; sessions: number }[] }>().items.map(({ sessions }) => sessions);
  };
  const { page } = await openRecords();
  await page.getByText('No car maker may read this vehicle’s charging').waitFor();
  expect(await faultsOf(at)).toEqual([]);
  await at.end();

  await proveAndGrant(maker.party, 'carmaker');
  const { page: again } = await openRecords();
  await again
    .getByRole('checkbox', { name: /^Choose session/ })
    .first()
    .uncheck();
  await again.getByRole('button', { name: 'Show 1 session', exact: true }).click();
  await again.getByRole('dialog').getByText('Your provider keeps what opens them').waitFor();
  expect(await faultsOf(at)).toEqual([]);
  await again.getByRole('dialog').getByRole('button', { name: 'Show 1 session' }).click();
  await again.getByRole('main').getByText('is shown 1 session now').waitFor();
  await at.picture('owner-records');
  expect(await shownNow()).toEqual([1]);
  expect(await faultsOf(at)).toEqual([]);

  await again.getByRole('button', { name: 'Show it nothing any more' }).click();
  await again.getByRole('dialog').getByRole('button', { name: 'Take all back' }).click();
  await again.getByRole('main').getByText('is shown no session now').waitFor();
  expect(await shownNow()).toEqual([0]);
});

/** Two new sessions of the vehicle, opened from the chain. */
async function openRecords(): Promise<Visit> {
  const sessions = [await scene.session(vehicle), await scene.session(vehicle)].map(({ opening }, index) => ({
    ...opening,
    pile: 'cp1/P1',
    openedAt: index,
  }));
  await open('#/records', 'Charging records');
  await chooseKey();
  await at.page.getByLabel('What opens your records').setInputFiles(jsonFile({ sessions }));
  await at.page.getByRole('cell', { name: '12.345 kWh' }).nth(1).waitFor();
  return at;
}

test('shows the vehicle with the state of its certificate', async () => {
  await proveAndGrant('Garage3MSP');
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

test('shows what the vehicle’s own reports ask for, as hints, charts and a table', async () => {
  const sound = { odometerKm: 41_000, serviceDueKm: 60_000, brakeWearPercent: 30, batteryHealthPercent: 96 };
  await scene.report(vehicle, 1, sound);
  await scene.report(vehicle, 2, { ...sound, odometerKm: 58_500, brakeWearPercent: 65 });
  await scene.report(vehicle, 3, { ...sound, odometerKm: 60_200, brakeWearPercent: 84, batteryHealthPercent: 90 });
  await open('#/health', 'Vehicle health');
  await chooseKey();
  const { page } = at;
  await page.getByText('the odometer has passed the next service').waitFor();
  await page.getByText('brakes are worn to 80 % or more').waitFor();
  expect(await page.locator('ul.hints li').count()).toBe(3);
  expect(await page.locator('figure.chart canvas').count()).toBe(4);
  await page
    .getByRole('row', { name: /60200|60,200/ })
    .first()
    .waitFor();
  expect(await page.locator('table.data').last().getByRole('row').count()).toBe(4);
  expect(await faultsOf(at)).toEqual([]);
  await at.picture('owner-health');
  await page.getByLabel('Reports').selectOption('safety');
  await page.getByText('No report of this kind').waitFor();
});

test('says what failed and what to do where the list of who has access is not to be had', async () => {
  await proveAndGrant('Garage4MSP');
  await open('', 'Who has access');
  const screen = { place: 'owner/', heading: 'Who has access', shows: 'By the word of' };
  await showsFailure(at, screen, '**/v1/owner/access*');
});

test('says on every screen that the provider does not answer', async () => {
  await open('#/vehicles', 'Vehicles');
  await showsFailure(at, { place: 'owner/#/vehicles', heading: 'Not available', shows: 'Contract' }, '**/v1/owner');
});

test.each([
  ['#/records', 'Charging records', '**/v1/owner/records*', 'What opens your records'],
  ['#/health', 'Vehicle health', '**/v1/owner/health*', undefined],
])('says on %s, of what is asked under the key, what failed', async (screen, heading, pattern, field) => {
  const { opening } = await scene.session(vehicle);
  await open(screen, heading);
  const detail = 'the chain cannot be read now';
  await at.answer(pattern, 503, { type: '/problems/E_BUSY', title: 'Busy', status: 503, code: 'E_BUSY', detail });
  await chooseKey();
  const sessions = [{ ...opening, openedAt: 1 }];
  if (field !== undefined) await at.page.getByLabel(field).setInputFiles(jsonFile({ sessions }));
  await at.page.getByRole('alert').getByText(detail).waitFor();
  await at.page.getByRole('alert').getByText('E_BUSY').waitFor();
  expect(await faultsOf(at)).toEqual([]);
  expect(at.complaints.splice(0)).toEqual([expect.stringContaining('503')]);
});
