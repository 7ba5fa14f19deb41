import {
  type Application,
  applicationBytes,
  AuthenticationKey,
  authenticationKeyId,
  type AuthorizationReply,
  type Certificate,
  commitIdentity,
  encodeCertificate,
  formatAttributes,
  type Grant,
  grantBytes,
  idOfApplication,
  updateBytes,
  verifyCertificate,
} from '@chargecast/protocol';
import { PROVIDER } from '@chargecast/chaincode/testing/consortium';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { codeOf } from '../common/errors';
import { type RunningRole } from '../common/running-role';
import { type Applicant, type Client, type RegistrationOutcome } from '../rpc';
import { eventually, TestNetwork } from '../testing/test-network';
import { startEsp } from '.';

const VIN = 'WVWZZZ1KZAW123456';

let network: TestNetwork;
let esp: RunningRole;

async function startAgain(members: object = {}): Promise<void> {
  esp = await startEsp(await network.espConfig({ stations: ['cp1'], ...members }), {
    connect: async () => network.ledger(),
  });
  const started = esp;
  network.closing(() => started.stop());
  await eventually(async () => {
    const { registration } = (await esp.status()) as { registration: { systemKeyPublished: boolean } };
    return registration.systemKeyPublished ? true : undefined;
  }, 'the system key');
}

beforeEach(async () => {
  network = await TestNetwork.start(expect.getState().currentTestName);
  await startAgain();
});
afterEach(() => network.stop());

interface Newcomer {
  readonly key: AuthenticationKey;
  readonly owner: AuthenticationKey;
  readonly application: Application;
  readonly applicant: Applicant;
}

const ctx = (): Uint8Array => network.chain.trust.params.ctx;

function applicantOf(application: Application, key: AuthenticationKey, changes: Partial<Applicant>): Applicant {
  return {
    unit: 'VIN1',
    application: JSON.stringify(application),
    proof: key.sign(applicationBytes(ctx(), application)),
    handover: '',
    salt: '07'.repeat(32),
    identity: JSON.stringify({ vin: VIN, plate: 'A 0000', owner: 'Alice' }),
    ...changes,
  };
}

function newcomer(changes: Partial<Application> = {}, shown: Partial<Applicant> = {}): Newcomer {
  const [key, owner] = [AuthenticationKey.generate(), AuthenticationKey.generate()];
  const identity = JSON.parse(
    shown.identity ?? JSON.stringify({ vin: VIN, plate: 'A 0000', owner: 'Alice' }),
  ) as Record<string, string>;
  const application: Application = {
    provider: PROVIDER,
    version: 1,
    publicKey: key.publicKey,
    attributes: { role: 'vehicle', auth: 'user' },
    tag: 'A',
    owner: owner.publicKey,
    commitment: commitIdentity(Buffer.alloc(32, 7), identity),
    ...changes,
  };
  return { key, owner, application, applicant: applicantOf(application, key, shown) };
}

const pile = (unit = 'pile1'): Newcomer => {
  const identity = JSON.stringify({ place: 'Harbour' });
  const attributes = { role: 'pile' as const, auth: 'station' };
  return newcomer({ attributes, tag: `cp1/${unit}` }, { unit, identity });
};

const clientOf = (role: 'ev' | 'cp' | 'esp', name: string): Promise<Client<'Esp'>> =>
  network.client('Esp', esp, role, name);

async function apply(
  { applicant }: Pick<Newcomer, 'applicant'>,
  role: 'ev' | 'cp' | 'esp' = 'ev',
  name = 'ev1',
): Promise<RegistrationOutcome> {
  const client = await clientOf(role, name);
  const { outcomes } = await client.register({ applicants: [applicant] });
  return outcomes[0] as RegistrationOutcome;
}
const certificateOf = ({ certificate }: RegistrationOutcome): Certificate => JSON.parse(certificate) as Certificate;

async function operate<T = Record<string, unknown>>(verb: string, parameters: object): Promise<T> {
  const client = await clientOf('esp', 'esp1');
  const { result } = await client.administer({ verb, parameters: JSON.stringify(parameters) });
  return JSON.parse(result) as T;
}

const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: unknown) => codeOf(error) ?? 'uncoded',
  );

