/**
 * Four gateways before both test chains, on the real clock and over real mutual TLS, and the roles under test started
 * from real configuration files in a folder of their own.
 */
import { GATEWAYS, PROVIDER } from '@chargecast/chaincode/testing/consortium';
import { issueRoleTls, type ProcessRole } from '@chargecast/network';
import {
  BROADCAST,
  encodeKeyFile,
  type Epochs,
  type EpochsItem,
  type LedgerRole,
  type LimitsItem,
  REGISTRATION,
  type SubmitReply,
} from '@chargecast/protocol';
import { createLimits, type Limits, Role, toHex } from '@chargecast/signcryption';
import { TEST_LIMITS } from '@chargecast/signcryption/testing/world';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { KeyedLock } from '../common/keyed-lock';
import { silentLogger } from '../common/log';
import { type RunningRole } from '../common/running-role';
import { approvedByGateways, countersignedByProvider, type Holder, openHolder } from '../holder';
import { encodeTrust, type Ledger } from '../ledger';
import { CssStreamSource, openReplica, readEffects, type Replica } from '../replica';
import { type Client, client, readTls, type RpcServer, type RpcTls, serve } from '../rpc';
import { openSealedStore, type Store } from '../store';
import { TestLedger } from './test-ledger';
import { TestChain } from './test-chain';
import { ChainWriter, type Conduct, gatewayHandlers, type TestGateway } from './test-gateway';

export const LIMITS: Limits = createLimits({
  ...TEST_LIMITS,
  allowed: [
    ...TEST_LIMITS.allowed,
    { sender: Role.CP, senderClass: Role.CP, receiver: Role.CSC },
    { sender: Role.CSS, senderClass: Role.CSS, receiver: Role.CSC },
  ],
});

const seconds = (): number => Math.floor(Date.now() / 1000);

export interface TestRole {
  readonly holder: Holder;
  readonly store: Store;
}

export class TestNetwork {
  readonly conduct: Conduct = { hold: () => undefined, govern: () => undefined, includes: true, ackSeconds: 5 };
  readonly gateways: TestGateway[] = [];
  readonly chain: TestChain;
  readonly directory: string;
  readonly #servers: RpcServer[] = [];
  readonly #closing: (() => unknown)[] = [];
  readonly #lock = new KeyedLock();
  readonly #writer: ChainWriter;
  #replica: Replica | undefined;

  private constructor(chain: TestChain, directory: string) {
    this.chain = chain;
    this.#writer = new ChainWriter(chain, this.#lock);
    this.directory = directory;
  }

  static async start(seed?: string): Promise<TestNetwork> {
    const network = new TestNetwork(await TestChain.create(seed), mkdtempSync(join(tmpdir(), 'chargecast-')));
    await network.#found();
    for (const [index, mspId] of GATEWAYS.entries()) await network.#openGateway(`css${index + 1}`, mspId);
    await writeFile(join(network.directory, 'trust.json'), encodeTrust(network.chain.trust));
    return network;
  }

