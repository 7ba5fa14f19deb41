import {
  type Application,
  applicationBytes,
  AuthenticationKey,
  commitIdentity,
  type RegistrationEntry,
} from '@chargecast/protocol';
import { type KeyPair, type Params } from '@chargecast/signcryption';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createLogger } from '../../common/log';
import { type Transaction } from '../../ledger';
import { type Applicant, type Peer } from '../../rpc';
import { openSealedStore, type Store } from '../../store';
import { Customers } from '../customers';
import { Registrar } from './registrar';
import { Registrations } from './registrations';
import { RegistrationSubmitter } from './submitter';
import { SystemKeyRing } from './system-key-ring';

const PROVIDER = 'esp1';
const PEER: Peer = { role: 'esp', name: PROVIDER };
const CTX = new Uint8Array(64).fill(7);
const params = { ctx: CTX } as Params;

let directory: string;
let store: Store;
let submitter: RegistrationSubmitter;
let registrar: Registrar;

const ledger = {
  submit: async (_channel: string, { args }: Transaction) => {
    const entries = JSON.parse(String(args?.[0])) as RegistrationEntry[];
    const outcomes = entries.map(({ certificate: { id } }) => ({ id, status: 'committed' }));
    return { transactionId: '', blockNumber: 1n, result: Buffer.from(JSON.stringify({ outcomes })) };
  },
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'chargecast-registrar-'));
  store = await openSealedStore(join(directory, 'store'), join(directory, 'key'));
  const registrations = new Registrations(store);
  const logger = createLogger({ role: 'esp', name: PROVIDER, level: 'silent' });
  submitter = new RegistrationSubmitter({ ledger, registrations, logger, maxEntries: 256, lingerMs: 1 });
  await submitter.start();
  const terms = { lifetime: 86_400, renewal: 3600 };
  const keys = await SystemKeyRing.open({ store, provider: PROVIDER, key: {} as KeyPair, params, terms });
  const published = { provider: PROVIDER, version: 1, curve: 'P-256', hash: 'SHA-256', ...terms } as const;
  registrar = new Registrar({
    provider: PROVIDER,
    keys,
    customers: new Customers(store),
    stations: new Set(),
    registrations,
    submitter,
    replica: {
      params,
      statusOf: async () => 'valid',
      systemKeyOf: async () => ({ ...published, publicKey: keys.key.publicKey }),
    },
    now: () => 1_800_000_000,
  });
});

afterEach(async () => {
  await submitter.stop();
  await store.close();
  await rm(directory, { recursive: true });
});

function applicant(vin: string, changes: Partial<Application> = {}): Applicant {
  const key = AuthenticationKey.generate();
  const salt = randomBytes(32);
  const application: Application = {
    provider: PROVIDER,
    version: 1,
    publicKey: key.publicKey,
    attributes: { role: 'vehicle', auth: 'user' },
    tag: 'A',
    owner: AuthenticationKey.generate().publicKey,
    commitment: commitIdentity(salt, { vin }),
    ...changes,
  };
  return {
    unit: vin,
    application: JSON.stringify(application),
    proof: key.sign(applicationBytes(CTX, application)),
    handover: '',
    salt: salt.toString('hex'),
    identity: JSON.stringify({ vin }),
  };
}

async function codes(...groups: readonly (readonly Applicant[])[]): Promise<string[]> {
  const outcomes = await Promise.all(groups.map((group) => registrar.register(group, PEER)));
  return outcomes.flat().map(({ code }) => code);
}

test('of applications for one vehicle at once, in one call or several, one passes', async () => {
  expect((await codes([applicant('V1'), applicant('V1')])).sort()).toEqual(['', 'E_BUSY']);
  const calls = await codes([applicant('V2')], [applicant('V2')], [applicant('V2'), applicant('V3')]);
  expect(calls.sort()).toEqual(['', '', 'E_BUSY', 'E_BUSY']);
  expect(await codes([applicant('V1'), applicant('V2'), applicant('V3')])).toEqual(
    Array.from({ length: 3 }, () => 'E_VEHICLE_REGISTERED'),
  );
});

test('a refused application keeps no name claimed', async () => {
  expect(await codes([applicant('V4', { version: 2 })])).toEqual(['E_NOT_REGISTERED']);
  const forged = { ...applicant('V4'), proof: '00'.repeat(64) };
  expect(await codes([forged, applicant('V4')])).toEqual(['E_POSSESSION', '']);
});

test('the same application again gets the same certificate', async () => {
  const again = applicant('V5');
  const [first] = await registrar.register([again], PEER);
  expect(await registrar.register([again], PEER)).toEqual([first]);
  expect(first?.certificate).toContain('"version":1');
});
