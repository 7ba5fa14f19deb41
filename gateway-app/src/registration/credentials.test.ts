import { decodeCertificate, encodeCertificate, readCertificate } from '@chargecast/protocol';
import { type RunningRole } from '../common/running-role';
import { silentLogger } from '../common/log';
import { startEsp } from '../esp';
import { type Replica } from '../replica';
import { type Client } from '../rpc';
import { type Store } from '../store';
import { TestNetwork } from '../testing/test-network';
import { type CredentialOptions, openCredentials } from '.';

let network: TestNetwork;
let esp: RunningRole;
let view: Replica;
let store: Store;
let calls: number;
let options: CredentialOptions;

beforeEach(async () => {
  network = await TestNetwork.start(expect.getState().currentTestName);
  esp = await startEsp(await network.espConfig(), { connect: async () => network.ledger() });
  network.closing(() => esp.stop());
  view = await network.replica();
  store = (await network.store('credentials')).sub('certificates', { hiddenKeys: true });
  const client = await network.client('Esp', esp, 'ev', 'ev1');
  calls = 0;
  const counted: Pick<Client<'Esp'>, 'register'> = {
    register: (request, call) => {
      calls += 1;
      return client.register(request, call);
    },
  };
  options = {
    store,
    esp: counted,
    provider: 'provider-one',
    view,
    role: 'vehicle',
    process: 'ev1',
    units: ['VIN1', 'VIN2'],
    log: silentLogger(),
    stopping: new AbortController().signal,
  };
});
afterEach(() => network.stop());

test('units are certified together, over keys of their own, and the own replica holds them', async () => {
  const credentials = await openCredentials(options);
  expect([...credentials.keys()].sort()).toEqual(['VIN1', 'VIN2']);
  for (const { certificate, key } of credentials.values()) {
    const read = readCertificate(certificate);
    expect(read).toMatchObject({ provider: 'provider-one', publicKey: key.publicKey });
    expect(await view.statusOf(read.id, read.issuedAt)).toBe('valid');
    expect(Buffer.from(certificate).toString()).not.toMatch(/VIN/);
  }
});

test('what is registered is used again without asking, and a lost answer is asked for again', async () => {
  const first = await openCredentials(options);
  const asked = calls;
  const again = await openCredentials(options);
  expect(calls).toBe(asked);
  expect(again.get('VIN1')?.certificate).toEqual(first.get('VIN1')?.certificate);
  const kept = JSON.parse(Buffer.from((await store.get('VIN1')) as Uint8Array).toString()) as { certificate?: unknown };
  expect(encodeCertificate(decodeCertificate(kept.certificate, 'kept'))).toEqual(first.get('VIN1')?.certificate);
  delete kept.certificate;
  await store.put('VIN1', Buffer.from(JSON.stringify(kept)));
  const recovered = await openCredentials(options);
  expect(recovered.get('VIN1')?.certificate).toEqual(first.get('VIN1')?.certificate);
});

test('a unit the provider refuses is left out, the others go on', async () => {
  const credentials = await openCredentials({ ...options, units: ['VIN1', 'VIN9'] });
  expect([...credentials.keys()]).toEqual(['VIN1']);
});

test('a certificate that is over is applied for anew', async () => {
  const first = await openCredentials(options);
  const { id } = readCertificate(first.get('VIN1')?.certificate as Uint8Array);
  const later: CredentialOptions['view'] = {
    params: view.params,
    certificateOf: (of) => view.certificateOf(of),
    statusOf: async (of, at) => (of === id ? 'expired' : view.statusOf(of, at)),
  };
  const asked = calls;
  await openCredentials({ ...options, view: later, units: ['VIN1'] });
  expect(calls).toBe(asked + 1);
});
