import {
  type LedgerKind,
  type LedgerStatus,
  chooseLedger,
  freePorts,
  type OnProgress,
  type ProcessRole,
  type RunningLedger,
  writeProfile,
} from '@chargecast/network';
import { ready } from '@chargecast/signcryption';

import { CodedError } from '../common/errors';
import { privateDirectory } from '../common/files';
import { type RunningRole } from '../common/running-role';
import { provisionKgc } from '../kgc';
import { type Tariff } from '../pricing';
import { type Client, client, readTls, type ServiceName } from '../rpc';
import { startChildRole } from './child-role';
import { type Consortium, profileFileOf, startConsortium, startLedgerOf } from './consortium';
import { type ExistingNetwork, gatewayCount } from './existing-network';
import { type Fleet } from './fleet';
import { type Layout, layoutOf } from './layout';
import { type Manifest, readManifest, writeManifest } from './manifest';
import { HOST } from './host';
import { kgcPassphraseFile, writeRoleConfigs } from './role-configs';
import { type Guest, portsOf, restPortsOf, type RolePlace, rolePlaces } from './role-places';
import { RoleThreads } from './role-threads';
import { startRole } from './start-role';

/**
 * `in-process`: all roles in this thread; `threads`: in this process, gateways and piles in threads of their own;
 * `processes`: each as `./chargecast <role> run` starts it.
 */
export type RoleMode = 'in-process' | 'threads' | 'processes';

export interface DeploymentOptions {
  readonly directory: string;
  readonly fleet: Fleet;
  readonly ledger: LedgerKind | 'auto';
  readonly organisations?: number;
  /** Somebody else's Fabric network to build on, in place of a ledger of its own. */
  readonly existing?: ExistingNetwork;
  readonly networkId?: string;
  readonly guests?: readonly Guest[];
  /** Gateways, key centre, providers and centres serve people over HTTPS. Default: no. */
  readonly people?: boolean;
  /** Charging stations at the piles, and centres that start, bill and settle by this tariff. */
  readonly charging?: { readonly tariff: Tariff };
  /** Absolute path; the KGC's master keys lie under this passphrase from now on. Default: as the KGC's config.json says. */
  readonly kgcPassphraseFile?: string;
  /** What roles write to their logs; default `warn`. */
  readonly logLevel?: string;
  /** Deployed in place of the system's own chaincode, as long as this process runs the ledger. */
  readonly chaincodeBundle?: string;
  readonly onProgress?: OnProgress;
}

/** A started role, in whichever process; one in this process also tells its status. */
export interface RoleHandle {
  readonly role: ProcessRole;
  readonly name: string;
  stop(): Promise<void>;
  /** kill −9 of its process; not for a role in this process. */
  kill?(): Promise<void>;
  status?(): Promise<Record<string, unknown>>;
}

const LEDGER_PORTS = 100;

/** The roles in the order in which each finds what it needs. */
const ORDER: readonly ProcessRole[] = ['css', 'kgc', 'esp', 'csc', 'cp', 'ev'];

/**
 * A consortium and its roles in one folder: certificates, keys, params, configurations, ledger. Opening it again
 * continues what is there.
 */
export class Deployment {
  readonly layout: Layout;
  readonly manifest: Manifest;
  readonly consortium: Consortium;
  readonly places: readonly RolePlace[];
  readonly #roles = new Map<string, RoleHandle>();
  readonly #threads = new RoleThreads();
  readonly #chaincodeBundle: string | undefined;
  #ledger: RunningLedger;

  private constructor(
    layout: Layout,
    manifest: Manifest,
    consortium: Consortium,
    places: readonly RolePlace[],
    chaincodeBundle: string | undefined,
  ) {
    this.#chaincodeBundle = chaincodeBundle;
    this.layout = layout;
    this.manifest = manifest;
    this.consortium = consortium;
    this.places = places;
    this.#ledger = consortium.ledger;
  }

