import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { allSettled } from '../all-settled';
import { NetworkError } from '../errors';
import { exists, writePrivateFile } from '../pki/files';
import { type IdentityMaterial } from '../pki/organisation';
import { type ConnectionProfile, type ProfileGateway, type ProfileOrganisation } from '../profile';
import { type ChaincodePackage, packageNode } from './chaincode-package';
import { type ChaincodeService, prepareService } from './chaincode-service';
import { configurationOf } from './channel-configuration';
import { orderingService, reachableOrderer } from './ordering-service';
import { type ChaincodeDefinition, type NodeAddress, PeerAdmin } from './peer-admin';
import { findFabric, type FabricPrograms } from './programs';

const COMMAND_TIMEOUT = 120_000;

export interface MemberDeployOptions {
  /** The self-contained chaincode file. */
  readonly chaincodeBundle: string;
  /** Keys and bundles of the chaincode servers in `services`, a folder for each organisation. */
  readonly directory: string;
  /**
   * MSP id → `host:port` at which the organisation's peers reach its chaincode server (chaincode as a service). The peers of
   * an organisation not named here build and run Node chaincode themselves.
   */
  readonly services: ReadonlyMap<string, string>;
  readonly onProgress?: (step: string, detail: string) => void;
}

export interface MemberDeployment {
  readonly version: string;
  /** Of the organisations whose administrator the profile holds. */
  readonly installed: readonly InstalledPackage[];
  readonly channels: readonly ChannelDeployment[];
}

export interface InstalledPackage {
  readonly mspId: string;
  readonly packageId: string;
  readonly service?: Pick<ChaincodeService, 'environmentFile' | 'bundle'>;
}

export interface ChannelDeployment {
  readonly channel: string;
  readonly sequence: number;
  readonly committed: boolean;
  /** CSS organisations, by MSP id. */
  readonly approved: readonly string[];
  readonly missing: readonly string[];
}

/**
 * Installs the chaincode on the peers of every CSS organisation whose administrator the profile holds, approves it in their
 * names on both channels, and commits it where a majority of the CSS organisations has approved. Each member does the
 * same on its side, in any order; doing it again changes nothing.
 * @throws NetworkError `E_PROFILE_ADMIN` (no administrator's MSP folder), `E_FABRIC_…`, `E_CHAINCODE_BUNDLE`
 */
