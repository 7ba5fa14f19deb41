import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { allSettled } from '../all-settled';
import { NetworkError } from '../errors';
import { type NodeStatus } from '../ledger';
import { writePrivateFile } from '../pki/files';
import { type NetworkMaterial, tlsFiles, type TlsMaterial } from '../pki/organisation';
import { type Topology } from '../topology';
import { StopWaiting, until } from '../until';
import { writeConnection } from './chaincode-package';
import { cssMaterial } from './channel-config';
import { nodeHealth } from './health';
import { type FabricNode, type Layout, nodesOf } from './layout';
import { ordererConfig, peerConfig } from './node-config';
import { logTail, type ProcessSpec, ProcessTable } from './processes';
import { type FabricPrograms } from './programs';
import { type RunningChaincode } from './state';

/** What is needed to start nodes, beyond what stopping and asking them takes. */
export interface StartContext {
  readonly programs: FabricPrograms;
  readonly material: NetworkMaterial;
}

/** Milliseconds in which an orderer that can tell that it lags has asked for what it lacks. */
const LAG_NOTICED = 20_000;

/** The processes of one network: configured, started, asked, stopped. */
export class Nodes {
  readonly #topology: Topology;
  readonly #layout: Layout;
  readonly #table: ProcessTable;

  constructor(topology: Topology, layout: Layout) {
    this.#topology = topology;
    this.#layout = layout;
    this.#table = new ProcessTable(layout.processes);
  }

  async startPeer(node: FabricNode, { programs, material }: StartContext): Promise<void> {
    const files = this.#layout.node(node);
    const own = cssMaterial(material, node.organisation);
    const connection = join(files.directory, 'chaincode-connection.json');
    await this.#configure(node, material);
    const [clientKeyPem, clientCertificatePem] = await Promise.all(
      [own.peer.tls.keyPath, own.peer.tls.certPath].map((path) => readFile(path, 'utf8')),
    );
    await writeConnection(connection, {
      address: `${node.organisation.host}:${node.organisation.ports.chaincode}`,
      clientKeyPem: clientKeyPem as string,
      clientCertificatePem: clientCertificatePem as string,
      rootCertificatePem: own.tlsCaCertificatePem,
    });
    const environment = { FABRIC_CFG_PATH: files.directory, CHARGECAST_CHAINCODE_CONNECTION: connection };
    await this.#start(node, { command: programs.peer, args: ['node', 'start'], environment });
  }

