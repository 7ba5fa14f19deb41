import { type Certificate, decodeCertificate, encodeCertificate, readCertificate } from '@chargecast/protocol';
import { type RunningRole } from '../common/running-role';
import { silentLogger } from '../common/log';
import { startEsp } from '../esp';
import { type Replica } from '../replica';
import { type Client } from '../rpc';
import { type Store } from '../store';
import { eventually, TestNetwork } from '../testing/test-network';
import { type CredentialOptions, Credentials } from '.';
import { dueAt } from './renewal';

let network: TestNetwork;
let esp: RunningRole;
let view: Replica;
let store: Store;
let calls: number;
let stop: AbortController;
let options: CredentialOptions;

const DAY = 86_400;
/** An update is admitted at once. */
const TERMS = { certificates: { lifetimeDays: 365, renewalDays: 366 } };
const now = (): number => Math.floor(Date.now() / 1000);
const open: Credentials[] = [];

beforeEach(async () => {
  network = await TestNetwork.start(expect.getState().currentTestName);
  esp = await startEsp(await network.espConfig(TERMS), { connect: async () => network.ledger() });
  network.closing(() => esp.stop());
  view = await network.replica();
  store = (await network.store('credentials')).sub('certificates', { hiddenKeys: true });
  const client = await network.client('Esp', esp, 'ev', 'ev1');
  calls = 0;
  stop = new AbortController();
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
    stopping: stop.signal,
    renewal: { lookSeconds: 3_600, notBeforeShare: 0.5 },
    now,
  };
});
afterEach(async () => {
  stop.abort();
  await Promise.all(open.splice(0).map((each) => each.stopped()));
  await network.stop();
});

async function opened(changes: Partial<CredentialOptions> = {}): Promise<Credentials> {
  const credentials = await Credentials.open({ ...options, ...changes });
  open.push(credentials);
  return credentials;
}

function certificateIn(credentials: Credentials, unit = 'VIN1'): Certificate {
  const credential = credentials.get(unit);
  if (!credential) throw new Error(`no certificate for ${unit}`);
  return readCertificate(credential.certificate);
}

test('units are certified together, over keys of their own, and the own replica holds them', async () => {
  const credentials = await opened();
  expect(calls).toBe(1);
  for (const unit of options.units) {
    const { certificate, key } = credentials.get(unit) ?? {};
    const read = certificateIn(credentials, unit);
    expect(read).toMatchObject({ provider: 'provider-one', publicKey: key?.publicKey });
    expect(await view.statusOf(read.id, read.issuedAt)).toBe('valid');
    expect(Buffer.from(certificate ?? []).toString()).not.toMatch(/VIN/);
  }
});

test('what is registered is used again without asking, and a lost answer is asked for again', async () => {
  const first = certificateIn(await opened());
  const asked = calls;
  expect(certificateIn(await opened())).toEqual(first);
  expect(calls).toBe(asked);
  const kept = JSON.parse(Buffer.from((await store.get('VIN1')) as Uint8Array).toString()) as { certificate?: unknown };
  expect(encodeCertificate(decodeCertificate(kept.certificate, 'kept'))).toEqual(encodeCertificate(first));
  delete kept.certificate;
  await store.put('VIN1', Buffer.from(JSON.stringify(kept)));
  expect(certificateIn(await opened())).toEqual(first);
});

test('a unit the provider refuses is left out, the others go on', async () => {
  const credentials = await opened({ units: ['VIN1', 'VIN9'] });
  expect([credentials.get('VIN1') !== undefined, credentials.get('VIN9')]).toEqual([true, undefined]);
});

