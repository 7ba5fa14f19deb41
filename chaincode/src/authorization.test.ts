import {
  authenticationKeyId,
  AuthenticationKey,
  type AuthorizationReply,
  type Grant,
  type LedgerRole,
  type ReadRequest,
  readRequestBytes,
  type Scope,
  type SignedGrant,
  type Withdrawal,
} from '@chargecast/protocol';
import { ready } from '@chargecast/signcryption/primitives/native';
import { generateKeyPair } from '@chargecast/signcryption/statements';
import { NOW } from '@chargecast/signcryption/testing/world';
import { type ClientIdentity } from 'fabric-shim-api';
import { clientOf } from './access';
import { judgeReading, mayRead, readerOf, type ReadSubject } from './rules/authorisations';
import { WorldState } from './state';
import { codeOf, Consortium, GATEWAYS, PROVIDER } from './testing/consortium';
import { makeIdentity, type TestIdentity } from './testing/identities';
import { type Call, type MemoryLedger, type Simulation } from './testing/memory-ledger';
import { DAY, type Registered, Registrar } from './testing/registrar';

type Chain = 'certchain' | 'datachain';
const CHAINS = ['certchain', 'datachain'] as const;
const GARAGE = 'Garage1MSP';
const MAKER = 'CarMakerMSP';
const ANY = '*';

let consortium: Consortium;
let registrar: Registrar;
let vehicle: Registered;

beforeAll(ready);
beforeEach(async () => {
  consortium = await Consortium.initialised();
  registrar = new Registrar(consortium);
  await registrar.publish();
  vehicle = registrar.newcomer();
  await consortium.register('provider', 'registerPK', [JSON.stringify([vehicle.entry])]);
  await call('datachain', 'mirrorProvider', [JSON.stringify(consortium.providerEntry())], 'provider');
});

function request(name: string, args: readonly string[], role: LedgerRole, time: number): Call {
  return { name: `authorization:${name}`, args, as: consortium.as(role), time };
}
const call = (
  chain: Chain,
  name: string,
  args: readonly string[],
  role: LedgerRole = 'relay',
  time = NOW,
): Promise<Simulation> => consortium[chain].submit(request(name, args, role, time));

const authorize = (chain: Chain, grant: SignedGrant, time = NOW): Promise<Simulation> =>
  call(chain, 'authorize', [JSON.stringify(grant)], 'relay', time);
const withdraw = (chain: Chain, withdrawal: Withdrawal): Promise<Simulation> =>
  call(chain, 'revokeAuthorization', [JSON.stringify(withdrawal)]);

const isAuthorized = (
  chain: Chain,
  party: string,
  scope: Scope = 'charging',
  operator = '',
  time = NOW,
): Promise<AuthorizationReply> =>
  consortium[chain].evaluate<AuthorizationReply>(
    request('isAuthorized', [vehicle.certificate.id, party, scope, operator], 'carmaker', time),
  );