export async function memberDeploy(
  profile: ConnectionProfile,
  options: MemberDeployOptions,
): Promise<MemberDeployment> {
  const own = await administered(profile, options.services);
  const programs = await findFabric();
  const work = await mkdtemp(join(tmpdir(), 'chargecast-deploy-'));
  try {
    return await new MemberWork(profile, own, options, programs, work).deploy();
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

interface Administered {
  readonly organisation: ProfileOrganisation;
  readonly admin: IdentityMaterial;
}

async function administered(
  { organisations }: ConnectionProfile,
  services: ReadonlyMap<string, string>,
): Promise<readonly Administered[]> {
  const gateways = organisations.filter(({ role, identities }) => role === 'css' && identities.admin);
  const own = await allSettled(
    gateways.map(async (organisation) => ({ organisation, admin: await adminFolder(organisation) })),
  );
  const strangers = [...services.keys()].filter(
    (mspId) => !own.some(({ organisation }) => organisation.mspId === mspId),
  );
  if (own.length === 0 || strangers.length > 0) {
    const whose = strangers.length > 0 ? strangers.join(', ') : 'any css organisation';
    throw new NetworkError('E_PROFILE_ADMIN', `the profile has no identity "admin" of ${whose}: add its MSP folder`);
  }
  return own;
}

/** Fabric's program takes an administrator as an MSP folder: `signcerts/<certificate>` and `keystore/<key>` lie in it. */
async function adminFolder({ mspId, identities }: ProfileOrganisation): Promise<IdentityMaterial> {
  const { certPath, keyPath } = identities.admin as { certPath: string; keyPath: string };
  const mspDirectory = dirname(dirname(certPath));
  if (await exists(join(mspDirectory, 'cacerts'))) return { mspDirectory, certPath, keyPath };
  throw new NetworkError(
    'E_PROFILE_ADMIN',
    `the identity "admin" of ${mspId} is not in an MSP folder (no ${join(mspDirectory, 'cacerts')}): give it as "mspDirectory"`,
  );
}

class MemberWork {
  readonly #profile: ConnectionProfile;
  readonly #own: readonly Administered[];
  readonly #options: MemberDeployOptions;
  readonly #programs: FabricPrograms;
  readonly #directory: string;
  readonly #ordering = new Map<string, NodeAddress>();

  constructor(
    profile: ConnectionProfile,
    own: readonly Administered[],
    options: MemberDeployOptions,
    programs: FabricPrograms,
    directory: string,
  ) {
    this.#profile = profile;
    this.#own = own;
    this.#options = options;
    this.#programs = programs;
    this.#directory = directory;
  }

  async deploy(): Promise<MemberDeployment> {
    const admins = await allSettled(this.#own.map((member) => this.#admins(member)));
    const first = admins[0]?.[0] as PeerAdmin;
    const { certchain, datachain } = this.#profile.channels;
    await allSettled([certchain, datachain].map((channel) => this.#findOrdering(channel, first)));
    const packages = await allSettled(this.#own.map((member, index) => this.#install(member, admins[index] ?? [])));
    const { version } = (packages[0] as { chaincode: ChaincodePackage }).chaincode;
    const approvers = this.#own.map((_, index) => ({
      admin: admins[index]?.[0] as PeerAdmin,
      packageId: packages[index]?.chaincode.packageId as string,
    }));
    const channels = [];
    for (const channel of [certchain, datachain]) channels.push(await this.#define(channel, version, approvers));
    return { version, installed: packages.map(({ installed }) => installed), channels };
  }

  /** An administrator at each of the organisation's peers. */
  async #admins({ organisation, admin }: Administered): Promise<readonly PeerAdmin[]> {
    const { mspId } = organisation;
    return allSettled(
      this.#peersOf(organisation).map(async (gateway, index) => {
        const configDirectory = join(this.#directory, mspId, String(index));
        const peer = await this.#address(gateway, configDirectory);
        await writePrivateFile(join(configDirectory, 'core.yaml'), JSON.stringify(clientConfig(mspId, peer)));
        return new PeerAdmin({
          programs: this.#programs,
          mspId,
          admin,
          peer,
          configDirectory,
          orderer: (channel) => this.#ordering.get(channel) as NodeAddress,
          timeout: COMMAND_TIMEOUT,
        });
      }),
    );
  }

  /** The organisation's gateways but those that stand first in another's list, which are its fallback, not its own. */
  #peersOf(organisation: ProfileOrganisation): readonly ProfileGateway[] {
    const others = this.#profile.organisations
      .filter(({ mspId, role }) => role === 'css' && mspId !== organisation.mspId)
      .map(({ gateways }) => gateways[0]?.endpoint);
    return organisation.gateways.filter(({ endpoint }) => !others.includes(endpoint));
  }

  async #address({ endpoint, tlsRootCertPem }: ProfileGateway, directory: string): Promise<NodeAddress> {
    const tlsRootPath = join(directory, 'tls-roots.pem');
    await writePrivateFile(tlsRootPath, tlsRootCertPem);
    return { endpoint, tlsRootPath };
  }

  async #findOrdering(channel: string, admin: PeerAdmin): Promise<void> {
    const block = join(this.#directory, `${channel}.block`);
    await admin.fetchConfiguration(channel, block);
    const service = orderingService(configurationOf(await readFile(block)));
    const tlsRootPath = join(this.#directory, `${channel}-orderers.pem`);
    await writePrivateFile(tlsRootPath, service.tlsRootsPem);
    this.#ordering.set(channel, { endpoint: await reachableOrderer(channel, service), tlsRootPath });
  }

  async #install(
    { organisation: { mspId } }: Administered,
    admins: readonly PeerAdmin[],
  ): Promise<{ chaincode: ChaincodePackage; installed: InstalledPackage }> {
    const { chaincodeBundle: bundle, services, directory, onProgress } = this.#options;
    const address = services.get(mspId);
    const name = this.#profile.chaincode;
    const service =
      address === undefined
        ? undefined
        : await prepareService({ name, mspId, address, bundle, directory: join(directory, mspId) });
    const chaincode = service?.chaincode ?? (await packageNode(name, bundle));
    const file = join(this.#directory, mspId, 'package.tgz');
    await mkdir(dirname(file), { recursive: true });
    await writePrivateFile(file, chaincode.archive);
    await allSettled(admins.map((admin) => admin.install(file)));
    onProgress?.(
      'Installed',
      `${chaincode.packageId} on ${admins.map(({ address: { endpoint } }) => endpoint).join(', ')}`,
    );
    const { packageId } = chaincode;
    if (!service) return { chaincode, installed: { mspId, packageId } };
    const { environmentFile, bundle: served } = service;
    return { chaincode, installed: { mspId, packageId, service: { environmentFile, bundle: served } } };
  }

  async #define(
    channel: string,
    version: string,
    approvers: readonly { admin: PeerAdmin; packageId: string }[],
  ): Promise<ChannelDeployment> {
    const { chaincode: name } = this.#profile;
    const { admin } = approvers[0] as { admin: PeerAdmin };
    const current = await admin.committed(channel, name);
    const isCommitted = current?.version === version;
    const sequence = (current?.sequence ?? 0) + (isCommitted ? 0 : 1);
    const definition: ChaincodeDefinition = { name, version, sequence, policy: this.#endorsementPolicy() };
    await allSettled(approvers.map((each) => each.admin.approve(channel, definition, each.packageId)));
    this.#options.onProgress?.('Approved', `${name} ${version}, sequence ${sequence}, on ${channel}`);
    if (isCommitted) return { channel, sequence, committed: true, approved: [], missing: [] };
    const approvals = await admin.approvals(channel, definition);
    const approved = this.#gatewayIds().filter((mspId) => approvals[mspId]);
    const missing = this.#gatewayIds().filter((mspId) => !approvals[mspId]);
    const committed = approved.length >= this.#quorum();
    if (committed) await admin.commit(channel, definition, await this.#endorsers(approved));
    return { channel, sequence, committed, approved, missing };
  }

  /** A majority of the CSS organisations, in an order of which every member thinks the same. */
  #endorsementPolicy(): string {
    return `OutOf(${this.#quorum()}, ${this.#gatewayIds()
      .map((mspId) => `'${mspId}.peer'`)
      .join(', ')})`;
  }

  #quorum(): number {
    return Math.floor(this.#gatewayIds().length / 2) + 1;
  }

  #gatewayIds(): string[] {
    return this.#profile.organisations
      .filter(({ role }) => role === 'css')
      .map(({ mspId }) => mspId)
      .sort();
  }

  #endorsers(mspIds: readonly string[]): Promise<NodeAddress[]> {
    const members = this.#profile.organisations.filter(({ mspId }) => mspIds.includes(mspId));
    return allSettled(
      members.map((member) =>
        this.#address(this.#peersOf(member)[0] as ProfileGateway, join(this.#directory, member.mspId, 'endorser')),
      ),
    );
  }
}

/** What Fabric's program has to know of a peer it talks to. */
function clientConfig(mspId: string, { endpoint, tlsRootPath }: NodeAddress): object {
  return {
    peer: {
      address: endpoint,
      localMspId: mspId,
      localMspType: 'bccsp',
      BCCSP: { Default: 'SW', SW: { Hash: 'SHA2', Security: 256 } },
      tls: { enabled: true, rootcert: { file: tlsRootPath } },
      client: { connTimeout: '10s' },
    },
  };
}
