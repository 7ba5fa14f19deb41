import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { NetworkError } from '../errors';
import { type IdentityMaterial } from '../pki/organisation';
import { duration } from './channel-config';
import { inheritedEnvironment } from './processes';
import { type FabricPrograms } from './programs';

const run = promisify(execFile);

/** A chaincode definition as all organisations have to agree on it. */
export interface ChaincodeDefinition {
  readonly name: string;
  readonly version: string;
  readonly sequence: number;
  /** Endorsement policy in the notation of Fabric's command line; the channel's own where there is none. */
  readonly policy?: string;
}

/** A node and what its TLS certificate is checked against. */
export interface NodeAddress {
  /** `host:port`; the certificate has to name the host. */
  readonly endpoint: string;
  readonly tlsRootPath: string;
}

export interface PeerAdminContext {
  readonly programs: Pick<FabricPrograms, 'peer' | 'discover'>;
  readonly mspId: string;
  readonly admin: IdentityMaterial;
  readonly peer: NodeAddress;
  /** Folder of the `core.yaml` by which Fabric's programs reach the peer. */
  readonly configDirectory: string;
  /** Where a channel's transactions are sent for ordering. */
  orderer(channel: string): NodeAddress;
  /** Milliseconds for one command. */
  readonly timeout: number;
}

/** One organisation's administrator at its own peer, through Fabric's own command line program. */
export class PeerAdmin {
  readonly #context: PeerAdminContext;

  constructor(context: PeerAdminContext) {
    this.#context = context;
  }

  get mspId(): string {
    return this.#context.mspId;
  }

  async join(genesisBlock: string): Promise<void> {
    await this.#peer(['channel', 'join', '-b', genesisBlock], /already exists with state \[ACTIVE\]/);
  }

  async install(packageFile: string): Promise<void> {
    await this.#peer(['lifecycle', 'chaincode', 'install', packageFile], /chaincode already successfully installed/);
  }

  get address(): NodeAddress {
    return this.#context.peer;
  }

  /** @param packageId what the own peers run under this definition */
  async approve(channel: string, definition: ChaincodeDefinition, packageId: string): Promise<void> {
    const args = ['approveformyorg', ...this.#definition(channel, definition), '--package-id', packageId];
    await this.#peer(['lifecycle', 'chaincode', ...args, ...this.#ordering(channel)], /with unchanged content/);
  }

  /** Which members of the channel have approved exactly this definition, by MSP id. */
  async approvals(channel: string, definition: ChaincodeDefinition): Promise<Readonly<Record<string, boolean>>> {
    const args = ['checkcommitreadiness', ...this.#definition(channel, definition), '--output', 'json'];
    const output = await this.#peer(['lifecycle', 'chaincode', ...args]);
    return (JSON.parse(output ?? '{}') as { approvals?: Record<string, boolean> }).approvals ?? {};
  }

  /** Commits with the endorsement of every peer of `endorsers`. */
  async commit(channel: string, definition: ChaincodeDefinition, endorsers: readonly NodeAddress[]): Promise<void> {
    const peers = endorsers.flatMap(({ endpoint, tlsRootPath }) => [
      '--peerAddresses',
      endpoint,
      '--tlsRootCertFiles',
      tlsRootPath,
    ]);
    const args = ['commit', ...this.#definition(channel, definition), ...peers, ...this.#ordering(channel)];
    await this.#peer(['lifecycle', 'chaincode', ...args]);
  }

  /** Writes the channel's newest configuration block, as the own peer has it, to `file`. */
  async fetchConfiguration(channel: string, file: string): Promise<void> {
    await this.#peer(['channel', 'fetch', 'config', file, '--channelID', channel]);
  }

  /** Adds the administrator's signature to the configuration update in `file`. */
  async signUpdate(file: string): Promise<void> {
    await this.#peer(['channel', 'signconfigtx', '--file', file]);
  }

  /** Signs the configuration update in `file` and has it ordered. */
  async submitUpdate(channel: string, file: string): Promise<void> {
    const { endpoint, tlsRootPath } = this.#context.orderer(channel);
    const ordering = ['--orderer', endpoint, '--tls', '--cafile', tlsRootPath];
    await this.#peer(['channel', 'update', '--file', file, '--channelID', channel, ...ordering]);
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
    const { programs, admin, peer } = this.#context;
    const credentials = ['--peerTLSCA', peer.tlsRootPath, '--userKey', admin.keyPath, '--userCert', admin.certPath];
    const query = ['endorsers', '--channel', channel, '--chaincode', chaincode, '--server', peer.endpoint];
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

  #definition(channel: string, { name, version, sequence, policy }: ChaincodeDefinition): string[] {
    const agreed = ['--channelID', channel, '--name', name, '--version', version, '--sequence', String(sequence)];
    return policy === undefined ? agreed : [...agreed, '--signature-policy', policy];
  }

  #ordering(channel: string): string[] {
    const { endpoint, tlsRootPath } = this.#context.orderer(channel);
    const timeout = duration(this.#context.timeout);
    return ['--orderer', endpoint, '--tls', '--cafile', tlsRootPath, '--waitForEventTimeout', timeout];
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
    const { configDirectory, admin, timeout } = this.#context;
    return run(program, [...args], {
      timeout,
      maxBuffer: 16 * 1024 * 1024,
      env: {
        ...inheritedEnvironment(),
        FABRIC_CFG_PATH: configDirectory,
        FABRIC_LOGGING_SPEC: 'error',
        CORE_PEER_MSPCONFIGPATH: admin.mspDirectory,
      },
    });
  }
}
