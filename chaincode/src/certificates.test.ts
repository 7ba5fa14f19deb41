import {
  applicationBytes,
  AuthenticationKey,
  type CertificateHistoryReply,
  type CertificateReply,
  type Page,
  type Certificate,
  type KeyRevocation,
  keyRevocationStatement,
  MAX_REGISTRATIONS,
  type RegistrationEntry,
  type RegistrationReply,
} from '@chargecast/protocol';
import { ready } from '@chargecast/signcryption/primitives/native';
import { generateKeyPair } from '@chargecast/signcryption/statements';
import { hex, NOW } from '@chargecast/signcryption/testing/world';
import { codeOf, Consortium, GATEWAYS, PROVIDER } from './testing/consortium';
import { type Simulation } from './testing/memory-ledger';
import { DAY, LIFETIME, type Registered, Registrar, RENEWAL } from './testing/registrar';

let consortium: Consortium;
let registrar: Registrar;

beforeAll(ready);
beforeEach(async () => {
  consortium = await Consortium.initialised();
  registrar = new Registrar(consortium);
  await registrar.publish();
});

const call = (name: string, entries: readonly RegistrationEntry[], time = NOW): Promise<Simulation> =>
  consortium.register('provider', name, [JSON.stringify(entries)], { time });

async function codes(name: string, entries: readonly RegistrationEntry[], time = NOW): Promise<string[]> {
  const { payload } = await call(name, entries, time);
  const { outcomes } = JSON.parse(payload) as RegistrationReply;
  return outcomes.map((outcome) => (outcome.status === 'refused' ? outcome.code : outcome.status));
}

const register = (...newcomers: readonly Registered[]): Promise<string[]> =>
  codes(
    'registerPK',
    newcomers.map(({ entry }) => entry),
  );

const query = (id: string): Promise<CertificateReply> =>
  consortium.query<CertificateReply>('provider', 'certchain', 'queryVPK', [id]);

const revoke = (revocation: KeyRevocation, time = NOW): Promise<Simulation> =>
  consortium.register('provider', 'revokePK', [JSON.stringify(revocation)], { time });

describe('publishSPK and querySPK', () => {
  const publish = (key: object): Promise<Simulation> =>
    consortium.register('provider', 'publishSPK', [JSON.stringify(key)]);

  test('the key in force, and the same again', async () => {
    const found = await consortium.query('carmaker', 'certchain', 'querySPK', [PROVIDER]);
    const published = consortium.certchain.state(`spk:${PROVIDER}`)?.toString('utf8') ?? '';
    expect(found).toEqual(JSON.parse(published));
    expect(found).toMatchObject({ version: 1, publicKey: registrar.key.publicKey, lifetime: LIFETIME });
    expect((await publish(registrar.systemKey())).writes.size).toBe(0);
    const { event } = await publish(registrar.systemKey({ version: 2, lifetime: DAY }));
    expect(event).toEqual({ name: 'PublishSPK', payload: JSON.stringify({ provider: PROVIDER, version: 2 }) });
    expect(consortium.certchain.keys().filter((key) => key.startsWith('spk'))).toEqual([
      `spk-version:${PROVIDER}:0000000001`,
      `spk:${PROVIDER}`,
    ]);
  });

  test('refusals', async () => {
    const stranger = new Registrar(consortium, PROVIDER, generateKeyPair(consortium.world.env).secret);
    const unknown = new Registrar(consortium, 'nobody');
    expect(await codeOf(publish(stranger.systemKey({ version: 2 })))).toBe('E_AUTHORITY');
    expect(await codeOf(publish(registrar.systemKey({ version: 3 })))).toBe('E_VERSION');
    expect(await codeOf(publish(unknown.systemKey()))).toBe('E_PROVIDER_UNKNOWN');
    const offCurve = `04${'11'.repeat(64)}`;
    expect(await codeOf(publish(registrar.systemKey({ version: 2, publicKey: offCurve })))).toBe('E_SYSTEM_KEY');
    expect(await codeOf(consortium.query('owner', 'certchain', 'querySPK', ['nobody']))).toBe('E_SYSTEM_KEY');
  });
});