test('a certificate that is over is applied for anew, at the start and while the process runs', async () => {
  const over = new Set<string>();
  const later: CredentialOptions['view'] = {
    params: view.params,
    certificateOf: (of) => view.certificateOf(of),
    statusOf: async (of, at) => (over.has(of) ? 'expired' : view.statusOf(of, at)),
    systemKeyOf: (provider) => view.systemKeyOf(provider),
  };
  const changes = { view: later, units: ['VIN1'], renewal: { lookSeconds: 0.05, notBeforeShare: 1 } };
  const first = await opened(changes);
  const { id } = certificateIn(first);
  // The provider judges by its own copy of the chain, in which the certificate is over only once it is revoked.
  await (
    await network.client('Esp', esp, 'esp', 'provider-one')
  ).administer({
    verb: 'revoke',
    parameters: JSON.stringify({ id, reason: 'lost' }),
  });
  over.add(id);
  await eventually(() => certificateIn(first).id !== id || undefined, 'another certificate');
  const { id: second, version } = certificateIn(first);
  expect(version).toBe(1);
  expect(certificateIn(await opened(changes)).id).toBe(second);
});

describe('renewal', () => {
  const often = { lookSeconds: 0.05, notBeforeShare: 0.5 };

  test('is due when the terms allow, and not before its share of the life has passed', () => {
    const life = { issuedAt: 1_000, expiresAt: 2_000 };
    expect(dueAt(life, 100, { notBeforeShare: 0.5 })).toBe(1_900);
    expect(dueAt(life, 5_000, { notBeforeShare: 0.5 })).toBe(1_500);
    expect(dueAt(life, 5_000, { notBeforeShare: 1 })).toBe(2_000);
  });

  test('happens while the process runs, under a new key, and supersedes on the chain', async () => {
    let [clock, looks] = [now, 0];
    const looking = (): number => {
      looks += 1;
      return clock();
    };
    const credentials = await opened({ units: ['VIN1'], renewal: often, now: looking });
    const first = certificateIn(credentials);
    const { issuedAt } = first;
    clock = () => issuedAt + 182 * DAY;
    const [asked, from] = [calls, looks];
    await eventually(() => looks > from + 6 || undefined, 'further looks');
    expect([calls, certificateIn(credentials).version]).toEqual([asked, 1]);
    const before = view.position('certchain');
    clock = () => (view.position('certchain') === before ? issuedAt + 183 * DAY : now());
    const second = await eventually(() => {
      const found = certificateIn(credentials);
      return found.version === 2 ? found : undefined;
    }, 'the successor');
    expect(second).toMatchObject({ id: first.id, owner: first.owner, commitment: first.commitment });
    expect(second.publicKey).not.toBe(first.publicKey);
    expect(credentials.get('VIN1')?.key.publicKey).toBe(second.publicKey);
    expect(await view.certificateOf(first.id)).toEqual(second);
    expect(certificateIn(await opened({ units: ['VIN1'] }))).toEqual(second);
  });

  test('is taken up at the next start where its answer was lost', async () => {
    const first = await opened({ units: ['VIN1'] });
    const { issuedAt } = certificateIn(first);
    const deaf: CredentialOptions['esp'] = {
      register: async (request, call) => {
        await options.esp.register(request, call);
        throw Object.assign(new Error('lost'), { code: 'E_TEST_LOST' });
      },
    };
    const before = calls;
    const due = await opened({ units: ['VIN1'], esp: deaf, now: () => issuedAt + 183 * DAY });
    await eventually(async () => (await view.certificateOf(certificateIn(due).id))?.version === 2 || undefined, 'it');
    expect([calls, certificateIn(due).version]).toEqual([before + 1, 1]);
    const after = await opened({ units: ['VIN1'] });
    const renewed = await eventually(
      () => (certificateIn(after).version === 2 ? certificateIn(after) : undefined),
      'it',
    );
    expect(renewed).toEqual(await view.certificateOf(renewed.id));
  });

  test('is not asked for a certificate that is revoked', async () => {
    let clock = now;
    let looks = 0;
    const counted: CredentialOptions['view'] = {
      params: view.params,
      certificateOf: (of) => view.certificateOf(of),
      statusOf: async () => {
        looks += 1;
        return 'revoked';
      },
      systemKeyOf: (provider) => view.systemKeyOf(provider),
    };
    const credentials = await opened({ units: ['VIN1'], view: counted, renewal: often, now: () => clock() });
    const asked = calls;
    const { issuedAt } = certificateIn(credentials);
    clock = () => issuedAt + 200 * DAY;
    const from = looks;
    await eventually(() => looks > from + 4 || undefined, 'further looks');
    expect(calls).toBe(asked);
  });
});