  /**
   * Makes or completes the folder and starts its ledger; no role runs yet.
   * @throws CodedError E_DEPLOYMENT_OTHER if the folder was made for another fleet or ledger
   */
  static async open(options: DeploymentOptions): Promise<Deployment> {
    await ready();
    const layout = layoutOf(options.directory);
    await privateDirectory(layout.directory);
    const manifest = await keepOrMakeManifest(layout, options);
    const { chaincodeBundle, onProgress = (): void => undefined } = options;
    const passphraseFile = options.kgcPassphraseFile ?? (await kgcPassphraseFile(layout));
    const consortium = await startConsortium(layout, manifest, onProgress, { chaincodeBundle, passphraseFile });
    try {
      const places = await placesOf(layout, consortium, manifest, options);
      await writeRoleConfigs(layout, manifest, consortium, places, { logLevel: options.logLevel, passphraseFile });
      const home = layout.role('kgc');
      const { kgc: keys } = consortium.keys;
      await provisionKgc({ dataDir: `${home}/data`, keyFile: `${home}/store.key`, keys, passphraseFile });
      return new Deployment(layout, manifest, consortium, places, chaincodeBundle);
    } catch (error) {
      await consortium.ledger.stop();
      throw error;
    }
  }

  /** Starts every role that does not run: gateways first, vehicles last; equal roles at once. */
  async startRoles(mode: RoleMode, onRole: (handle: RoleHandle) => void = (): void => undefined): Promise<void> {
    for (const role of ORDER) {
      const waiting = this.places.filter(
        (place) => place.role === role && !place.guest && !this.#roles.has(place.name),
      );
      const started = await Promise.allSettled(
        waiting.map(async ({ name }) => {
          onRole(await this.startRole(name, mode));
        }),
      );
      const failure = started.find(({ status }) => status === 'rejected');
      if (failure) throw (failure as PromiseRejectedResult).reason;
    }
  }

  /** Starts one role by its name. */
  async startRole(name: string, mode: RoleMode): Promise<RoleHandle> {
    const { role } = this.#place(name);
    const config = this.layout.roleConfig(name);
    const handle = await this.#start(role, name, config, mode);
    this.#roles.set(name, handle);
    return handle;
  }

  /** Where people reach a service, once it runs. */
  get services(): readonly { readonly role: ProcessRole; readonly name: string; readonly url: string }[] {
    return this.places.flatMap(({ role, name, restPort }) =>
      restPort === undefined ? [] : [{ role, name, url: `https://${HOST}:${restPort}` }],
    );
  }

  role(name: string): RoleHandle {
    const handle = this.#roles.get(name);
    if (!handle) throw new CodedError('E_ROLE_UNKNOWN', `no role ${name} runs in this deployment`);
    return handle;
  }

