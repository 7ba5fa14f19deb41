import { readFile } from 'node:fs/promises';

import { NetworkError } from '../errors';
import { writePrivateFile } from '../pki/files';
import { type Topology } from '../topology';
import { validateTopology } from '../topology-rules';
import { type Layout } from './layout';

const FORMAT = 1;

/** What a state folder says of the network in it. */
export interface NetworkState {
  readonly topology: Topology;
  /** The chaincode its servers run; null before the first deployment. */
  readonly chaincode: RunningChaincode | null;
}

export interface RunningChaincode {
  readonly version: string;
  readonly packageId: string;
}

/** @throws NetworkError `E_FABRIC_STATE` if the folder's record cannot be read; null if there is none */
export async function readState(layout: Layout): Promise<NetworkState | null> {
  let text: string;
  try {
    text = await readFile(layout.networkFile, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const { format, topology, chaincode } = JSON.parse(text) as NetworkState & { format: unknown };
    if (format !== FORMAT) throw new Error(`format ${String(format)}, not ${FORMAT}`);
    return { topology: validateTopology(topology), chaincode };
  } catch (error) {
    throw new NetworkError(
      'E_FABRIC_STATE',
      `${layout.networkFile} cannot be used (${(error as Error).message}): restore it, or remove the folder to begin anew`,
      { cause: error },
    );
  }
}

/** As `readState`, where there has to be a network. */
export async function requireState(layout: Layout): Promise<NetworkState> {
  const state = await readState(layout);
  if (state) return state;
  throw new NetworkError('E_FABRIC_STATE', `there is no network in ${layout.root}: bring one up first`);
}

export async function writeState(layout: Layout, state: NetworkState): Promise<void> {
  await writePrivateFile(layout.networkFile, `${JSON.stringify({ format: FORMAT, ...state }, null, 2)}\n`);
}

/** A state folder belongs to the topology it was made with: channels and certificates cannot follow another. */
export async function adoptTopology(layout: Layout, topology: Topology): Promise<NetworkState> {
  const state = await readState(layout);
  if (!state) {
    const fresh = { topology: validateTopology(topology), chaincode: null };
    await writeState(layout, fresh);
    return fresh;
  }
  if (JSON.stringify(state.topology) !== JSON.stringify(topology)) {
    throw new NetworkError(
      'E_FABRIC_STATE',
      `${layout.root} holds a network with other settings: use the same ones, another folder, or remove this one`,
    );
  }
  return state;
}
