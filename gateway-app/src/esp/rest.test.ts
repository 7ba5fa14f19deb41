import { type Person } from '@chargecast/network';
import { AuthenticationKey, authenticationKeyId } from '@chargecast/protocol';

import { type Owned, OPERATOR_MSP, ProviderScene, type Recorded } from '../data-applications/testing/provider-scene';
import { type HttpAnswer } from '../rest/testing/people';
import { eventually } from '../testing/test-network';

jest.setTimeout(120_000);

let scene: ProviderScene;
let alice: Person;
let operator: Person;
let car: Owned;

beforeEach(async () => {
  scene = await ProviderScene.start(expect.getState().currentTestName);
  alice = scene.person('owner', 'contract-1');
  operator = scene.person('operator');
  car = await scene.vehicle('VIN1');
});
afterEach(() => scene.stop());

const code = (answer: HttpAnswer): string => `${answer.status} ${answer.json<{ code?: string }>().code ?? ''}`;
const put = (person: Person, path: string, body: unknown): Promise<HttpAnswer> =>
  scene.ask(person, path, { method: 'PUT', body });
const post = (person: Person, path: string, body: unknown): Promise<HttpAnswer> =>
  scene.ask(person, path, { method: 'POST', body });

async function claim(person = alice, vehicle = car): Promise<void> {
  const request = scene.request(vehicle.owner, vehicle, 'charging');
  const claimed = await eventually(async () => {
    const answer = await put(person, `/v1/owner/vehicles/${vehicle.id}`, { request });
    // The certificate reaches the provider's replica with its block.
    return answer.status === 404 ? undefined : answer;
  }, 'the certificate');
  expect([claimed.status, claimed.json().id]).toEqual([200, vehicle.id]);
}

async function bring(word: object): Promise<void> {
  const brought = await post(alice, '/v1/owner/words', { word });
  expect([brought.status, brought.json()]).toEqual([200, { certchain: 'committed', datachain: 'committed' }]);
}

interface Access {
  readonly party: string;
  readonly state: string;
  readonly grantedBy: string;
}
const access = async (): Promise<Access[]> =>
  (await scene.ask(alice, '/v1/owner/access')).json<{ items: Access[] }>().items;

describe('an owner at its provider', () => {
  it('proves a vehicle once, sees its certificate, and has it forgotten', async () => {
    expect((await scene.ask(alice, '/v1/owner')).json()).toMatchObject({ service: 'provider', vehicles: [] });
    await claim();
    const { vehicles } = (await scene.ask(alice, '/v1/owner')).json<{ vehicles: object[] }>();
    expect(vehicles).toMatchObject([{ id: car.id, status: 'valid', tag: 'A', owner: car.certificate.owner }]);
    const gone = await scene.ask(alice, `/v1/owner/vehicles/${car.id}`, { method: 'DELETE' });
    expect(gone.status).toBe(204);
    expect((await scene.ask(alice, '/v1/owner')).json()).toMatchObject({ vehicles: [] });
  });

  it('grants and withdraws with a word made where its key is; sees at once who has access', async () => {
    await claim();
    const party = `key:${authenticationKeyId(AuthenticationKey.generate().publicKey)}`;
    await bring(scene.grant(car, party, { kind: 'thirdParty', scopes: ['charging', 'maintenance'] }));
    await eventually(async () => (await access()).some(({ state }) => state === 'inForce'), 'the grant');
    await bring(scene.withdrawal(car, party));
    await eventually(async () => (await access()).some(({ state }) => state === 'withdrawn'), 'the withdrawal');
    expect(await access()).toMatchObject([{ party, grantedBy: 'owner', state: 'withdrawn' }]);
  });

  it('reads its own record by the opening its vehicle keeps, as chaincode judges it', async () => {
    const { opening, entry } = await scene.session(car);
    const request = scene.request(car.owner, car, 'charging');
    const { items } = (
      await post(alice, '/v1/owner/records', { request, openings: [opening, { ...opening, session: '00'.repeat(16) }] })
    ).json<{ items: object[] }>();
    expect(items).toMatchObject([
      { transaction: entry.transaction, energyWh: 12_345, code: '', record: { signature: entry.signature } },
      { record: null, energyWh: null, code: 'E_FORBIDDEN' },
    ]);
  });

  it('is told what is wrong with what it brings', async () => {
    const request = scene.request(car.owner, car, 'charging');
    const stale = scene.request(car.owner, car, 'charging', request.at - 301);
    const path = `/v1/owner/vehicles/${car.id}`;
    expect(code(await put(alice, path, { request: stale }))).toBe('403 E_OWNER_PROOF');
    expect(code(await put(alice, path, { request: { ...request, at: request.at + 1 } }))).toBe('403 E_OWNER_PROOF');
    expect(code(await put(alice, path, { request: scene.request(car.key, car, 'charging') }))).toBe(
      '403 E_OWNER_PROOF',
    );
    expect(code(await put(alice, `/v1/owner/vehicles/${'00'.repeat(16)}`, { request }))).toBe('403 E_OWNER_PROOF');
    expect(code(await put(alice, path, {}))).toBe('400 E_REQUEST');
    const word = scene.grant(car, OPERATOR_MSP);
    expect(code(await post(alice, '/v1/owner/words', { word }))).toBe('403 E_FORBIDDEN');
    await claim();
    expect(code(await post(alice, '/v1/owner/words', { word: { ...word, version: 99 } }))).toBe('403 E_AUTHORISATION');
    expect(code(await post(alice, '/v1/owner/health', { request }))).toBe('422 E_DECODE');
  });
});