describe('registerPK', () => {
  test('vehicles and piles, an outcome and a key each, one read each, and an event to listen to', async () => {
    const newcomers = [registrar.newcomer(), registrar.newcomer('pile'), registrar.newcomer()];
    const simulation = await call(
      'registerPK',
      newcomers.map(({ entry }) => entry),
    );
    const ids = newcomers.map(({ certificate }) => certificate.id);
    expect(JSON.parse(simulation.payload)).toEqual({ outcomes: ids.map((id) => ({ id, status: 'committed' })) });
    expect([...simulation.writes.keys()]).toEqual(ids.map((id) => `vpk:${id}`));
    expect(simulation.reads.filter(({ key }) => key.startsWith('vpk')).map(({ key }) => key)).toEqual(
      ids.map((id) => `vpk:${id}`),
    );
    expect(simulation.ranges).toBe(0);
    const certificates = ids.map((id) => ({ id, provider: PROVIDER, version: 1 }));
    expect(simulation.event?.name).toBe('RegisterPK');
    expect(JSON.parse(simulation.event?.payload ?? '')).toEqual({ certificates });
    expect(await query(ids[1] as string)).toEqual({
      certificate: newcomers[1]?.certificate,
      revocation: null,
      status: 'valid',
    });
  });

  test('Vehicle already registered; the same certificate again writes nothing', async () => {
    const first = registrar.newcomer();
    expect(await register(first)).toEqual(['committed']);
    const again = await call('registerPK', [first.entry]);
    expect(JSON.parse(again.payload)).toEqual({ outcomes: [{ id: first.certificate.id, status: 'committed' }] });
    expect(again.writes.size).toBe(0);
    const other = registrar.issue(first.certificate, { expiresAt: NOW + DAY });
    const { payload } = await call('registerPK', [{ ...first.entry, certificate: other }]);
    expect(JSON.parse(payload)).toEqual({
      outcomes: [
        {
          id: first.certificate.id,
          status: 'refused',
          code: 'E_VEHICLE_REGISTERED',
          message: 'Vehicle already registered; update its key with updatePK',
        },
      ],
    });
  });

  test('within one submission, too', async () => {
    const first = registrar.newcomer();
    const other = { ...first.entry, certificate: registrar.issue(first.certificate, { expiresAt: NOW + DAY }) };
    expect(await codes('registerPK', [first.entry, other])).toEqual(['committed', 'E_VEHICLE_REGISTERED']);
  });

  test('two submissions of one ID: the later one conflicts', async () => {
    const { entry } = registrar.newcomer();
    const args = [JSON.stringify([entry])];
    const simulate = (): Promise<Simulation> =>
      consortium.certchain.simulate({ name: 'registration:registerPK', args, as: consortium.as('relay'), time: NOW });
    const [one, two] = [await simulate(), await simulate()];
    expect(consortium.certchain.commit(one)).toBe('VALID');
    expect(consortium.certchain.commit(two)).toBe('MVCC_READ_CONFLICT');
  });

  test('a refused entry does not refuse the rest', async () => {
    const good = registrar.newcomer();
    const thief = registrar.newcomer();
    const stranger = new Registrar(consortium);
    const stolen = { ...thief.entry, proof: good.key.sign(applicationBytes(registrar.ctx, thief.certificate)) };
    const renamed = registrar.issue(thief.certificate, { id: '00'.repeat(16) });
    const refused: readonly (readonly [string, RegistrationEntry])[] = [
      ['E_POSSESSION', stolen],
      ['E_POSSESSION', { ...good.entry, proof: thief.entry.proof }],
      ['E_CERTIFICATE', stranger.newcomer().entry],
      ['E_CERTIFICATE', { ...thief.entry, certificate: renamed }],
      ['E_CERTIFICATE_VERSION', registrar.newcomer('vehicle', { version: 2 }).entry],
      ['E_SYSTEM_KEY', registrar.newcomer('vehicle', { keyVersion: 2 }).entry],
      ['E_PROVIDER_UNKNOWN', new Registrar(consortium, 'nobody').newcomer().entry],
      ['E_CERTIFICATE_TIME', registrar.newcomer('vehicle', { expiresAt: NOW + LIFETIME + 1 }).entry],
      ['E_CERTIFICATE_TIME', registrar.newcomer('vehicle', { issuedAt: NOW + 61 }).entry],
      ['E_CERTIFICATE_TIME', registrar.newcomer('vehicle', { issuedAt: NOW - 3601 }).entry],
      ['E_CERTIFICATE_TIME', registrar.newcomer('vehicle', { expiresAt: NOW }).entry],
    ];
    const entries = [...refused.map(([, entry]) => entry), good.entry];
    expect(await codes('registerPK', entries)).toEqual([...refused.map(([code]) => code), 'committed']);
  });

  test('the signature’s other half, another network and a changed member do not hold', async () => {
    const { entry, key } = registrar.newcomer();
    const order = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
    const s = (order - BigInt(`0x${entry.proof.slice(64)}`)).toString(16).padStart(64, '0');
    const elsewhere = key.sign(applicationBytes(Buffer.alloc(32), entry.certificate));
    const changed = { ...entry.certificate, attributes: { role: 'vehicle' as const, auth: 'fleet' } };
    const entries = [
      { ...entry, proof: entry.proof.slice(0, 64) + s },
      { ...entry, proof: elsewhere },
      { certificate: changed, proof: key.sign(applicationBytes(registrar.ctx, changed)) },
    ];
    expect(await codes('registerPK', entries)).toEqual(['E_POSSESSION', 'E_POSSESSION', 'E_CERTIFICATE']);
  });

  test('a revoked provider registers nobody', async () => {
    const item = consortium.revocation('revokedProvider', PROVIDER, (statement) =>
      consortium.organisations(GATEWAYS.slice(0, 3), statement),
    );
    const before = registrar.newcomer();
    await register(before);
    await consortium.register('relay', 'mirrorGovernance', [JSON.stringify(item)]);
    expect(await register(registrar.newcomer())).toEqual(['E_PROVIDER_REVOKED']);
    expect((await query(before.certificate.id)).status).toBe('providerRevoked');
  });

  test('bounds, shapes, roles and the other channel', async () => {
    const { entry } = registrar.newcomer();
    const many = Array.from({ length: MAX_REGISTRATIONS + 1 }, () => entry);
    expect(await codeOf(call('registerPK', many))).toBe('E_DECODE');
    expect(await codeOf(call('registerPK', []))).toBe('E_DECODE');
    const bad = { ...entry, certificate: { ...entry.certificate, publicKey: '04' } };
    expect(await codeOf(call('registerPK', [bad]))).toBe('E_DECODE');
    const args = [JSON.stringify([entry])];
    expect(await codeOf(consortium.register('owner', 'registerPK', args))).toBe('E_FORBIDDEN');
    const there = { name: 'registration:registerPK', args, as: consortium.as('relay'), time: NOW };
    expect(await codeOf(consortium.datachain.submit(there))).toBe('E_CHANNEL');
    expect(await codeOf(consortium.register('relay', 'registerPK', ['x'.repeat(1024 * 1024 + 1)]))).toBe('E_TOO_LARGE');
  });
});

