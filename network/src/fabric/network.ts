import { rm } from 'node:fs/promises';

import { type LedgerStatus, type OnProgress, type RunningLedger } from '../ledger';
import { materialiseNetwork } from '../pki/organisation';
import { assertPortsFree } from '../ports';
import { withStateLock } from '../state-lock';
import { channelNames, type Topology } from '../topology';
import { BringUp } from './bring-up';
import { packageChaincode } from './chaincode-package';
import { writeFabricProfile } from './fabric-profile';
import { type Layout, layoutOf, nodesOf } from './layout';
import { writeNetworkDescription } from './network-description';
import { Nodes } from './nodes';
import { findFabric } from './programs';
import { adoptTopology, readState, requireState } from './state';

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
  const bringUp = async (): Promise<void> => {
    const state = await adoptTopology(layout, topology);
    report('Certificates', `${topology.organisations.length + topology.clientOrganisations.length} organisations`);
    const material = await materialiseNetwork(topology, layout.root);
    const work = new BringUp({ topology, layout, programs, material });
    report('Processes', `Fabric ${programs.version}: ${work.nodes.length} starting`);
    await work.start(state, chaincodeBundle, chaincode);
    report('Channels', channelNames(topology).join(', '));
    await work.join();
    report('Chaincode', chaincode.label);
    await work.deploy(chaincode);
    await writeFabricProfile(topology, material, layout.profileFile);
    await writeNetworkDescription(topology, material, layout.descriptionFile);
    report('Ready', layout.profileFile);
  };
  await withStateLock(layout.lockFile, () => leavingNothingBehind(topology, layout, bringUp));
  return runningFabric(stateDir);
}

/** If `work` fails, the processes it started are stopped; what ran before it runs on. */
async function leavingNothingBehind(topology: Topology, layout: Layout, work: () => Promise<void>): Promise<void> {
  const nodes = nodesOf(topology);
  const table = new Nodes(topology, layout);
  const before = await table.running(nodes);
  if (!before.some(Boolean)) await assertPortsFree(topology);
  try {
    await work();
  } catch (error) {
    await table.stop(nodes.filter((_, index) => !before[index]));
    throw error;
  }
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
  // Before the lock, which would make the folder.
  await requireState(layout);
  return withStateLock(layout.lockFile, async () => {
    const { topology } = await requireState(layout);
    const chaincode = await packageChaincode(topology.chaincode, chaincodeBundle);
    const material = await materialiseNetwork(topology, layout.root);
    const work = new BringUp({ topology, layout, programs, material });
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

function reporter(onProgress: OnProgress | undefined): (step: string, detail?: string) => void {
  const started = Date.now();
  return (step, detail) => {
    const progress = { step, elapsed: Date.now() - started };
    onProgress?.(detail === undefined ? progress : { ...progress, detail });
  };
}
