/** Whoever reads another's data is refused, one by one: over HTTPS, with the certificates people have. */
import { type Person, PERSON_ROLES } from '@chargecast/network';
import { AuthenticationKey } from '@chargecast/protocol';

import { silentLogger } from '../common/log';
import { type RunningRole } from '../common/running-role';
import { applicationRoutes } from '../csc/rest/applications';
import { ALICE, ChargingBooks } from '../csc/testing/charging-books';
import { startKgc } from '../kgc';
import { Cursors, type RunningRest, startRest } from '../rest';
import { type Ask, askWith, type HttpAnswer, TestPeople } from '../rest/testing/people';
import { eventually } from '../testing/test-network';
import { type Owned, ProviderScene, type Recorded } from './testing/provider-scene';

jest.setTimeout(180_000);

type Service = 'provider' | 'centre' | 'kgc';

let scene: ProviderScene;
let books: ChargingBooks;
let centre: RunningRest;
let kgc: RunningRole;
let alices: Owned;
let bobs: Owned;
let recorded: Recorded;
let transaction: string;
let maker: Awaited<ReturnType<ProviderScene['carMaker']>>;
/** What of Alice nobody else may be told. */
let secrets: Readonly<Record<string, string>>;

const person = (role: Person['role'], at: string, name = '1'): Person => ({ role, at, name });
const owner = (name: string, at = 'provider-one'): Person => person('owner', at, name);
const AT: Readonly<Record<Service, string>> = { provider: 'provider-one', centre: 'csc1', kgc: 'kgc' };

async function ask(service: Service, who: Person | undefined, path: string, given: Ask = {}): Promise<HttpAnswer> {
  const url = { provider: scene.esp.url, centre: centre.url, kgc: kgc.url }[service];
  return scene.people.ask(`${url}${path}`, who, given);
}

beforeAll(async () => {
  scene = await ProviderScene.start('refused reads');
  kgc = await startKgc(await scene.network.kgcConfig({ rest: await scene.people.restConfig('kgc') }));
  scene.network.closing(() => kgc.stop());
  books = await ChargingBooks.open();
  const customer = 'provider-one/contract-1';
  await books.charging.choosePayment(customer, 'confirm');
  transaction = await books.charge(customer, { session: '5a'.repeat(16) });
  await books.charge(ALICE, { session: '5b'.repeat(16) });
  centre = (await startRest(
    {
      name: AT.centre,
      ownersOf: ['provider-one'],
      log: silentLogger(),
      path: (file) => file,
      store: books.store.sub('rest'),
      title: 'Centre',
      description: 'A centre of a test.',
      routes: applicationRoutes({
        charging: books.charging,
        directory: { pileOf: () => 'cp1/harbour-P1', piles: () => ['cp1/harbour-P1'] },
        usage: { districts: {}, minimumVehicles: 5, closingDays: 3 },
        store: books.store.sub('applications'),
        cursors: await Cursors.open(books.store.sub('cursors')),
      }),
      checks: [],
      gauges: [],
    },
    await scene.people.restConfig(AT.centre),
  )) as RunningRest;

  [alices, bobs] = [await scene.vehicle('VIN1'), await scene.vehicle('VIN2')];
  maker = await scene.carMaker('CarMaker');
  for (const [name, vehicle] of [
    ['contract-1', alices],
    ['contract-2', bobs],
  ] as const) {
    const request = scene.request(vehicle.owner, vehicle, 'charging');
    const claim = { method: 'PUT', body: { request } };
    await eventually(async () => {
      const { status } = await ask('provider', owner(name), `/v1/owner/vehicles/${vehicle.id}`, claim);
      return status === 200;
    }, 'the certificate');
  }
  recorded = await scene.session(alices);
  await sent('POST', '/v1/owner/words', { word: scene.grant(alices, maker.party) });
  await eventually(async () => (await access()).includes(maker.party), 'the grant');
  await sent('PUT', `/v1/owner/disclosures/${alices.id}/${maker.party}`, { openings: [recorded.opening] });
  secrets = {
    transaction,
    record: recorded.entry.transaction,
    vehicle: alices.id,
    party: maker.party,
    vin: 'VIN1',
    signature: recorded.entry.signature,
  };
});
afterAll(async () => {
  await centre.close();
  await books.close();
  await scene.stop();
});