describe.each(CHAINS)('authorize, isAuthorized, revokeAuthorization on %s', (chain) => {
  test('for named scopes, until a date, and no longer than until revoked', async () => {
    expect(await isAuthorized(chain, GARAGE)).toEqual({ authorized: false, missing: ['owner'] });
    const { event, writes, ranges } = await authorize(chain, registrar.grant(vehicle, GARAGE));
    const { id } = vehicle.certificate;
    expect(event?.name).toBe('Authorize');
    expect([...writes.keys()]).toEqual([`grant:${id}:${GARAGE}:owner`]);
    expect(ranges).toBe(0);
    expect(await isAuthorized(chain, GARAGE)).toEqual({ authorized: true, missing: [] });
    expect((await isAuthorized(chain, GARAGE, 'maintenance')).authorized).toBe(false);
    expect((await isAuthorized(chain, 'Garage2MSP')).authorized).toBe(false);
    expect((await isAuthorized(chain, GARAGE, 'charging', '', NOW + 30 * DAY)).authorized).toBe(false);
    const revoked = await withdraw(chain, registrar.withdrawal(vehicle, GARAGE));
    expect(revoked.event?.name).toBe('RevokeAuthorization');
    expect(JSON.parse(revoked.event?.payload ?? '')).toEqual({ subject: id, party: GARAGE, by: 'owner', version: 2 });
    expect(await isAuthorized(chain, GARAGE)).toEqual({ authorized: false, missing: ['owner'] });
  });

  test('an old grant is not put again, nor an old withdrawal; the same word again changes nothing', async () => {
    const first = registrar.grant(vehicle, GARAGE);
    await authorize(chain, first);
    expect((await authorize(chain, first)).writes.size).toBe(0);
    const withdrawal = registrar.withdrawal(vehicle, GARAGE);
    await withdraw(chain, withdrawal);
    expect((await withdraw(chain, withdrawal)).writes.size).toBe(0);
    expect(await codeOf(authorize(chain, first))).toBe('E_AUTHORISATION_REPLAYED');
    expect(await codeOf(authorize(chain, registrar.grant(vehicle, GARAGE, { version: 2 })))).toBe(
      'E_AUTHORISATION_REPLAYED',
    );
    await authorize(chain, registrar.grant(vehicle, GARAGE, { version: 3 }));
    expect(await codeOf(withdraw(chain, withdrawal))).toBe('E_AUTHORISATION_REPLAYED');
    expect((await isAuthorized(chain, GARAGE)).authorized).toBe(true);
  });

  test('refusals', async () => {
    const other = registrar.newcomer();
    const grant = registrar.grant(vehicle, GARAGE);
    const thief = registrar.grant({ ...vehicle, owner: other.owner }, GARAGE);
    const stranger = new Registrar(consortium, PROVIDER, generateKeyPair(consortium.world.env).secret);
    const provider: Grant['grantor'] = { by: 'provider', name: PROVIDER };
    const cases: readonly (readonly [string, SignedGrant])[] = [
      ['E_AUTHORISATION', thief],
      ['E_AUTHORISATION', { ...grant, until: grant.until + 1 }],
      ['E_AUTHORISATION', { ...grant, scopes: ['charging', 'drive'] }],
      ['E_AUTHORISATION', registrar.grant(other, GARAGE, { subject: vehicle.certificate.id })],
      ['E_AUTHORISATION', registrar.grant(vehicle, GARAGE, { until: NOW })],
      ['E_AUTHORISATION', stranger.grant(vehicle, MAKER, { grantor: provider, subject: ANY })],
      ['E_PROVIDER_UNKNOWN', registrar.grant(vehicle, MAKER, { grantor: { by: 'provider', name: 'nobody' } })],
      ['E_DECODE', { ...grant, subject: ANY }],
      ['E_DECODE', { ...grant, party: 'key:1' }],
      ['E_DECODE', { ...grant, scopes: ['charging', 'charging'] }],
    ];
    for (const [code, given] of cases) expect([code, await codeOf(authorize(chain, given))]).toEqual([code, code]);
    const notPinned = { ...registrar.grant(vehicle, MAKER, { grantor: { by: 'operator', name: 'CSS1MSP' } }) };
    expect(await codeOf(authorize(chain, { ...notPinned, grantor: { by: 'operator', name: 'KGCMSP' } }))).toBe(
      'E_AUTHORISATION',
    );
    const forged = { ...registrar.withdrawal(vehicle, GARAGE), version: 3 };
    expect(await codeOf(withdraw(chain, forged))).toBe('E_AUTHORISATION');
    expect(await codeOf(call(chain, 'authorize', [JSON.stringify(grant)], 'carmaker'))).toBe('E_FORBIDDEN');
    expect(await codeOf(call(chain, 'listAuthorizations', ['10', ''], 'carmaker'))).toBe('E_FORBIDDEN');
  });

  test('a car maker needs the owner, the provider and the station’s operator', async () => {
    const kind = 'carmaker' as const;
    const asked = (): Promise<AuthorizationReply> => isAuthorized(chain, MAKER, 'charging', 'CSS1MSP');
    await authorize(chain, registrar.grant(vehicle, MAKER, { kind }));
    expect(await asked()).toEqual({ authorized: false, missing: ['provider', 'operator'] });
    const provider: Grant['grantor'] = { by: 'provider', name: PROVIDER };
    await authorize(chain, registrar.grant(vehicle, MAKER, { kind, grantor: provider, subject: ANY }));
    expect(await asked()).toEqual({ authorized: false, missing: ['operator'] });
    const operator: Grant['grantor'] = { by: 'operator', name: 'CSS1MSP' };
    await authorize(chain, registrar.grant(vehicle, MAKER, { kind, grantor: operator, subject: ANY }));
    expect(await asked()).toEqual({ authorized: true, missing: [] });
    expect(await isAuthorized(chain, MAKER, 'charging', 'CSS2MSP')).toEqual({
      authorized: false,
      missing: ['operator'],
    });
    expect((await isAuthorized(chain, MAKER)).missing).toEqual(['operator']);
    await withdraw(chain, registrar.withdrawal(vehicle, MAKER, { grantor: provider, subject: ANY }));
    expect(await asked()).toEqual({ authorized: false, missing: ['provider'] });
  });

  test('what a grantor said last, and all of them for the auditor', async () => {
    await authorize(chain, registrar.grant(vehicle, GARAGE));
    const args = [vehicle.certificate.id, GARAGE, 'owner'];
    const get = (): Promise<object> => consortium[chain].evaluate(request('getAuthorization', args, 'owner', NOW));
    expect(await get()).toMatchObject({ version: 1, party: GARAGE, grant: { scopes: ['charging'] } });
    await withdraw(chain, registrar.withdrawal(vehicle, GARAGE));
    expect(await get()).not.toHaveProperty('grant');
    const listed = await consortium[chain].evaluate<{ items: object[] }>(
      request('listAuthorizations', ['10', ''], 'auditor', NOW),
    );
    expect(listed.items).toHaveLength(1);
    const unknown = request('getAuthorization', [vehicle.certificate.id, 'Garage2MSP', 'owner'], 'owner', NOW);
    expect(await codeOf(consortium[chain].evaluate(unknown))).toBe('E_NOT_FOUND');
  });
});

