import { setTimeout } from 'node:timers/promises';

import { NetworkError } from '../errors';
import { materialiseNetwork } from '../pki/organisation';
import { withStateLock } from '../state-lock';
import { blockQuorum } from '../topology';
import { type FabricNode, type Layout, layoutOf, nodeNamed, nodesOf } from './layout';
import { Nodes, type StartContext } from './nodes';
import { logTail } from './processes';
import { findFabric } from './programs';
import { type NetworkState, requireState, type RunningChaincode } from './state';

/** Ends a node without notice (SIGKILL). @returns whether it was running */
export async function killNode(stateDir: string, name: string): Promise<boolean> {
  const layout = layoutOf(stateDir);
  const { topology } = await requireState(layout);
  return new Nodes(topology, layout).kill(nodeNamed(topology, name));
}

export interface SlowNodeOptions {
  /** Milliseconds for which the node is held in each turn, and milliseconds for which it then runs. */
  readonly held: number;
  readonly running: number;
  /** Ends it; the node runs on freely. */
  readonly signal: AbortSignal;
}

/**
 * Makes a node slow, as a slow disk or a busy machine would: it is held and let go in turns until the signal aborts or the
 * node ends. A wait for its disk stops a peer or an orderer in the same way, between any two steps.
 * @throws NetworkError `E_FABRIC_STATE` if it does not run
 */
export async function slowNode(stateDir: string, name: string, options: SlowNodeOptions): Promise<void> {
  const layout = layoutOf(stateDir);
  const { topology } = await requireState(layout);
  const node = nodeNamed(topology, name);
  const table = new Nodes(topology, layout);
  const { held, running, signal } = options;
  const rest = (milliseconds: number): Promise<void> => setTimeout(milliseconds, undefined, { signal }).catch(ended);
  if (!(await table.resume(node))) {
    throw new NetworkError('E_FABRIC_STATE', `${node.name} does not run: start it first`);
  }
  try {
    while (!signal.aborted && (await table.suspend(node))) {
      await rest(held);
      await table.resume(node);
      await rest(running);
    }
  } finally {
    await table.resume(node);
  }
}

function ended(error: unknown): void {
  if ((error as Error).name !== 'AbortError') throw error;
}

export interface StartNodeOptions {
  /** For a chaincode server: run this file in place of the deployed one, until it is next started without. */
  readonly chaincodeBundle?: string;
}

/**
 * Starts one node on its data and waits until it is healthy and has the blocks its kind had when it returned; a running
 * node is left alone. An orderer that restores a
 * lost quorum has the running peers restarted, one after another, so that they reach it at once.
 */
export async function startNode(stateDir: string, name: string, options: StartNodeOptions = {}): Promise<void> {
  const layout = layoutOf(stateDir);
  const state = await requireState(layout);
  const node = nodeNamed(state.topology, name);
  const context = { programs: await findFabric(), material: await materialiseNetwork(state.topology, layout.root) };
  const table = new Nodes(state.topology, layout);
  const quorate = await hasQuorum(state, table);
  if (node.kind === 'peer') await table.startPeer(node, context);
  else if (node.kind === 'orderer') await table.startOrderer(node, context);
  else await table.startChaincode(node, context.material, deployedChaincode(state), options.chaincodeBundle);
  await table.waitHealthy([node]);
  if (!quorate && (await hasQuorum(state, table))) await reconnectPeers(state, layout, table, context);
  await table.waitCaughtUp(node);
}

function deployedChaincode({ chaincode }: NetworkState): RunningChaincode {
  if (chaincode) return chaincode;
  throw new NetworkError('E_FABRIC_STATE', 'no chaincode has been deployed yet: deploy it first');
}

async function hasQuorum({ topology }: NetworkState, table: Nodes): Promise<boolean> {
  const orderers = nodesOf(topology).filter(({ kind }) => kind === 'orderer');
  return (await table.running(orderers)).filter(Boolean).length >= blockQuorum(topology.organisations.length);
}

/**
 * A peer's gateway tries a lost orderer again after a back-off that grows to two minutes, gRPC's default, which Fabric
 * has no setting for. Without a quorum nothing is submitted, so this is the moment when a restart costs least.
 */
async function reconnectPeers(
  { topology }: NetworkState,
  layout: Layout,
  table: Nodes,
  context: StartContext,
): Promise<void> {
  const peers = nodesOf(topology).filter(({ kind }) => kind === 'peer');
  try {
    await withStateLock(layout.reconnectLockFile, async () => {
      for (const peer of peers) await restartIfRunning(table, peer, context);
    });
  } catch (error) {
    // Another orderer, started at the same moment, is seeing to it.
    if (!(error instanceof NetworkError && error.code === 'E_LEDGER_BUSY')) throw error;
  }
}

async function restartIfRunning(table: Nodes, peer: FabricNode, context: StartContext): Promise<void> {
  if ((await table.stop([peer])) === 0) return;
  await table.startPeer(peer, context);
  await table.waitHealthy([peer]);
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