async function sent(method: string, path: string, body: object): Promise<void> {
  const answer = await ask('provider', owner('contract-1'), path, { method, body });
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
}
const access = async (): Promise<string> => (await ask('provider', owner('contract-1'), '/v1/owner/access')).text;

/** Status and code of a refusal; of an answer, which of Alice's secrets stand in it, those the caller named itself left out. */
function toldBy({ status, text }: HttpAnswer, named: string): string {
  if (status >= 400) return `${status} ${(JSON.parse(text) as { code: string }).code}`;
  const told = Object.entries(secrets).filter(([, secret]) => text.includes(secret) && !named.includes(secret));
  return `${status} ${told.map(([name]) => name).join(' ')}`.trim();
}

interface Attempt {
  readonly as: () => Person;
  readonly at: Service;
  readonly path: () => string;
  readonly ask?: () => Ask;
  /** What follows from what it sends. */
  readonly knows?: () => string;
  readonly told: string;
}

const bob = (): Person => owner('contract-2');
const at =
  (role: Person['role'], service: Service): (() => Person) =>
  () =>
    person(role, AT[service]);
const get =
  (path: string): (() => string) =>
  () =>
    path;
const post =
  (body: () => object): (() => Ask) =>
  () => ({ method: 'POST', body: body() });
const put =
  (body: () => object): (() => Ask) =>
  () => ({ method: 'PUT', body: body() });
const bobsRequest = (scope: 'charging' | 'maintenance' = 'charging'): object => ({
  request: { ...scene.request(bobs.owner, bobs, scope), subject: alices.id },
});
const asStranger = (scope: 'charging' | 'maintenance'): object => ({
  request: scene.request(AuthenticationKey.generate(), alices, scope),
});

