import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { NetworkError } from '../errors';
import { type CssMaterial } from '../pki/organisation';
import { type CssOrganisation, type Topology } from '../topology';
import { duration } from './channel-config';
import { inheritedEnvironment } from './processes';
import { type FabricPrograms } from './programs';

const run = promisify(execFile);

/** A chaincode definition as all organisations have to agree on it. */
export interface ChaincodeDefinition {
  readonly name: string;
  readonly version: string;
  readonly sequence: number;
  readonly packageId: string;
}

export interface PeerAdminContext {
  readonly programs: FabricPrograms;
  readonly topology: Topology;
  readonly organisation: CssOrganisation;
  readonly material: CssMaterial;
  /** Folder of the peer's `core.yaml`. */
  readonly configDirectory: string;
  /** Where transactions are sent for ordering. */
  readonly orderer: { readonly endpoint: string; readonly caPath: string };
}

/** One organisation's administrator at its own peer, through Fabric's own command line program. */
export class PeerAdmin {
  readonly #context: PeerAdminContext;

  constructor(context: PeerAdminContext) {
    this.#context = context;
  }

  get mspId(): string {
    return this.#context.organisation.mspId;
  }

  async join(genesisBlock: string): Promise<void> {
    await this.#peer(['channel', 'join', '-b', genesisBlock], /already exists with state \[ACTIVE\]/);
  }

  async install(packageFile: string): Promise<void> {
    await this.#peer(['lifecycle', 'chaincode', 'install', packageFile], /chaincode already successfully installed/);
  }

  async approve(channel: string, definition: ChaincodeDefinition): Promise<void> {
    const args = ['approveformyorg', ...this.#definition(channel, definition), '--package-id', definition.packageId];
    await this.#peer(['lifecycle', 'chaincode', ...args, ...this.#ordering()], /with unchanged content/);
  }

  /** Commits with the endorsement of every peer of `endorsers`. */
  async commit(channel: string, definition: ChaincodeDefinition, endorsers: readonly PeerAdmin[]): Promise<void> {
    const peers = endorsers.flatMap((admin) => [
      '--peerAddresses',
      admin.#address,
      '--tlsRootCertFiles',
      admin.#context.material.peer.tls.caPath,
    ]);
    const args = ['commit', ...this.#definition(channel, definition), ...peers, ...this.#ordering()];
    await this.#peer(['lifecycle', 'chaincode', ...args]);
  }

  /** The committed definition's version and sequence, or null if the channel has none of that name. */
  async committed(channel: string, name: string): Promise<{ version: string; sequence: number } | null> {
    const args = ['querycommitted', '--channelID', channel, '--name', name, '--output', 'json'];
    const output = await this.#peer(['lifecycle', 'chaincode', ...args], /namespace \S+ is not defined/);
    if (output === null) return null;
    const { version, sequence } = JSON.parse(output) as { version: string; sequence: number };
    return { version, sequence };
  }

  /** The organisations this peer would ask to endorse; empty while it knows too few of them. */
  async endorsers(channel: string, chaincode: string): Promise<readonly string[]> {
    const { programs, material } = this.#context;
    const { certPath, keyPath } = material.identities.admin as { certPath: string; keyPath: string };
    const credentials = ['--peerTLSCA', material.peer.tls.caPath, '--userKey', keyPath, '--userCert', certPath];
    const query = ['endorsers', '--channel', channel, '--chaincode', chaincode, '--server', this.#address];
    try {
      const { stdout } = await this.#run(programs.discover, [...credentials, '--MSP', this.mspId, ...query]);
      const [descriptor] = JSON.parse(stdout) as { EndorsersByGroups: Record<string, { MSPID: string }[]> }[];
      const groups = Object.values(descriptor?.EndorsersByGroups ?? {});
      return [...new Set(groups.flat().map(({ MSPID }) => MSPID))];
    } catch (error) {
      if (error instanceof NetworkError) throw error;
      return [];
    }
  }

  get #address(): string {
    const { host, ports } = this.#context.organisation;
    return `${host}:${ports.peer}`;
  }

  #definition(channel: string, { name, version, sequence }: ChaincodeDefinition): string[] {
    return ['--channelID', channel, '--name', name, '--version', version, '--sequence', String(sequence)];
  }

  #ordering(): string[] {
    const { orderer, topology } = this.#context;
    const timeout = duration(topology.timeouts.step);
    return ['--orderer', orderer.endpoint, '--tls', '--cafile', orderer.caPath, '--waitForEventTimeout', timeout];
  }

  /** @returns standard output, or null if the command failed as `expected` says it may */
  async #peer(args: readonly string[], expected?: RegExp): Promise<string | null> {
    try {
      return (await this.#run(this.#context.programs.peer, args)).stdout;
    } catch (error) {
      const { stderr = '', stdout = '' } = error as { stderr?: string; stdout?: string };
      const output = `${stderr}\n${stdout}`;
      if (expected?.test(output)) return null;
      const command = `peer ${args.slice(0, 3).join(' ')}`;
      const reason = /Error: (.*)/.exec(output)?.[1] ?? output.trim().split('\n').slice(-3).join(' ');
      throw new NetworkError('E_FABRIC_TOOL', `${this.mspId}: ${command} failed: ${reason}`, { cause: error });
    }
  }

  #run(program: string, args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
    const { configDirectory, material, topology } = this.#context;
    return run(program, [...args], {
      timeout: topology.timeouts.step,
      maxBuffer: 16 * 1024 * 1024,
      env: {
        ...inheritedEnvironment(),
        FABRIC_CFG_PATH: configDirectory,
        FABRIC_LOGGING_SPEC: 'error',
        CORE_PEER_MSPCONFIGPATH: material.identities.admin?.mspDirectory,
      },
    });
  }
}
