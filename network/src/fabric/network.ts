import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { allSettled } from '../all-settled';
import { NetworkError } from '../errors';
import { type LedgerStatus, type OnProgress, type RunningLedger } from '../ledger';
import { writePrivateFile } from '../pki/files';
import { materialiseNetwork, type NetworkMaterial } from '../pki/organisation';
import { assertPortsFree } from '../ports';
import { channelNames, type Topology } from '../topology';
import { withStateLock } from '../state-lock';
import { type ChaincodePackage, packageChaincode, writeBuilder } from './chaincode-package';
import { cssMaterial } from './channel-config';
import { joinOrderers, joinPeers, makeGenesisBlocks } from './channels';
import { type FabricNode, type Layout, layoutOf, nodeNamed, nodesOf } from './layout';
import { define, install, waitEndorsable } from './lifecycle';
import { Nodes, type StartContext } from './nodes';
import { PeerAdmin } from './peer-admin';
import { logTail } from './processes';
import { type FabricPrograms, findFabric } from './programs';
import { writeFabricProfile } from './fabric-profile';
import { adoptTopology, type NetworkState, readState, requireState, type RunningChaincode, writeState } from './state';

export interface FabricUpOptions {
  /** The self-contained chaincode file. */
  readonly chaincodeBundle: string;
  readonly onProgress?: OnProgress;
}

/**
 * Brings the network up: certificates, channels, processes, chaincode. What is already done is left as it is, so it
 * also resumes an interrupted run and restarts a stopped network on its data.
 */
export async function fabricUp(
  topology: Topology,
  stateDir: string,
  { chaincodeBundle, onProgress }: FabricUpOptions,
): Promise<RunningLedger> {
  const report = reporter(onProgress);
  const layout = layoutOf(stateDir);
  const programs = await findFabric();
  const chaincode = await packageChaincode(topology.chaincode, chaincodeBundle);
  await withStateLock(layout.lockFile, async () => {
    const state = await adoptTopology(layout, topology);
    report('Certificates', `${topology.organisations.length + topology.clientOrganisations.length} organisations`);
    const material = await materialiseNetwork(topology, layout.root);
    const work = new Bringing({ topology, layout, programs, material });
    report('Processes', `Fabric ${programs.version}: ${work.nodes.length} starting`);
    await work.start(state, chaincodeBundle, chaincode);
    report('Channels', channelNames(topology).join(', '));
    await work.join();
    report('Chaincode', chaincode.label);
    await work.deploy(chaincode);
    await writeFabricProfile(topology, material, layout.profileFile);
    report('Ready', layout.profileFile);
  });
  return runningFabric(stateDir);
}

/** The network in `stateDir` as a ledger handle, whether or not it runs at the moment. */
export function runningFabric(stateDir: string): RunningLedger {
  return {
    kind: 'fabric',
    profileFile: layoutOf(stateDir).profileFile,
    status: () => fabricStatus(stateDir),
    stop: () => fabricDown(stateDir),
  };
}

/** Installs, approves and commits another bundle; endorsement pauses while the chaincode servers change over. */
export async function fabricDeploy(
  stateDir: string,
  { chaincodeBundle, onProgress }: FabricUpOptions,
): Promise<{ version: string; packageId: string }> {
  const report = reporter(onProgress);
  const layout = layoutOf(stateDir);
  const programs = await findFabric();
  return withStateLock(layout.lockFile, async () => {
    const { topology } = await requireState(layout);
    const chaincode = await packageChaincode(topology.chaincode, chaincodeBundle);
    const material = await materialiseNetwork(topology, layout.root);
    const work = new Bringing({ topology, layout, programs, material });
    report('Chaincode', chaincode.label);
    await work.changeChaincode(chaincodeBundle, chaincode);
    await work.deploy(chaincode);
    report('Ready');
    return { version: chaincode.version, packageId: chaincode.packageId };
  });
}

export interface FabricDownOptions {
  /** Also delete the network's folder: keys, blocks, everything. */
  readonly remove?: boolean;
  readonly onProgress?: OnProgress;
}

/** Stops the processes that `fabricUp` started, and nothing else; data stays unless `remove` is given. */
export async function fabricDown(
  stateDir: string,
  { remove = false, onProgress }: FabricDownOptions = {},
): Promise<void> {
  const report = reporter(onProgress);
  const layout = layoutOf(stateDir);
  const state = await readState(layout);
  if (!state) return;
  await withStateLock(layout.lockFile, async () => {
    const stopped = await new Nodes(state.topology, layout).stop(nodesOf(state.topology));
    report('Stopped', `${stopped} processes`);
  });
  if (remove) {
    await rm(layout.root, { recursive: true, force: true });
    report('Removed', layout.root);
  }
}

export async function fabricStatus(stateDir: string): Promise<LedgerStatus> {
  const layout = layoutOf(stateDir);
  const { topology } = await requireState(layout);
  const table = new Nodes(topology, layout);
  const nodes = await Promise.all(nodesOf(topology).map((node) => table.status(node)));
  const healthy = nodes.every(({ state }) => state === 'running');
  return { kind: 'fabric', networkId: topology.networkId, healthy, nodes };
}

/** Ends a node without notice (SIGKILL). @returns whether it was running */
export async function killNode(stateDir: string, name: string): Promise<boolean> {
  const layout = layoutOf(stateDir);
  const { topology } = await requireState(layout);
  return new Nodes(topology, layout).kill(nodeNamed(topology, name));
}

export interface StartNodeOptions {
  /** For a chaincode server: run this file in place of the deployed one, until it is next started without. */
  readonly chaincodeBundle?: string;
}