const ATTEMPTS: Readonly<Record<string, Attempt>> = {
  'another owner: vehicles': { as: bob, at: 'provider', path: get('/v1/owner'), told: '200' },
  'another owner: who has access': { as: bob, at: 'provider', path: get('/v1/owner/access'), told: '200' },
  'another owner: claims the vehicle by its own key': {
    as: bob,
    at: 'provider',
    path: () => `/v1/owner/vehicles/${alices.id}`,
    ask: put(bobsRequest),
    told: '403 E_OWNER_PROOF',
  },
  'another owner: brings a word that is not its own': {
    as: bob,
    at: 'provider',
    path: get('/v1/owner/words'),
    ask: post(() => ({ word: scene.withdrawal(alices, maker.party) })),
    told: '403 E_FORBIDDEN',
  },
  'another owner: health under its own key': {
    as: bob,
    at: 'provider',
    path: get('/v1/owner/health'),
    ask: post(() => bobsRequest('maintenance')),
    told: '403 E_AUTHORISATION',
  },
  'another owner: health as nobody in particular': {
    as: bob,
    at: 'provider',
    path: get('/v1/owner/health'),
    ask: post(() => asStranger('maintenance')),
    told: '403 E_FORBIDDEN',
  },
  'another owner: a record whose opening it found': {
    as: bob,
    at: 'provider',
    path: get('/v1/owner/records'),
    ask: post(() => ({ ...asStranger('charging'), openings: [recorded.opening] })),
    knows: () => recorded.entry.transaction,
    told: '200',
  },
  'another owner: shows the sessions to its own car maker': {
    as: bob,
    at: 'provider',
    path: () => `/v1/owner/disclosures/${alices.id}/key:${'00'.repeat(16)}`,
    ask: put(() => ({ openings: [recorded.opening] })),
    told: '403 E_FORBIDDEN',
  },
  'another owner: hides the sessions': {
    as: bob,
    at: 'provider',
    path: () => `/v1/owner/disclosures/${alices.id}/${maker.party}`,
    ask: () => ({ method: 'DELETE' }),
    told: '403 E_FORBIDDEN',
  },
  'another owner: sessions and bills': { as: bob, at: 'centre', path: get('/v1/owner/sessions'), told: '200' },
  'another owner: confirms the bill': {
    as: bob,
    at: 'centre',
    path: () => `/v1/owner/sessions/${transaction}/confirmation`,
    ask: () => ({ method: 'PUT' }),
    told: '404 E_SESSION_UNKNOWN',
  },
  'another provider’s owner of the same contract: certificates': {
    as: () => owner('contract-1', 'esp2'),
    at: 'provider',
    path: get('/v1/owner'),
    told: '403 E_FORBIDDEN',
  },
  'another provider’s owner of the same contract: bills': {
    as: () => owner('contract-1', 'esp2'),
    at: 'centre',
    path: get('/v1/owner/sessions'),
    told: '403 E_FORBIDDEN',
  },
  'an owner good anywhere: bills': {
    as: () => owner('contract-1', 'any'),
    at: 'centre',
    path: get('/v1/owner/sessions'),
    told: '403 E_FORBIDDEN',
  },
  'a car maker without provider’s and operator’s permission': {
    as: () => maker.person,
    at: 'provider',
    path: get('/v1/car-maker/records'),
    ask: post(() => ({ request: scene.request(maker.key, alices, 'charging') })),
    told: '200',
  },
  'a car maker nobody granted anything': {
    as: at('car-maker', 'provider'),
    at: 'provider',
    path: get('/v1/car-maker/vehicles'),
    told: '403 E_FORBIDDEN',
  },
  'another car maker: with a request that the first one signed': {
    as: () => person('car-maker', 'any', 'OtherMaker'),
    at: 'provider',
    path: get('/v1/car-maker/records'),
    ask: post(() => ({ request: scene.request(maker.key, alices, 'charging') })),
    told: '403 E_FORBIDDEN',
  },
  'a car maker: the owner’s list of who has access': {
    as: () => maker.person,
    at: 'provider',
    path: get('/v1/owner/access'),
    told: '403 E_FORBIDDEN',
  },
  'a government: one record of one owner': {
    as: () => person('government', 'any'),
    at: 'provider',
    path: get('/v1/owner/records'),
    ask: post(() => ({ ...asStranger('charging'), openings: [recorded.opening] })),
    knows: () => recorded.entry.transaction,
    told: '403 E_FORBIDDEN',
  },
  'a monitor: an owner’s bills': {
    as: () => person('monitor', 'any'),
    at: 'centre',
    path: get('/v1/owner/sessions'),
    told: '403 E_FORBIDDEN',
  },
  'the centre’s integrator: an owner’s bills': {
    as: at('integrator', 'centre'),
    at: 'centre',
    path: get('/v1/owner/sessions'),
    told: '403 E_FORBIDDEN',
  },
  'an auditor: an owner’s bills': {
    as: () => person('auditor', 'any'),
    at: 'centre',
    path: get('/v1/owner/sessions'),
    told: '403 E_FORBIDDEN',
  },
  'the key centre’s operator: registrations at the provider': {
    as: at('operator', 'kgc'),
    at: 'provider',
    path: get('/v1/registrations'),
    told: '403 E_FORBIDDEN',
  },
  'the provider’s operator: pseudonyms revoked at the key centre': {
    as: at('operator', 'provider'),
    at: 'kgc',
    path: get('/v1/revocations'),
    told: '403 E_FORBIDDEN',
  },
  'an owner: who is enrolled at the key centre': {
    as: () => owner('contract-1', 'kgc'),
    at: 'kgc',
    path: get('/v1/holders'),
    told: '403 E_FORBIDDEN',
  },
  'the provider’s operator: bills at the centre': {
    as: at('operator', 'provider'),
    at: 'centre',
    path: get('/v1/owner/sessions'),
    told: '403 E_FORBIDDEN',
  },
  'the centre’s operator: registrations at the provider': {
    as: at('operator', 'centre'),
    at: 'provider',
    path: get('/v1/registrations'),
    told: '403 E_FORBIDDEN',
  },
  'the centre’s operator: identity at the provider': {
    as: at('operator', 'centre'),
    at: 'provider',
    path: () => `/v1/registrations/${alices.id}/identity`,
    told: '403 E_FORBIDDEN',
  },
  'an auditor: identity': {
    as: () => person('auditor', 'any'),
    at: 'provider',
    path: () => `/v1/registrations/${alices.id}/identity`,
    told: '403 E_FORBIDDEN',
  },
  'a government: a month that was not published': {
    as: at('government', 'centre'),
    at: 'centre',
    path: get('/v1/government/periods/2019-01'),
    told: '404 E_PERIOD_UNKNOWN',
  },
  'a government: one district, one hour, one vehicle': {
    as: at('government', 'centre'),
    at: 'centre',
    path: get('/v1/government/periods/2019-01?district=harbour'),
    told: '400 E_REQUEST',
  },
};