describe('a provider’s registration', () => {
  it('issues certificates that hold, for vehicles and piles, and the replica knows them', async () => {
    const replica = await network.replica();
    const vehicle = newcomer();
    const certificate = certificateOf(await apply(vehicle));
    const piles = ['pile1', 'pile2'].map((unit) => pile(unit));
    const client = await clientOf('cp', 'cp1');
    const { outcomes } = await client.register({ applicants: piles.map(({ applicant }) => applicant) });
    expect(outcomes.map(({ code }) => code)).toEqual(['', '']);
    const known = await eventually(() => replica.certificateOf(certificate.id), 'the certificate in the replica');
    expect(encodeCertificate(known)).toEqual(encodeCertificate(certificate));
    const systemKey = await replica.systemKeyOf(PROVIDER, certificate.keyVersion);
    expect(systemKey && verifyCertificate(ctx(), systemKey, certificate)).toBe(true);
    expect(certificate.id).toBe(idOfApplication(ctx(), vehicle.application));
    expect(formatAttributes(certificate.attributes)).toBe('[role:vehicle, auth:user]');
    expect(await replica.statusOf(certificate.id, certificate.issuedAt)).toBe('valid');
    expect(await replica.statusOf('00'.repeat(16), certificate.issuedAt)).toBeUndefined();
  });

  it('gives the same application the same certificate, another of the same vehicle none', async () => {
    const vehicle = newcomer();
    const first = await apply(vehicle);
    expect(await apply(vehicle)).toEqual(first);
    const outcome = await apply(newcomer());
    expect(outcome).toMatchObject({ certificate: '', code: 'E_VEHICLE_REGISTERED' });
    expect(outcome.message).toMatch(/^Vehicle already registered/);
  });

  it('refuses what it may not issue', async () => {
    const other = newcomer();
    const vehicle = newcomer();
    const cases: readonly (readonly [string, Promise<RegistrationOutcome>])[] = [
      ['E_NOT_CUSTOMER', apply(newcomer({}, { unit: 'VIN9' }))],
      ['E_NOT_CUSTOMER', apply(vehicle, 'ev', 'ev2')],
      ['E_CERTIFICATE_ROLE', apply(pile(), 'ev')],
      ['E_CERTIFICATE_ROLE', apply({ applicant: { ...pile().applicant, unit: 'pile9' } }, 'cp', 'cp1')],
      [
        'E_NOT_STATION',
        apply(newcomer({ attributes: { role: 'pile', auth: 'station' }, tag: 'cp2/VIN1' }), 'cp', 'cp2'),
      ],
      ['E_POSSESSION', apply({ applicant: { ...vehicle.applicant, proof: other.applicant.proof } })],
      ['E_COMMITMENT', apply({ applicant: { ...vehicle.applicant, salt: '08'.repeat(32) } })],
      ['E_COMMITMENT', apply({ applicant: { ...vehicle.applicant, identity: '{"vin":"other"}' } })],
      ['E_DECODE', apply({ applicant: { ...vehicle.applicant, identity: 'Alice' } })],
      ['E_NOT_PROVIDER', apply(newcomer({ provider: 'another' }))],
      ['E_NOT_REGISTERED', apply(newcomer({ version: 2 }))],
    ];
    for (const [code, outcome] of cases) expect((await outcome).code).toBe(code);
    expect((await apply(vehicle)).code).toBe('');
  });

  it('refuses an update before its time, and updates near expiry under the hand-over of the old key', async () => {
    const vehicle = newcomer();
    const first = certificateOf(await apply(vehicle));
    const key = AuthenticationKey.generate();
    const application = { ...vehicle.application, version: 2, publicKey: key.publicKey };
    const handover = vehicle.key.sign(updateBytes(ctx(), application));
    const update = applicantOf(application, key, { handover });
    expect((await apply({ applicant: update })).code).toBe('E_UPDATE_EARLY');
    expect((await apply({ applicant: { ...update, handover: update.proof } })).code).toBe('E_HANDOVER');
    const after = await operate('query', { id: first.id });
    expect(after).toMatchObject({ version: 1, stage: 'refused', code: 'E_UPDATE_EARLY', status: 'valid' });
    await esp.stop();
    await startAgain({ certificates: { lifetimeDays: 365, renewalDays: 366 } });
    const second = certificateOf(await apply({ applicant: update }));
    expect(second).toMatchObject({ id: first.id, version: 2, publicKey: key.publicKey });
    const found = await operate('query', { name: `vin:${VIN}` });
    expect(found).toMatchObject({ id: first.id, version: 2, status: 'valid' });
  });

  it('keeps identities out of the database in clear and off the chain, and erases them', async () => {
    const vehicle = newcomer();
    const { id, commitment } = certificateOf(await apply(vehicle));
    expect(await operate('query', { name: `vin:${VIN}` })).toMatchObject({ id, identity: { plate: 'A 0000' } });
    expect(await operate('erase', { id })).toEqual({ id, erased: true });
    expect(await operate('erase', { id })).toEqual({ id, erased: false });
    expect(await operate('query', { id })).toMatchObject({ identity: null, name: null, status: 'valid' });
    expect(await refusal(operate('query', { name: `vin:${VIN}` }))).toBe('E_NOT_REGISTERED');
    await esp.stop();
    const chain = network.chain.blocksOf.certchain.flatMap(({ transactions }) =>
      transactions.map(({ envelope }) => Buffer.from(envelope).toString('latin1')),
    );
    expect(chain.some((envelope) => envelope.includes(commitment))).toBe(true);
    const written = [...chain, ...(await files(network.directory))];
    for (const secret of [VIN, 'A 0000', 'Alice']) expect(written.filter((text) => text.includes(secret))).toEqual([]);
  });

  it('revokes: the replica knows at once, and the vehicle may register anew', async () => {
    const replica = await network.replica();
    const { id } = certificateOf(await apply(newcomer()));
    expect(await operate('revoke', { id, reason: 'lost' })).toEqual({
      id,
      status: 'committed',
      datachain: 'notAdmitted',
    });
    const now = Math.floor(Date.now() / 1000);
    await eventually(
      async () => ((await replica.statusOf(id, now)) === 'revoked' ? true : undefined),
      'the revocation',
    );
    expect((await apply(newcomer())).code).toBe('');
    expect(await refusal(operate('revoke', { id: '00'.repeat(16), reason: 'lost' }))).toBe('E_NOT_REGISTERED');
  });

  it('reports misbehaviour; the value falls once a day and no further than one organisation may take it', async () => {
    const { id } = certificateOf(await apply(newcomer()));
    const report = { id, kind: 'fraud', evidence: 'ab'.repeat(32) };
    expect(await operate('report', report)).toEqual({ value: 80, revoked: false });
    expect(await refusal(operate('report', report))).toBe('E_REPORT_REPEATED');
    expect(await operate('query', { id })).toMatchObject({ reputation: 80 });
    expect(await refusal(operate('report', { ...report, kind: 'rumour' }))).toBe('E_CONFIG_INVALID');
  });

  it('carries an owner’s word to both channels', async () => {
    const { owner, applicant } = newcomer();
    const certificate = certificateOf(await apply({ applicant }));
    const { id, provider, commitment } = certificate;
    const party = `key:${authenticationKeyId(AuthenticationKey.generate().publicKey)}`;
    const grant: Grant = {
      grantor: { by: 'owner', role: 'vehicle', provider, owner: certificate.owner, commitment },
      subject: id,
      party,
      kind: 'driver',
      scopes: ['drive'],
      until: certificate.expiresAt,
      version: 1,
    };
    const word = JSON.stringify({ ...grant, signature: owner.sign(grantBytes(ctx(), grant)) });
    const client = await clientOf('ev', 'ev1');
    expect(await client.authorize({ word })).toEqual({ certchain: 'committed', datachain: 'committed' });
    const asked = { contract: 'authorization', name: 'isAuthorized', args: [id, party, 'drive', ''] };
    for (const channel of ['certchain', 'datachain'] as const) {
      const answer = await network.ledger().evaluate(channel, asked);
      expect(JSON.parse(Buffer.from(answer).toString()) as AuthorizationReply).toEqual({
        authorized: true,
        missing: [],
      });
    }
    const { grantor, subject } = grant;
    const body = { grantor, subject, party, version: 2 };
    const withdrawal = JSON.stringify({ ...body, signature: owner.sign(grantBytes(ctx(), body)) });
    expect(await client.authorize({ word: withdrawal })).toEqual({ certchain: 'committed', datachain: 'committed' });
    expect(await refusal(client.authorize({ word }))).toBe('E_AUTHORISATION_REPLAYED');
    const permission = { subject: '*', party: 'CarMakerMSP', scopes: ['charging'], until: grant.until, version: 1 };
    expect(await operate('permit', permission)).toEqual({ certchain: 'committed', datachain: 'committed' });
  });

  it('lists by pages, and takes no unknown operation nor another role’s', async () => {
    const client = await clientOf('cp', 'cp1');
    await client.register({ applicants: [pile('pile1').applicant, pile('pile2').applicant] });
    const first = await operate<{ items: { id: string }[]; next: string }>('list', { limit: 1 });
    const rest = await operate<{ items: { id: string }[]; next?: string }>('list', { limit: 1, after: first.next });
    expect(first.items.length + rest.items.length).toBe(2);
    expect(rest.next).toBeUndefined();
    expect(await refusal(operate('forget', {}))).toBe('E_VERB');
    expect(await refusal(client.administer({ verb: 'list', parameters: '{}' }))).toBe('E_FORBIDDEN');
  });
});

async function files(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')),
  );
}
