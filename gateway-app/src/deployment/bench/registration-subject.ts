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
import { Operations, Registrar, Registrations, RegistrationSubmitter, SystemKeyRing } from '../../esp/registration';
import { type Ledger } from '../../ledger';
import { openReplica, type Replica } from '../../replica';
import { type Applicant, type Peer } from '../../rpc';
import { openSealedStore } from '../../store';
import { providerMspId } from '../consortium';
import { Deployment } from '../deployment';
import { type Fleet } from '../fleet';

const PROVIDER = 'esp1';
/** Who hands in the applications. */
export const PEER: Peer = { role: 'esp', name: PROVIDER };
export const BARE_FLEET: Fleet = {
  vehicles: [{ name: 'V1', contract: 'C1', provider: PROVIDER, csc: 'csc1' }],
  piles: [{ name: 'P1', css: 'css1' }],
  providers: [PROVIDER, 'esp2'],
  cscs: ['csc1'],
};
/** Seconds: how long a certificate holds, and from when on it may be renewed. */
export const TERMS = { lifetime: 365 * 86_400, renewal: 30 * 86_400 };
const BATCHES = { maxEntries: 256, lingerMs: 20 };
const now = (): number => Math.floor(Date.now() / 1000);

export interface BareProvider {
  readonly ledger: Ledger;
  readonly replica: Replica;
  readonly registrar: Registrar;
  readonly operations: Operations;
  close(): Promise<void>;
}

/** @returns undefined where Fabric is asked for and its programs are absent */
export async function registrationSubject(ledger: RegistrationLedger): Promise<RegistrationSubject | undefined> {
  if (ledger === 'fabric' && (await chooseLedger('auto')).kind !== 'fabric') return undefined;
  const directory = await mkdtemp(join(tmpdir(), 'chargecast-bench-'));
  const deployment = await Deployment.open({ directory, fleet: BARE_FLEET, ledger });
  return new Subject(directory, deployment, await openBareProvider(directory, deployment, TERMS));
}

/** A provider's desk on a deployment whose roles do not run: its replica follows the ledger itself. */
export async function openBareProvider(
  directory: string,
  deployment: Deployment,
  terms: typeof TERMS,
): Promise<BareProvider> {
  const { consortium, layout } = deployment;
  const { trust, params } = consortium;
  const logger = createLogger({ role: 'esp', name: PROVIDER, level: 'silent' });
  const ledger = await consortium.connect(providerMspId(consortium.topology, PROVIDER), 'provider');
  const store = await openSealedStore(join(directory, 'bench'), join(directory, 'bench.key'));
  const replica = await openReplica({ store: store.sub('replica'), trust, source: ledger, logger });
  replica.start();
  const key = await readProviderKey(layout.key(PROVIDER), PROVIDER);
  const keys = await SystemKeyRing.open({ store, provider: PROVIDER, key, params, terms });
  await publish(keys, ledger, replica);
  const registrations = new Registrations(store);
  const submitter = new RegistrationSubmitter({ ledger, registrations, logger, ...BATCHES });
  await submitter.start();
  const customers = new Customers(store);
  const stations = new Set<string>();
  const parts = { provider: PROVIDER, keys, customers, stations, registrations, submitter, replica, now };
  return {
    ledger,
    replica,
    registrar: new Registrar(parts),
    operations: new Operations({ provider: PROVIDER, key, params, ledger, replica, registrations, now }),
    async close() {
      await submitter.stop();
      await replica.stop();
      ledger.close();
      await store.close();
    },
  };
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
  readonly #directory: string;
  readonly #deployment: Deployment;
  readonly #provider: BareProvider;
  readonly #prepared: Applicant[] = [];

  constructor(directory: string, deployment: Deployment, provider: BareProvider) {
    this.#directory = directory;
    this.#deployment = deployment;
    this.#provider = provider;
  }

  async prepare(count: number): Promise<void> {
    const { ctx } = this.#deployment.consortium.params;
    const owner = AuthenticationKey.generate().publicKey;
    for (let i = 0; i < count; i++) this.#prepared.push(applicant(ctx, owner, `VIN${i}`));
  }

  offer(count: number): Offered {
    const applicants = this.#prepared.splice(-count);
    if (applicants.length < count) throw new RangeError('more is offered than was prepared');
    const ends = this.#provider.registrar.accept(applicants, PEER);
    return {
      accepted: ends.then(() => undefined),
      processed: ends.then(async (outcomes) => (await Promise.all(outcomes)).filter(({ code }) => code === '').length),
    };
  }

  async close(): Promise<void> {
    await this.#provider.close();
    await this.#deployment.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** A vehicle that made its own key. @param vin its identity, which stays with the provider */
export function applicant(ctx: Uint8Array, owner: string, vin: string): Applicant {
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