describe('a car maker at a provider', () => {
  type Maker = Awaited<ReturnType<ProviderScene['carMaker']>>;
  let maker: Maker;
  let sessions: Recorded[];

  interface Read {
    readonly items: readonly { readonly transaction: string; readonly energyWh: number }[];
    readonly withheld: number;
    readonly next: string | null;
  }
  const read = (query = ''): Promise<HttpAnswer> =>
    post(maker.person, `/v1/car-maker/records${query}`, { request: scene.request(maker.key, car, 'charging') });
  const seen = async (): Promise<[number, number]> => {
    const answer = await read();
    const { items, withheld } = answer.json<Partial<Read>>();
    return [items?.length ?? answer.status, withheld ?? 0];
  };
  const disclosures = (): string => `/v1/owner/disclosures/${car.id}/${maker.party}`;

  beforeEach(async () => {
    maker = await scene.carMaker('CarMaker');
    await claim();
    sessions = [await scene.session(car), await scene.session(car, 'CSS2MSP')];
    await bring(scene.grant(car, maker.party));
    await eventually(async () => (await access()).length > 0, 'the grant in the provider’s replica');
    const openings = sessions.map(({ opening }) => opening);
    expect((await put(alice, disclosures(), { openings })).json()).toMatchObject({ sessions: 2 });
    const permitted = await put(operator, `/v1/permissions/${maker.party}`, scene.permission());
    expect(permitted.status).toBe(200);
    await scene.operatorsWord(maker.party, true);
  });

  it('reads sessions for which all three permissions stand, and nothing of the others', async () => {
    const { items, withheld, next } = (await read()).json<Read>();
    expect(items).toMatchObject([{ transaction: sessions[0]?.entry.transaction, energyWh: 12_345 }]);
    expect([withheld, next]).toEqual([1, null]);
    expect(Object.keys(items[0] ?? {}).sort()).toEqual(['endedAt', 'energyWh', 'readings', 'startedAt', 'transaction']);
    await scene.operatorsWord(maker.party, true, 'CSS2MSP');
    const first = (await read('?limit=1')).json<Read>();
    const second = (await read(`?limit=1&cursor=${first.next}`)).json<Read>();
    const both = [...first.items, ...second.items].map(({ transaction }) => transaction);
    expect(both).toEqual(sessions.map(({ entry }) => entry.transaction).sort());
    expect((await scene.ask(maker.person, '/v1/car-maker/vehicles')).json()).toMatchObject({
      items: [{ id: car.id, sessions: 2, permissions: { owner: true, provider: true } }],
    });
  });

  it('reads nothing more once the owner withdraws, and what it was shown is forgotten', async () => {
    expect(await seen()).toEqual([1, 1]);
    await bring(scene.withdrawal(car, maker.party));
    await eventually(async () => (await seen())[0] === 403, 'the withdrawal in the provider’s replica');
    expect((await scene.ask(maker.person, '/v1/car-maker/vehicles')).json()).toMatchObject({ items: [] });
    await bring(scene.grant(car, maker.party));
    await eventually(async () => (await seen())[0] !== 403, 'the new grant in the provider’s replica');
    expect(await seen()).toEqual([0, 0]);
  });

  it('reads nothing more once the provider withdraws', async () => {
    const withdrawn = await scene.ask(operator, `/v1/permissions/${maker.party}?subject=*`, { method: 'DELETE' });
    expect(withdrawn.json()).toEqual({ certchain: 'committed', datachain: 'committed' });
    expect(await seen()).toEqual([0, 2]);
  });

  it('reads nothing more once the station’s operator withdraws', async () => {
    await scene.operatorsWord(maker.party, false);
    expect(await seen()).toEqual([0, 2]);
  });

  it('is refused under any other key, name or kind of grant', async () => {
    const other = await scene.carMaker('OtherMaker');
    const foreign = scene.request(maker.key, car, 'charging');
    expect(code(await post(other.person, '/v1/car-maker/records', { request: foreign }))).toBe('403 E_FORBIDDEN');
    const own = scene.request(other.key, car, 'charging');
    expect(code(await post(other.person, '/v1/car-maker/records', { request: own }))).toBe('403 E_FORBIDDEN');
    expect(code(await scene.ask(scene.person('car-maker', 'Nobody'), '/v1/car-maker/vehicles'))).toBe(
      '403 E_FORBIDDEN',
    );
    await bring(scene.grant(car, other.party, { kind: 'thirdParty' }));
    await eventually(async () => (await access()).some(({ party }) => party === other.party), 'the grant');
    expect(
      (
        await put(alice, `/v1/owner/disclosures/${car.id}/${other.party}`, {
          openings: sessions.map(({ opening }) => opening),
        })
      ).status,
    ).toBe(200);
    expect(code(await post(other.person, '/v1/car-maker/records', { request: own }))).toBe('403 E_FORBIDDEN');
  });

  it('is shown no session that is not the vehicle’s own', async () => {
    const foreign = { ...(sessions[0] as Recorded).opening, blinding: '00'.repeat(32) };
    expect(code(await put(alice, disclosures(), { openings: [foreign] }))).toBe('409 E_OPENING');
    expect((await scene.ask(alice, disclosures(), { method: 'DELETE' })).status).toBe(204);
    expect(await seen()).toEqual([0, 0]);
    const nobody = `/v1/owner/disclosures/${car.id}/key:${'00'.repeat(16)}`;
    const openings = [(sessions[0] as Recorded).opening];
    expect(code(await put(alice, nobody, { openings }))).toBe('409 E_GRANT_MISSING');
  });
});