describe('updatePK', () => {
  const due = NOW + LIFETIME - RENEWAL;
  const times = { issuedAt: due, expiresAt: due + LIFETIME };
  let first: Registered;
  beforeEach(async () => {
    first = registrar.newcomer();
    await register(first);
  });

  test('supersedes near expiry; the old key stays for the auditor', async () => {
    const next = registrar.successor(first, times);
    const { payload, event } = await call('updatePK', [next.entry], due);
    const { id } = first.certificate;
    expect(JSON.parse(payload)).toEqual({ outcomes: [{ id, status: 'committed' }] });
    expect(event?.name).toBe('UpdatePK');
    expect((await query(id)).certificate).toEqual(next.certificate);
    const history = await consortium.query<CertificateHistoryReply>('auditor', 'certchain', 'historyVPK', [id]);
    expect(history.versions).toEqual([first.certificate, next.certificate]);
    expect(await codes('updatePK', [next.entry], due)).toEqual(['committed']);
  });

  test('refusals', async () => {
    const next = registrar.successor(first, times);
    const sameKey = { ...registrar.successor(first, { ...times, publicKey: first.key.publicKey }).entry };
    sameKey.proof = first.key.sign(applicationBytes(registrar.ctx, sameKey.certificate));
    const without = { certificate: next.certificate, proof: next.entry.proof };
    const foreign = registrar.successor({ ...first, key: AuthenticationKey.generate() }, times);
    const cases: readonly (readonly [string, RegistrationEntry, number])[] = [
      ['E_UPDATE_EARLY', registrar.successor(first, { issuedAt: due - 1, expiresAt: due }).entry, due - 1],
      ['E_CERTIFICATE_EXPIRED', registrar.successor(first, late).entry, NOW + LIFETIME],
      ['E_CERTIFICATE_VERSION', registrar.successor(first, { ...times, version: 3 }).entry, due],
      ['E_HANDOVER', without, due],
      ['E_HANDOVER', foreign.entry, due],
      ['E_HANDOVER', sameKey, due],
      ['E_NOT_REGISTERED', registrar.successor(registrar.newcomer(), times).entry, due],
      ['E_POSSESSION', { ...next.entry, proof: next.entry.handover as string }, due],
      ['E_CERTIFICATE', new Registrar(consortium).successor(first, times).entry, due],
    ];
    for (const [code, entry, time] of cases)
      expect([code, await codes('updatePK', [entry], time)]).toEqual([code, [code]]);
  });
  const late = { issuedAt: NOW + LIFETIME, expiresAt: NOW + 2 * LIFETIME };

  test('not after a revocation', async () => {
    await revoke(registrar.revocation(first.certificate.id));
    expect(await codes('updatePK', [registrar.successor(first, times).entry], due)).toEqual(['E_CERTIFICATE_REVOKED']);
  });
});