test.each(Object.entries(ATTEMPTS))('%s', async (_, attempt) => {
  const given = attempt.ask?.() ?? {};
  const path = attempt.path();
  const answer = await ask(attempt.at, attempt.as(), path, given);
  const known = `${path} ${JSON.stringify(given.body ?? '')} ${attempt.knows?.() ?? ''}`;
  expect(toldBy(answer, known)).toBe(attempt.told);
});

test('what is refused to the others is there: its owner reads all of it', async () => {
  const alice = owner('contract-1');
  const said = [
    await ask('provider', alice, '/v1/owner'),
    await ask('provider', alice, '/v1/owner/access'),
    await ask('centre', alice, '/v1/owner/sessions'),
    await ask('provider', alice, '/v1/owner/records', {
      method: 'POST',
      body: { request: scene.request(alices.owner, alices, 'charging'), openings: [recorded.opening] },
    }),
  ];
  expect(said.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  const text = said.map((answer) => answer.text).join('\n');
  const missing = Object.entries(secrets).filter(([, secret]) => !text.includes(secret));
  expect(missing.map(([name]) => name)).toEqual(['vin']);
});

interface Described {
  readonly paths: Record<string, Record<string, { readonly 'x-roles': readonly string[] }>>;
}

describe.each<Service>(['provider', 'centre', 'kgc'])('%s: every route by every role it is not for', (service) => {
  it('is refused, before anything is looked at', async () => {
    const document = await ask(service, person('monitor', 'any'), '/v1/openapi.json');
    let refused = 0;
    for (const [path, methods] of Object.entries(document.json<Described>().paths)) {
      for (const [method, { 'x-roles': roles }] of Object.entries(methods)) {
        if (roles.includes('anyone')) continue;
        const others = PERSON_ROLES.filter((role) => !roles.includes(role));
        for (const role of others) {
          const who = person(role, AT[service]);
          const answer = await ask(service, who, path.replaceAll(/\{\w+\}/g, '0'), { method: method.toUpperCase() });
          expect([role, method, path, toldBy(answer, '')]).toEqual([role, method, path, '403 E_FORBIDDEN']);
          refused += 1;
        }
      }
    }
    expect(refused).toBeGreaterThan(20);
  });

  it('is refused to who has no certificate, or one of another authority', async () => {
    const path = { provider: '/v1/registrations', centre: '/v1/owner', kgc: '/v1/holders' }[service];
    expect(toldBy(await ask(service, undefined, path), '')).toBe('401 E_UNAUTHENTICATED');
    const others = await TestPeople.make();
    try {
      const { key, cert } = await others.tls(person('operator', AT[service]));
      const url = { provider: scene.esp.url, centre: centre.url, kgc: kgc.url }[service];
      const { ca } = await scene.people.tls(undefined);
      const answer = await askWith(`${url}${path}`, { ca, key, cert }, {});
      expect(toldBy(answer, '')).toBe('401 E_UNAUTHENTICATED');
    } finally {
      await others.remove();
    }
  });
});