  /** Roles that run, by what they are. */
  running(role: ProcessRole): readonly RoleHandle[] {
    return [...this.#roles.values()].filter((handle) => handle.role === role);
  }

  /** A client of `server`'s service with the certificate of `as`. The caller closes it. */
  async client<S extends ServiceName>(
    service: S,
    server: string,
    as: { role: ProcessRole; name: string },
  ): Promise<Client<S>> {
    const { port } = this.#place(server);
    const folder = this.layout.roleTls(as.role, as.name);
    const tls = await readTls({ cert: 'cert.pem', key: 'key.pem', roots: 'ca.pem' }, folder);
    return client(service, `${HOST}:${port}`, tls, { serverName: server });
  }

  /** Ends one role; it may be started again. */
  async stopRole(name: string): Promise<void> {
    const handle = this.#roles.get(name);
    this.#roles.delete(name);
    await handle?.stop();
  }

  /** kill −9 of a role's process; it may be started again. */
  async killRole(name: string): Promise<void> {
    const handle = this.role(name);
    if (!handle.kill) throw new CodedError('E_ARGUMENT', `${name} runs in this process: it cannot be killed alone`);
    this.#roles.delete(name);
    await handle.kill();
  }

  /** Roles in the reverse of their order, then the ledger; data stays. */
  async stop(): Promise<void> {
    await this.stopRoles();
    await this.#ledger.stop();
  }

  /** Starts the ledger again after it ended, on the data it has. */
  async restartLedger(): Promise<void> {
    this.#ledger = await startLedgerOf(this.layout, this.manifest, () => undefined, this.#chaincodeBundle);
  }

  ledgerStatus(): Promise<LedgerStatus> {
    return this.#ledger.status();
  }

  async stopRoles(): Promise<void> {
    for (const role of [...ORDER].reverse()) {
      await Promise.all(this.running(role).map(({ name }) => this.stopRole(name)));
    }
    await this.#threads.end();
  }

  async #start(role: ProcessRole, name: string, config: string, mode: RoleMode): Promise<RoleHandle> {
    if (mode === 'processes') return startChild(role, name, config);
    if (mode === 'threads' && this.#threads.takes(role)) {
      return { role, name, ...(await this.#threads.start(role, name, config)) };
    }
    return inProcess(role, await startRole(role, config));
  }

  #place(name: string): RolePlace {
    const place = this.places.find((each) => each.name === name);
    if (!place) throw new CodedError('E_ROLE_UNKNOWN', `this deployment has no role ${name}`);
    return place;
  }
}

async function placesOf(
  layout: Layout,
  consortium: Consortium,
  manifest: Manifest,
  { guests = [], people = false }: DeploymentOptions,
): Promise<RolePlace[]> {
  const wanted = rolePlaces(consortium, manifest, 0, { guests, ...(people && { firstRestPort: 0 }) });
  const firstPort = await freePorts(portsOf(wanted));
  if (!people) return rolePlaces(consortium, manifest, firstPort, { guests });
  const firstRestPort = await freePorts(restPortsOf(wanted), {
    ...(manifest.restPort !== undefined && { wanted: manifest.restPort }),
    promised: { first: firstPort, count: portsOf(wanted) },
  });
  if (firstRestPort !== manifest.restPort) await writeManifest(layout, { ...manifest, restPort: firstRestPort });
  return rolePlaces(consortium, manifest, firstPort, { guests, firstRestPort });
}

async function keepOrMakeManifest(layout: Layout, options: DeploymentOptions): Promise<Manifest> {
  const kept = await readManifest(layout);
  if (kept) {
    const same =
      JSON.stringify(kept.fleet) === JSON.stringify(options.fleet) &&
      JSON.stringify(kept.charging?.tariff) === JSON.stringify(options.charging?.tariff);
    const ledger = options.ledger === 'auto' || options.ledger === kept.ledger;
    if (same && ledger) return kept;
    throw new CodedError(
      'E_DEPLOYMENT_OTHER',
      `${layout.directory} holds a deployment for another fleet or ledger: name another folder, or remove that one`,
    );
  }
  const { vehicles, piles, cscs, providers } = options.fleet;
  const manifest: Manifest = {
    format: 'chargecast-deployment/1',
    ...(options.existing ? await adoptNetwork(layout, options.existing) : await ownLedger(options)),
    ledgerPort: await freePorts(LEDGER_PORTS),
    ...(options.charging ? { charging: { tariff: options.charging.tariff } } : {}),
    fleet: { vehicles: [...vehicles], piles: [...piles], cscs: [...cscs], providers: [...providers] },
  };
  await writeManifest(layout, manifest);
  return manifest;
}

type LedgerMembers = Pick<Manifest, 'ledger' | 'networkId' | 'organisations' | 'existing'>;

async function ownLedger({ ledger, networkId, organisations }: DeploymentOptions): Promise<LedgerMembers> {
  const { kind } = await chooseLedger(ledger);
  return { ledger: kind, networkId: networkId ?? 'chargecast', organisations: organisations ?? 4 };
}

async function adoptNetwork(layout: Layout, existing: ExistingNetwork): Promise<LedgerMembers> {
  const { profile, roleMap } = existing;
  await writeProfile(profileFileOf(layout), profile);
  const organisations = gatewayCount(existing);
  return { ledger: 'fabric', networkId: profile.networkId, organisations, existing: { roleMap: { ...roleMap } } };
}

function inProcess(role: ProcessRole, running: RunningRole): RoleHandle {
  return { role, name: running.name, stop: () => running.stop(), status: () => running.status() };
}

async function startChild(role: ProcessRole, name: string, config: string): Promise<RoleHandle> {
  const child = await startChildRole(role, name, config);
  return { role, name, stop: () => child.stop(), kill: () => child.kill() };
}