describe('revokePK', () => {
  let vehicle: Registered;
  beforeEach(async () => {
    vehicle = registrar.newcomer();
    await register(vehicle);
  });

  const byOrganisations = (names: readonly string[]): KeyRevocation => {
    const body = { id: vehicle.certificate.id, reason: 'ceased' as const, effective: NOW };
    return { ...body, authority: consortium.organisations(names, keyRevocationStatement(body)) };
  };

  test.each([
    ['provider', () => registrar.revocation(vehicle.certificate.id)],
    ['owner', () => registrar.ownersRevocation(vehicle)],
    ['organisations', () => byOrganisations(GATEWAYS.slice(0, 3))],
  ])('by the %s: reason, authority and effective time stand', async (by, make) => {
    const revocation = make();
    const { event, payload } = await revoke(revocation);
    const { id } = vehicle.certificate;
    expect(JSON.parse(payload)).toEqual({ id, status: 'committed' });
    const { reason, effective } = revocation;
    expect(event?.name).toBe('RevokePK');
    expect(JSON.parse(event?.payload ?? '')).toEqual({ id, reason, effective, by });
    const found = await query(id);
    expect(found.status).toBe('revoked');
    expect(found.revocation).toEqual({ ...revocation, by, at: NOW });
    expect(await codes('registerPK', [vehicle.entry])).toEqual(['committed']);
    expect((await query(id)).status).toBe('revoked');
  });

  test('a later one changes nothing, an earlier one counts', async () => {
    const { id } = vehicle.certificate;
    await revoke(registrar.revocation(id, { effective: NOW + 100 }));
    expect((await query(id)).status).toBe('valid');
    expect((await revoke(registrar.revocation(id, { effective: NOW + 200 }))).writes.size).toBe(0);
    await revoke(registrar.revocation(id, { effective: NOW }));
    expect((await query(id)).status).toBe('revoked');
  });

  test('refusals', async () => {
    const { id } = vehicle.certificate;
    const other = registrar.newcomer();
    await register(other);
    const strangers = new Registrar(consortium, PROVIDER, generateKeyPair(consortium.world.env).secret);
    const notOwner = { ...registrar.ownersRevocation(vehicle), id: other.certificate.id };
    const signed = registrar.revocation(id);
    expect(await codeOf(revoke(strangers.revocation(id)))).toBe('E_AUTHORITY');
    expect(await codeOf(revoke(notOwner))).toBe('E_AUTHORITY');
    expect(await codeOf(revoke({ ...signed, effective: NOW + 1 }))).toBe('E_AUTHORITY');
    expect(await codeOf(revoke({ ...signed, reason: 'lost' }))).toBe('E_AUTHORITY');
    expect(await codeOf(revoke(byOrganisations(GATEWAYS.slice(0, 2))))).toBe('E_AUTHORITY');
    expect(await codeOf(revoke(registrar.revocation('00'.repeat(16))))).toBe('E_NOT_REGISTERED');
    expect(await codeOf(consortium.register('auditor', 'revokePK', [JSON.stringify(signed)]))).toBe('E_FORBIDDEN');
  });
});

describe('queries', () => {
  test('listVPK pages; an unknown ID is E_NOT_REGISTERED; who may ask', async () => {
    const newcomers = Array.from({ length: 3 }, () => registrar.newcomer());
    await register(...newcomers);
    const list = (bookmark: string): Promise<Page<Certificate>> =>
      consortium.query<Page<Certificate>>('auditor', 'certchain', 'listVPK', ['2', bookmark]);
    const first = await list('');
    const second = await list(first.bookmark);
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(
      newcomers.map(({ certificate }) => certificate.id).sort(),
    );
    expect(await codeOf(query('00'.repeat(16)))).toBe('E_NOT_REGISTERED');
    expect(await codeOf(query('zz'))).toBe('E_DECODE');
    const ask = (name: string, role: 'carmaker' | 'provider'): Promise<string> =>
      codeOf(consortium.query(role, 'certchain', name, [hex(new Uint8Array(16))]));
    expect(await ask('queryVPK', 'carmaker')).toBe('E_FORBIDDEN');
    expect(await ask('historyVPK', 'provider')).toBe('E_FORBIDDEN');
  });

  test('an expired certificate says so', async () => {
    const { entry, certificate } = registrar.newcomer('vehicle', { expiresAt: NOW + 10 });
    await call('registerPK', [entry]);
    const args = [certificate.id];
    const at = (time: number): Promise<CertificateReply> =>
      consortium.certchain.evaluate<CertificateReply>({
        name: 'registration:queryVPK',
        args,
        as: consortium.as('provider'),
        time,
      });
    expect((await at(NOW + 9)).status).toBe('valid');
    expect((await at(NOW + 10)).status).toBe('expired');
  });
});