  async startOrderer(node: FabricNode, { programs, material }: StartContext): Promise<void> {
    await this.#configure(node, material);
    const environment = { FABRIC_CFG_PATH: this.#layout.node(node).directory };
    await this.#start(node, { command: programs.orderer, args: [], environment });
  }

  /** Starts a chaincode server on the organisation's own copy of the bundle, or on `bundle`. */
  async startChaincode(
    node: FabricNode,
    material: NetworkMaterial,
    chaincode: RunningChaincode,
    bundle = this.#bundle(node, chaincode.version),
  ): Promise<void> {
    const { chaincodeTls } = cssMaterial(material, node.organisation);
    await this.#start(node, {
      command: process.execPath,
      args: [bundle],
      environment: {
        CHAINCODE_SERVER_ADDRESS: node.endpoint,
        CORE_CHAINCODE_ID_NAME: chaincode.packageId,
        CHAINCODE_ID: chaincode.packageId,
        CHAINCODE_TLS_KEY_FILE: chaincodeTls.keyPath,
        CHAINCODE_TLS_CERT_FILE: chaincodeTls.certPath,
        CHAINCODE_TLS_CLIENT_CACERT_FILE: chaincodeTls.caPath,
        NODE_ENV: 'production',
      },
    });
  }

  /** Gives an organisation its own copy of the bundle, so that what it runs changes only by a deployment. */
  async placeBundle(node: FabricNode, bundle: string, version: string): Promise<void> {
    const file = this.#bundle(node, version);
    await mkdir(join(file, '..'), { recursive: true, mode: 0o700 });
    await copyFile(bundle, file);
    // The bundle is CommonJS whatever a package.json further up may say.
    await writePrivateFile(join(file, '..', 'package.json'), '{ "type": "commonjs" }\n');
  }

  /** Writes `core.yaml` or `orderer.yaml`; also what the administrator's commands read. */
  async #configure(node: FabricNode, material: NetworkMaterial): Promise<void> {
    const files = this.#layout.node(node);
    const context = {
      topology: this.#topology,
      organisation: node.organisation,
      material: cssMaterial(material, node.organisation),
      files,
    };
    const [name, config] =
      node.kind === 'peer'
        ? (['core.yaml', peerConfig({ ...context, builder: this.#layout.builder })] as const)
        : (['orderer.yaml', ordererConfig(context)] as const);
    await writePrivateFile(join(files.directory, name), `${JSON.stringify(config, null, 2)}\n`);
  }

  async #start(node: FabricNode, spec: Pick<ProcessSpec, 'command' | 'args' | 'environment'>): Promise<void> {
    const { directory, log } = this.#layout.node(node);
    const { FABRIC_LOGGING_SPEC = 'warn' } = process.env;
    const environment = { FABRIC_LOGGING_SPEC, ...spec.environment };
    await this.#table.start({ name: node.name, directory, log, ...spec, environment });
  }

  #bundle(node: FabricNode, version: string): string {
    return join(this.#layout.node(node).directory, version, 'chaincode.js');
  }

  /** @throws NetworkError `E_FABRIC_EXITED` with the end of the log, `E_FABRIC_TIMEOUT` */
  async waitHealthy(nodes: readonly FabricNode[]): Promise<void> {
    await allSettled(nodes.map((node) => this.#waitHealthy(node)));
  }

  async #waitHealthy(node: FabricNode): Promise<void> {
    const { log } = this.#layout.node(node);
    const { start } = this.#topology.timeouts;
    await until(
      async () => {
        const status = await this.status(node);
        if (status.state === 'stopped') {
          const tail = await logTail(log);
          throw new StopWaiting(
            new NetworkError('E_FABRIC_EXITED', `${node.name} ended while starting; its log ${log} ends:\n${tail}`),
          );
        }
        return status.state === 'running' ? true : undefined;
      },
      {
        deadline: start,
        onTimeout: async (cause) =>
          new NetworkError(
            'E_FABRIC_TIMEOUT',
            `${node.name} is not healthy after ${start / 1000} s; its log ${log} ends:\n${await logTail(log)}`,
            { cause },
          ),
      },
    );
  }

  /**
   * Until a node has the blocks that others of its kind have now. An orderer asks for what it missed once it has lagged
   * behind a leader's heartbeats for ten seconds; before that it would be no help in a change of leader. On an idle
   * channel the heartbeats do not show that it lacks the newest block alone: it asks for that with the next one.
   */
  async waitCaughtUp(node: FabricNode): Promise<void> {
    const others = nodesOf(this.#topology).filter(({ kind, name }) => kind === node.kind && name !== node.name);
    const goal = (await Promise.all(others.map((other) => this.status(other)))).map(({ heights = {} }) => heights);
    const { step } = this.#topology.timeouts;
    const noticed = Date.now() + LAG_NOTICED;
    await until(
      async () => {
        const { heights = {} } = await this.status(node);
        const unnoticed = node.kind === 'orderer' && Date.now() > noticed ? 1 : 0;
        const behind = goal.some((known) =>
          Object.entries(known).some(([name, height]) => (heights[name] ?? 0) < height - unnoticed),
        );
        return behind ? undefined : true;
      },
      {
        deadline: step,
        onTimeout: () =>
          new NetworkError('E_FABRIC_TIMEOUT', `${node.name} runs but has not caught up after ${step / 1000} s`),
      },
    );
  }

  async status(node: FabricNode): Promise<NodeStatus> {
    const base = { name: node.name, kind: node.kind, mspId: node.organisation.mspId, endpoint: node.endpoint };
    const pid = await this.#table.pid(node.name);
    if (pid === undefined) return { ...base, state: 'stopped' };
    try {
      return { ...base, pid, ...(await nodeHealth(node, this.#ordererTls(node))) };
    } catch {
      // A node that refuses or drops the connection is up but not serving, which is the answer.
      return { ...base, pid, state: 'unhealthy' };
    }
  }

  #ordererTls({ organisation }: FabricNode): TlsMaterial {
    return tlsFiles(this.#layout.root, organisation.mspId, 'orderer');
  }

  async running(nodes: readonly FabricNode[]): Promise<boolean[]> {
    return Promise.all(nodes.map(async ({ name }) => (await this.#table.pid(name)) !== undefined));
  }

  async stop(nodes: readonly FabricNode[]): Promise<number> {
    const { stop } = this.#topology.timeouts;
    const stopped = await allSettled(nodes.map(({ name }) => this.#table.stop(name, stop)));
    return stopped.filter(Boolean).length;
  }

  kill({ name }: FabricNode): Promise<boolean> {
    return this.#table.kill(name);
  }

  suspend({ name }: FabricNode): Promise<boolean> {
    return this.#table.suspend(name);
  }

  resume({ name }: FabricNode): Promise<boolean> {
    return this.#table.resume(name);
  }
}