  async stop(): Promise<void> {
    for (const close of this.#closing.splice(0).reverse()) await close();
    await Promise.all(this.#servers.map((server) => server.close()));
    rmSync(this.directory, { recursive: true });
  }

  /** Closed, in reverse order, before the network is. */
  closing(close: () => unknown): void {
    this.#closing.push(close);
  }

  async tls(role: ProcessRole, name: string): Promise<RpcTls> {
    return readTls(await this.tlsFiles(role, name), '/');
  }

  async tlsFiles(role: ProcessRole, name: string): Promise<{ cert: string; key: string; roots: string }> {
    const issue = { directory: join(this.directory, 'pki'), role, name };
    const files = await this.#lock.run('pki', () => issueRoleTls(issue));
    return { cert: files.certPath, key: files.keyPath, roots: files.caPath };
  }

  get css(): { name: string; mspId: string; endpoint: string }[] {
    return this.gateways.map(({ name, mspId, port }) => ({ name, mspId, endpoint: `127.0.0.1:${port}` }));
  }

  /** Writes `roles/<name>/config.json` and returns its path. */
  async config(role: ProcessRole, name: string, members: Record<string, unknown>): Promise<string> {
    const folder = join(this.directory, 'roles', name);
    await mkdir(folder, { recursive: true });
    const file = join(folder, 'config.json');
    const common = {
      role,
      name,
      listen: '127.0.0.1:0',
      dataDir: 'data',
      keyFile: 'store.key',
      logLevel: process.env['TEST_LOG'] ?? 'silent',
      tls: await this.tlsFiles(role, name),
      trust: '../../trust.json',
    };
    await writeFile(file, JSON.stringify({ ...common, ...members }));
    return file;
  }

  /** Changes the database of a stopped role. */
  async altering(name: string, change: (store: Store) => Promise<void>): Promise<void> {
    const folder = join(this.directory, 'roles', name);
    const store = await openSealedStore(join(folder, 'data'), join(folder, 'store.key'));
    try {
      await change(store);
    } finally {
      await store.close();
    }
  }

  async kgcConfig(members: Record<string, unknown> = {}): Promise<string> {
    const { kgc } = this.chain.consortium.world;
    const keys = join(this.directory, 'kgc-keys.json');
    await writeFile(
      keys,
      JSON.stringify({
        format: 'chargecast-kgc-keys/1',
        masterSecret: toHex(kgc.masterSecret.reveal()),
        pseudonymSecret: toHex(kgc.pseudonymSecret.reveal()),
        nonceSecret: toHex(kgc.nonceSecret.reveal()),
        masterPublicKey: toHex(kgc.masterPublicKey),
      }),
      { mode: 0o600 },
    );
    return this.config('kgc', 'kgc', { keys, peers: { css: this.css }, homes: { cp1: 'CSS1MSP' }, ...members });
  }

  async espConfig(members: Record<string, unknown> = {}): Promise<string> {
    const { secret, publicKey } = this.chain.consortium.provider;
    const providerKey = join(this.directory, 'provider.json');
    const key = encodeKeyFile({ name: PROVIDER, secret: toHex(secret.reveal()), publicKey: toHex(publicKey) });
    await writeFile(providerKey, key, { mode: 0o600 });
    return this.config('esp', PROVIDER, {
      provider: PROVIDER,
      providerKey,
      profile: 'unused',
      identity: { mspId: 'ESP1MSP', name: 'provider' },
      customers: [
        { contract: 'contract-1', vehicle: 'VIN1', process: 'ev1' },
        { contract: 'contract-2', vehicle: 'VIN2', process: 'ev1' },
      ],
      stations: ['cp1'],
      peers: { css: this.css, csc: [{ name: 'csc1', endpoint: '127.0.0.1:1' }] },
      ...members,
    });
  }

  /** A ledger as a client of that role sees it. */
  ledger(role: LedgerRole = 'provider'): Ledger {
    return new TestLedger(this.chain, { now: seconds, role, ordering: this.#lock });
  }

  /** A replica over the gateways' streams, shared by the test's own holders. */
  async replica(): Promise<Replica> {
    if (this.#replica !== undefined) return this.#replica;
    const store = await this.store('test');
    const source = new CssStreamSource(this.css, await this.tls('ev', 'ev1'));
    const { trust } = this.chain;
    const replica = await openReplica({ store: store.sub('replica'), trust, source, logger: silentLogger() });
    replica.start();
    this.closing(async () => {
      await replica.stop();
      source.close();
    });
    this.#replica = replica;
    return replica;
  }

  async store(name: string): Promise<Store> {
    const store = await openSealedStore(join(this.directory, 'stores', name), join(this.directory, `${name}.key`));
    this.closing(() => store.close());
    return store;
  }

  async client<S extends 'Kgc' | 'Csc' | 'Esp' | 'Css'>(
    service: S,
    { port }: Pick<RunningRole, 'port'>,
    role: ProcessRole,
    name: string,
  ): Promise<Client<S>> {
    const made = client(service, `127.0.0.1:${port}`, await this.tls(role, name));
    this.closing(() => made.close());
    return made;
  }

  /** A holder of the test's own whose record counts. @param name `process/unit` */
  async holder(
    role: 'ev' | 'cp' | 'css' | 'csc',
    name: string,
    kgc: RunningRole,
    esp?: RunningRole,
  ): Promise<TestRole> {
    const store = (await this.store(`${role}-${name.replace('/', '-')}`)).sub('holder');
    return { holder: await this.reopen(role, name, kgc, store, esp), store };
  }

  /** The holder a store belongs to, opened again. */
  async reopen(
    role: 'ev' | 'cp' | 'css' | 'csc',
    name: string,
    kgc: RunningRole,
    store: Store,
    esp?: RunningRole,
  ): Promise<Holder> {
    const [processName = name] = name.split('/');
    const replica = await this.replica();
    const countersigned = esp && countersignedByProvider(await this.client('Esp', esp, role, processName));
    const gateways = await Promise.all(
      this.gateways.map(async (each) => ({
        mspId: each.mspId,
        css: await this.client('Css', each, role, processName),
      })),
    );
    const holder = await openHolder({
      role,
      name,
      store,
      replica,
      kgc: await this.client('Kgc', kgc, role, processName),
      publisher: countersigned ?? approvedByGateways(replica.params, gateways),
      logger: silentLogger(),
      credentials: { batch: 4, low: 1 },
      patience: 20_000,
    });
    this.closing(() => holder.stop());
    return holder;
  }

  /** Puts the next version of the epochs in force on the data chain, which is the one σ are judged by. */
  async roll(version: number, body: Epochs): Promise<void> {
    const { consortium } = this.chain;
    await this.#writer.govern(JSON.stringify(consortium.versioned<EpochsItem>(consortium.epochs(version, body))));
  }

  async #found(): Promise<void> {
    const { consortium } = this.chain;
    const time = seconds();
    const { paramsJson } = consortium;
    const limits = consortium.versioned<LimitsItem>(consortium.limits(LIMITS));
    const { epochs } = consortium.genesis();
    await this.chain.add('certchain', consortium.register('admin', REGISTRATION.init, [paramsJson, '{}'], { time }));
    const genesis = JSON.stringify({ limits, epochs });
    const cast = consortium.cast('admin', BROADCAST.init, [paramsJson, genesis, '{}'], { time });
    await this.chain.add('datachain', cast, { time });
    const provider = [JSON.stringify(consortium.providerEntry())];
    await this.chain.add('certchain', consortium.register('provider', REGISTRATION.putProvider, provider, { time }));
    await this.chain.advanceSlot(time);
  }

  async #openGateway(name: string, mspId: string): Promise<void> {
    const gateway = { name, mspId, port: 0, held: new Map<string, boolean>() };
    const options = { tls: await this.tls('css', name), host: '127.0.0.1', port: 0 };
    const server = await serve('Css', gatewayHandlers(gateway, this.conduct, this.#writer), options);
    gateway.port = server.port;
    this.gateways.push(gateway);
    this.#servers.push(server);
  }

  /** Puts σ on the data chain. @returns the chaincode's outcome for it */
  submit(sigma: Uint8Array): Promise<SubmitReply['outcomes'][number] | undefined> {
    return this.#writer.submit(sigma);
  }

  /** Every σ on the data chain, in order. */
  sigmas(): Uint8Array[] {
    return this.chain.blocksOf.datachain.flatMap(({ transactions }) =>
      transactions.flatMap((transaction) => readEffects(transaction).sigmas.map(({ sigma }) => sigma)),
    );
  }
}

/** Polls a health signal until it holds. */
export async function eventually<T>(look: () => Promise<T | undefined> | T | undefined, what: string): Promise<T> {
  const until = Date.now() + 45_000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > until) throw new Error(`${what} did not come in time`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
