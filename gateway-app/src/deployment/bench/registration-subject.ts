/** Registration as `bench registration` measures it: the provider's own classes and database on a consortium of its own. */
import { type Offered, type RegistrationLedger, type RegistrationSubject } from '@chargecast/bench';
import { chooseLedger } from '@chargecast/network';
import { type Application, applicationBytes, AuthenticationKey, commitIdentity } from '@chargecast/protocol';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Backoff } from '../../common/abort';
import { createLogger } from '../../common/log';
import { Customers } from '../../esp/customers';
import { readProviderKey } from '../../esp/provider-key';
import { Registrar, Registrations, RegistrationSubmitter, SystemKeyRing } from '../../esp/registration';
import { type Ledger } from '../../ledger';
import { openReplica, type Replica } from '../../replica';
import { type Applicant, type Peer } from '../../rpc';
import { openSealedStore, type Store } from '../../store';
import { providerMspId } from '../consortium';
import { Deployment } from '../deployment';
import { type Fleet } from '../fleet';

const PROVIDER = 'esp1';
const PEER: Peer = { role: 'esp', name: PROVIDER };
const FLEET: Fleet = {
  vehicles: [{ name: 'V1', contract: 'C1', provider: PROVIDER, csc: 'csc1' }],
  piles: [{ name: 'P1', css: 'css1' }],
  providers: [PROVIDER, 'esp2'],
  cscs: ['csc1'],
};
const TERMS = { lifetime: 365 * 86_400, renewal: 30 * 86_400 };
const BATCHES = { maxEntries: 256, lingerMs: 20 };
const now = (): number => Math.floor(Date.now() / 1000);

interface Parts {
  readonly directory: string;
  readonly deployment: Deployment;
  readonly ledger: Ledger;
  readonly store: Store;
  readonly replica: Replica;
  readonly registrar: Registrar;
  readonly submitter: RegistrationSubmitter;
}

/** @returns undefined where Fabric is asked for and its programs are absent */
export async function registrationSubject(ledger: RegistrationLedger): Promise<RegistrationSubject | undefined> {
  if (ledger === 'fabric' && (await chooseLedger('auto')).kind !== 'fabric') return undefined;
  const directory = await mkdtemp(join(tmpdir(), 'chargecast-bench-'));
  const deployment = await Deployment.open({ directory, fleet: FLEET, ledger });
  return new Subject(await assemble(directory, deployment));
}

async function assemble(directory: string, deployment: Deployment): Promise<Parts> {
  const { consortium, layout } = deployment;
  const { trust, params } = consortium;
  const logger = createLogger({ role: 'esp', name: PROVIDER, level: 'silent' });
  const ledger = await consortium.connect(providerMspId(consortium.topology, PROVIDER), 'provider');
  const store = await openSealedStore(join(directory, 'bench'), join(directory, 'bench.key'));
  const replica = await openReplica({ store: store.sub('replica'), trust, source: ledger, logger });
  replica.start();
  const key = await readProviderKey(layout.key(PROVIDER), PROVIDER);
  const keys = await SystemKeyRing.open({ store, provider: PROVIDER, key, params, terms: TERMS });
  await publish(keys, ledger, replica);
  const registrations = new Registrations(store);
  const submitter = new RegistrationSubmitter({ ledger, registrations, logger, ...BATCHES });
  await submitter.start();
  const customers = new Customers(store);
  const stations = new Set<string>();
  const parts = { provider: PROVIDER, keys, customers, stations, registrations, submitter, replica, now };
  return { directory, deployment, ledger, store, replica, submitter, registrar: new Registrar(parts) };
}

async function publish(keys: SystemKeyRing, ledger: Ledger, replica: Replica): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  const backoff = new Backoff(50, 500);
  await keys.publish(ledger, replica);
  while (!(await keys.stands(replica))) {
    signal.throwIfAborted();
    await backoff.wait(signal);
  }
}

class Subject implements RegistrationSubject {
  readonly #parts: Parts;
  readonly #prepared: Applicant[] = [];

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async prepare(count: number): Promise<void> {
    const { ctx } = this.#parts.deployment.consortium.params;
    const owner = AuthenticationKey.generate().publicKey;
    for (let i = 0; i < count; i++) this.#prepared.push(applicant(ctx, owner, `VIN${i}`));
  }

  offer(count: number): Offered {
    const applicants = this.#prepared.splice(-count);
    if (applicants.length < count) throw new RangeError('more is offered than was prepared');
    const ends = this.#parts.registrar.accept(applicants, PEER);
    return {
      accepted: ends.then(() => undefined),
      processed: ends.then(async (outcomes) => (await Promise.all(outcomes)).filter(({ code }) => code === '').length),
    };
  }

  async close(): Promise<void> {
    const { submitter, replica, ledger, store, deployment, directory } = this.#parts;
    await submitter.stop();
    await replica.stop();
    ledger.close();
    await store.close();
    await deployment.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

function applicant(ctx: Uint8Array, owner: string, vin: string): Applicant {
  const key = AuthenticationKey.generate();
  const salt = randomBytes(32);
  const application: Application = {
    provider: PROVIDER,
    version: 1,
    publicKey: key.publicKey,
    attributes: { role: 'vehicle', auth: 'user' },
    tag: 'A',
    owner,
    commitment: commitIdentity(salt, { vin }),
  };
  return {
    unit: vin,
    application: JSON.stringify(application),
    proof: key.sign(applicationBytes(ctx, application)),
    handover: '',
    salt: salt.toString('hex'),
    identity: JSON.stringify({ vin }),
  };
}