test('the certification chain wants the owner’s vehicle registered; the data chain cannot know', async () => {
  const unregistered = registrar.newcomer();
  const grant = registrar.grant(unregistered, GARAGE);
  expect(await codeOf(authorize('certchain', grant))).toBe('E_NOT_REGISTERED');
  await authorize('datachain', grant);
});

test('a provider revoked on the data chain permits nothing any more', async () => {
  const kind = 'carmaker' as const;
  const grantors: Grant['grantor'][] = [
    { by: 'provider', name: PROVIDER },
    { by: 'operator', name: 'CSS1MSP' },
  ];
  await authorize('datachain', registrar.grant(vehicle, MAKER, { kind }));
  for (const grantor of grantors) {
    await authorize('datachain', registrar.grant(vehicle, MAKER, { kind, grantor, subject: ANY }));
  }
  expect((await isAuthorized('datachain', MAKER, 'charging', 'CSS1MSP')).authorized).toBe(true);
  const item = consortium.revocation('revokedProvider', PROVIDER, (statement) =>
    consortium.organisations(GATEWAYS.slice(0, 3), statement),
  );
  await consortium.cast('relay', 'mirrorGovernance', [JSON.stringify(item)]);
  expect(await isAuthorized('datachain', MAKER, 'charging', 'CSS1MSP')).toEqual({
    authorized: false,
    missing: ['provider'],
  });
  const again = registrar.grant(vehicle, MAKER, { kind, grantor: grantors[0] as Grant['grantor'], version: 2 });
  expect(await codeOf(authorize('datachain', again))).toBe('E_PROVIDER_REVOKED');
});