describe('a provider’s operator', () => {
  it('lists, looks, reports, revokes and erases; an auditor only looks, and not at identities', async () => {
    const other = await scene.vehicle('VIN2');
    const auditor = scene.person('auditor', '1', 'any');
    const first = (await scene.ask(auditor, '/v1/registrations?limit=1')).json<{
      items: { id: string }[];
      next: string;
    }>();
    const rest = (await scene.ask(auditor, `/v1/registrations?limit=1&cursor=${first.next}`)).json<typeof first>();
    expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual([car.id, other.id].sort());
    expect(rest.next).toBeNull();
    const path = `/v1/registrations/${car.id}`;
    await eventually(async () => (await scene.ask(auditor, path)).json().status === 'valid', 'the certificate');
    const looked = (await scene.ask(auditor, path)).json();
    expect(looked).toMatchObject({ reputation: 100, certificate: { id: car.id } });
    expect(JSON.stringify(looked)).not.toContain('VIN1');
    expect(code(await scene.ask(auditor, `${path}/identity`))).toBe('403 E_FORBIDDEN');
    expect((await scene.ask(operator, `${path}/identity`)).json()).toMatchObject({ identity: { vin: 'VIN1' } });
    const reported = await put(operator, `${path}/reports/fraud`, { evidence: 'ab'.repeat(32) });
    expect(reported.json()).toEqual({ value: 80, revoked: false });
    expect((await put(operator, `${path}/revocation`, { reason: 'lost' })).json()).toMatchObject({
      status: 'committed',
    });
    await eventually(async () => (await scene.ask(auditor, path)).json().status === 'revoked', 'the revocation');
    expect((await scene.ask(operator, `${path}/identity`, { method: 'DELETE' })).status).toBe(204);
    expect(code(await scene.ask(operator, `${path}/identity`))).toBe('404 E_IDENTITY_ERASED');
    expect(code(await scene.ask(operator, `/v1/registrations/${'00'.repeat(16)}`))).toBe('404 E_NOT_REGISTERED');
  });
});