/** Starts one node on its data and waits until it is healthy; a running node is left alone. */
export async function startNode(stateDir: string, name: string, options: StartNodeOptions = {}): Promise<void> {
  const layout = layoutOf(stateDir);
  const state = await requireState(layout);
  const node = nodeNamed(state.topology, name);
  const programs = await findFabric();
  const material = await materialiseNetwork(state.topology, layout.root);
  const table = new Nodes(state.topology, layout);
  if (node.kind === 'peer') await table.startPeer(node, { programs, material });
  else if (node.kind === 'orderer') await table.startOrderer(node, { programs, material });
  else await table.startChaincode(node, material, deployedChaincode(state), options.chaincodeBundle);
  await table.waitHealthy([node]);
}

function deployedChaincode({ chaincode }: NetworkState): RunningChaincode {
  if (chaincode) return chaincode;
  throw new NetworkError('E_FABRIC_STATE', 'no chaincode has been deployed yet: deploy it first');
}

/** The last lines of a node's log. */
export async function nodeLogs(stateDir: string, name: string, lines = 50): Promise<string> {
  return logTail(await nodeLogFile(stateDir, name), lines);
}

export async function nodeLogFile(stateDir: string, name: string): Promise<string> {
  const layout = layoutOf(stateDir);
  const { topology } = await requireState(layout);
  return layout.node(nodeNamed(topology, name)).log;
}

interface BringingContext extends StartContext {
  readonly topology: Topology;
  readonly layout: Layout;
  readonly programs: FabricPrograms;
  readonly material: NetworkMaterial;
}

/** The steps of bringing a network up, each a no-op where its result is there already. */
class Bringing {
  readonly nodes: readonly FabricNode[];
  readonly #context: BringingContext;
  readonly #table: Nodes;
  readonly #admins: readonly PeerAdmin[];

  constructor(context: BringingContext) {
    const { topology, layout } = context;
    this.#context = context;
    this.nodes = nodesOf(topology);
    this.#table = new Nodes(topology, layout);
    this.#admins = this.#ofKind('peer').map((node) => new PeerAdmin(this.#adminContext(node)));
  }

  async start(state: NetworkState, bundle: string, chaincode: ChaincodePackage): Promise<void> {
    const { topology, layout, material, programs } = this.#context;
    const running = await this.#table.running(this.nodes);
    if (!running.some(Boolean)) await assertPortsFree(topology);
    await writeBuilder(layout.builder);
    await allSettled([
      makeGenesisBlocks(topology, material, layout, programs),
      ...this.#ofKind('orderer').map((node) => this.#table.startOrderer(node, this.#context)),
      ...this.#ofKind('peer').map((node) => this.#table.startPeer(node, this.#context)),
      state.chaincode?.version === chaincode.version
        ? this.#startChaincode(chaincode)
        : this.changeChaincode(bundle, chaincode),
    ]);
    await this.#table.waitHealthy(this.nodes);
  }

  async join(): Promise<void> {
    const { topology, layout, material } = this.#context;
    const statuses = await Promise.all(this.#ofKind('peer').map((node) => this.#table.status(node)));
    const joined = statuses.map(({ heights }) => Object.keys(heights ?? {}));
    await allSettled([joinOrderers(topology, material, layout), joinPeers(topology, layout, this.#admins, joined)]);
  }

  async deploy(chaincode: ChaincodePackage): Promise<void> {
    const { topology, layout } = this.#context;
    await writePrivateFile(layout.chaincodePackage, chaincode.archive);
    await install(this.#admins, layout.chaincodePackage);
    await define(topology, this.#admins, chaincode);
    await waitEndorsable(topology, this.#admins);
  }

  /** Has every organisation's chaincode server run `bundle`. */
  async changeChaincode(bundle: string, chaincode: ChaincodePackage): Promise<void> {
    const { topology, layout } = this.#context;
    const servers = this.#ofKind('chaincode');
    await this.#table.stop(servers);
    await allSettled(servers.map((node) => this.#table.placeBundle(node, bundle, chaincode.version)));
    const { version, packageId } = chaincode;
    await writeState(layout, { topology, chaincode: { version, packageId } });
    await this.#startChaincode(chaincode);
  }

  async #startChaincode(chaincode: ChaincodePackage): Promise<void> {
    const { material } = this.#context;
    const servers = this.#ofKind('chaincode');
    await allSettled(servers.map((node) => this.#table.startChaincode(node, material, chaincode)));
    await this.#table.waitHealthy(servers);
  }

  #ofKind(kind: FabricNode['kind']): FabricNode[] {
    return this.nodes.filter((node) => node.kind === kind);
  }

  #adminContext(node: FabricNode): ConstructorParameters<typeof PeerAdmin>[0] {
    const { topology, layout, material, programs } = this.#context;
    // The first consenter leads the first view; another orderer would hold a transaction for a forwarding time-out.
    const [first = node.organisation] = topology.organisations;
    return {
      programs,
      topology,
      organisation: node.organisation,
      material: cssMaterial(material, node.organisation),
      configDirectory: join(layout.node(node).directory),
      orderer: {
        endpoint: `${first.host}:${first.ports.orderer}`,
        caPath: cssMaterial(material, first).orderer.tls.caPath,
      },
    };
  }
}

function reporter(onProgress: OnProgress | undefined): (step: string, detail?: string) => void {
  const started = Date.now();
  return (step, detail) => {
    const progress = { step, elapsed: Date.now() - started };
    onProgress?.(detail === undefined ? progress : { ...progress, detail });
  };
}