describe('mayRead', () => {
  const stateOf = (ledger: MemoryLedger): WorldState =>
    new WorldState({
      getState: async (key: string) => Buffer.from(ledger.state(key) ?? ''),
    } as unknown as ConstructorParameters<typeof WorldState>[0]);
  const subject = (): ReadSubject => ({ id: vehicle.certificate.id, operator: 'CSS1MSP' });

  const identityOf = ({ mspId, certificate }: TestIdentity): ClientIdentity =>
    ({
      getMSPID: () => mspId,
      getIDBytes: () => Buffer.from(certificate),
    }) as unknown as ClientIdentity;

  function signedRequest(key: AuthenticationKey, changes: Partial<ReadRequest> = {}): ReadRequest {
    const body = { subject: vehicle.certificate.id, scope: 'charging' as const, at: NOW, key: key.publicKey };
    const whole = { ...body, ...changes };
    return { ...whole, signature: key.sign(readRequestBytes(registrar.ctx, whole)) };
  }
  const ownerParts = (): NonNullable<ReadRequest['owner']> => {
    const { role, provider, owner, commitment } = registrar.ownerOf(vehicle);
    return { role, provider, owner, commitment };
  };
  const params = (): Parameters<typeof readerOf>[2] => consortium.world.params;
  const relay = async (): Promise<ClientIdentity> => identityOf(await makeIdentity('CSS1MSP', 'relay'));

  test('the owner by its key; another key as whom the owner authorised; never the relay that carries it', async () => {
    const state = stateOf(consortium.datachain);
    const carrier = await relay();
    const owner = readerOf(
      clientOf(carrier),
      new Set(),
      params(),
      NOW,
      signedRequest(vehicle.owner, { owner: ownerParts() }),
    );
    expect(await mayRead(state, subject(), owner, 'charging', NOW)).toBe(true);
    expect(await mayRead(state, { id: 'ff'.repeat(16) }, owner, 'charging', NOW)).toBe(false);
    expect(await mayRead(state, subject(), owner, 'maintenance', NOW)).toBe(false);
    const driver = AuthenticationKey.generate();
    const reader = readerOf(clientOf(carrier), new Set(), params(), NOW, signedRequest(driver, { scope: 'drive' }));
    expect(await mayRead(state, subject(), reader, 'drive', NOW)).toBe(false);
    const party = `key:${authenticationKeyId(driver.publicKey)}`;
    await authorize('datachain', registrar.grant(vehicle, party, { kind: 'driver', scopes: ['drive', 'charging'] }));
    const later = stateOf(consortium.datachain);
    expect(await mayRead(later, subject(), reader, 'drive', NOW)).toBe(true);
    expect(await mayRead(later, subject(), reader, 'charging', NOW)).toBe(false);
    const alone = readerOf(clientOf(carrier), new Set(), params(), NOW);
    expect(await mayRead(later, subject(), alone, 'drive', NOW)).toBe(false);
  });

  test('an organisation, and one client of it by its common name', async () => {
    await authorize('datachain', registrar.grant(vehicle, `${GARAGE}/alice`));
    const maySee = async (name: string): Promise<boolean> => {
      const identity = identityOf(await makeIdentity(GARAGE, 'owner', `CN=${name}, OU=client`));
      const reader = readerOf(clientOf(identity), new Set<LedgerRole>(['owner']), params(), NOW);
      return mayRead(stateOf(consortium.datachain), subject(), reader, 'charging', NOW);
    };
    expect([await maySee('alice'), await maySee('bob')]).toEqual([true, false]);
    await authorize('datachain', registrar.grant(vehicle, GARAGE));
    expect(await maySee('bob')).toBe(true);
  });

  test('who has the role of a car maker needs three permissions, whatever the owner called it', async () => {
    await authorize('datachain', registrar.grant(vehicle, MAKER));
    const identity = identityOf(await makeIdentity(MAKER, 'carmaker'));
    const reader = readerOf(clientOf(identity), new Set<LedgerRole>(['carmaker']), params(), NOW);
    const answer = await judgeReading(stateOf(consortium.datachain), subject(), reader, 'charging', NOW);
    expect(answer).toEqual({ authorized: false, missing: ['provider', 'operator'] });
  });

  const codeOfThrown = (work: () => unknown): Promise<unknown> =>
    Promise.resolve()
      .then(work)
      .then(
        () => 'accepted',
        (error: { code?: unknown }) => error.code,
      );

  test('signed requests that do not hold', async () => {
    const carrier = await relay();
    const ask = (given: ReadRequest): unknown => readerOf(clientOf(carrier), new Set(), params(), NOW, given);
    const { owner } = vehicle;
    const stranger = AuthenticationKey.generate();
    for (const given of [
      signedRequest(owner, { at: NOW - 301 }),
      signedRequest(owner, { at: NOW + 301 }),
      { ...signedRequest(owner), scope: 'drive' as const },
      { ...signedRequest(owner), key: stranger.publicKey },
      signedRequest(stranger, { owner: ownerParts() }),
      signedRequest(owner, { owner: { ...ownerParts(), provider: 'other' } }),
    ]) {
      expect(await codeOfThrown(() => ask(given))).toBe('E_AUTHORISATION');
    }
  });
});
