/** A car maker at a provider, in a browser: it sees sessions while three permit them. */
import { type Owned, ProviderScene } from '@chargecast/gateway-app/data-applications/testing/provider-scene';
import { eventually } from '@chargecast/gateway-app/testing/test-network';
import { type Browser } from 'playwright-core';

import { certificateFor, faultsOf, jsonFile, textOf } from './as-person';
import { openBrowser, Visit } from './browser';
import { showsFailure } from './screens';

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

async function ask(
  role: 'owner' | 'operator',
  path: string,
  method: string,
  body?: object,
  wanted = 200,
): Promise<void> {
  const person = scene.person(role, role === 'owner' ? 'contract-1' : '1');
  const answer = await scene.ask(person, path, { method, ...(body && { body }) });
  expect([path, answer.status]).toEqual([path, wanted]);
}

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

/** The owner's word stands and it shows a session; the station's operator permits it too. */
async function ownerAndOperatorPermit(): Promise<void> {
  const { opening } = await scene.session(vehicle);
  const claim = { request: scene.request(vehicle.owner, vehicle, 'maintenance') };
  await ask('owner', `/v1/owner/vehicles/${vehicle.id}`, 'PUT', claim);
  await ask('owner', '/v1/owner/words', 'POST', { word: scene.grant(vehicle, maker.party) });
  await eventually(async () => (await permitted()).length > 0, 'the grant in the provider’s list');
  await ask('owner', disclosures(), 'DELETE', undefined, 204);
  await ask('owner', disclosures(), 'PUT', { openings: [opening] });
  await scene.operatorsWord(maker.party, true);
}

const disclosures = (): string => `/v1/owner/disclosures/${vehicle.id}/${maker.party}`;
const providerPermits = (): Promise<void> =>
  ask('operator', `/v1/permissions/${maker.party}`, 'PUT', scene.permission());

async function permitted(): Promise<readonly unknown[]> {
  return (await scene.ask(maker.person, '/v1/car-maker/vehicles')).json<{ items: unknown[] }>().items;
}

/** From the list to the sessions of the one vehicle. */
async function openSessions(): Promise<void> {
  await at.page.getByRole('link', { name: /^Sessions of/ }).click();
}

test('sees which permission is missing; with all three the sessions, exported', async () => {
  await ownerAndOperatorPermit();
  await open();
  const { page } = at;
  await page.getByText('the provider’s permission is missing').waitFor();
  expect(await faultsOf(at)).toEqual([]);
  await at.picture('car-maker-vehicles');
  await providerPermits();
  await page.reload();
  await chooseKey();
  await openSessions();
  await page.getByRole('cell', { name: '12.345 kWh' }).waitFor();
  expect(await faultsOf(at)).toEqual([]);
  await at.picture('car-maker-sessions');
  const csv = await textOf(at, page.getByRole('button', { name: /^Export sessions/ }));
  expect(csv).toMatch(/^transaction,startedAt,endedAt,energyWh,readings\r\n[0-9a-f]{32},[^,]+,[^,]+,12345,2\r\n$/);
});

describe('until one of the three takes its permission back', () => {
  beforeEach(async () => {
    await ownerAndOperatorPermit();
    await providerPermits();
    await open();
    await chooseKey();
    await openSessions();
    await at.page.getByRole('cell', { name: '12.345 kWh' }).waitFor();
  });
  const nothingIsShown = async (): Promise<void> => {
    expect(await at.page.getByRole('cell', { name: '12.345 kWh' }).count()).toBe(0);
    expect(await faultsOf(at)).toEqual([]);
  };

  test('the operator of the station: the session is withheld', async () => {
    await scene.operatorsWord(maker.party, false);
    await at.page.getByRole('link', { name: 'All vehicles' }).click();
    await openSessions();
    await at.page.getByText('1 more session is withheld').waitFor();
    await nothingIsShown();
  });

  test('the provider: the list says whose permission is missing, the session is withheld', async () => {
    await ask('operator', `/v1/permissions/${maker.party}?subject=*`, 'DELETE');
    const { page } = at;
    await page.evaluate('history.back()');
    await at.settled('Permitted vehicles');
    await eventually(async () => JSON.stringify(await permitted()).includes('"provider":false'), 'the withdrawal');
    await page.evaluate('history.forward()');
    await page.getByText('1 more session is withheld').waitFor();
    await nothingIsShown();
    await page.getByRole('link', { name: 'All vehicles' }).click();
    await page.getByText('the provider’s permission is missing').waitFor();
  });

  test('the owner: the vehicle is gone, as if there were none', async () => {
    const word = scene.withdrawal(vehicle, maker.party);
    await ask('owner', '/v1/owner/words', 'POST', { word });
    await eventually(async () => (await permitted()).length === 0, 'the withdrawal in the provider’s list');
    await at.page.getByRole('link', { name: 'All vehicles' }).click();
    await at.page.getByText('No owner permits you anything').waitFor();
    await nothingIsShown();
  });
});

test('is told what failed and what to do', async () => {
  await ownerAndOperatorPermit();
  await open();
  const screen = { place: 'car-maker/', heading: 'Permitted vehicles', shows: 'Station operator' };
  await showsFailure(at, screen, '**/v1/car-maker/vehicles*');
});
