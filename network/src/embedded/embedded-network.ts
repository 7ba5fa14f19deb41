import { join } from 'node:path';

import { type LedgerStatus, type NodeStatus, type RunningLedger } from '../ledger';
import { materialiseNetwork } from '../pki/organisation';
import { chaincodeHostName, peerName, type Topology } from '../topology';
import { type EmbeddedLedger, type EmbeddedLedgerStatus, startEmbeddedLedger } from './embedded-ledger';
import { writeEmbeddedProfile } from './embedded-profile';
import { optionsFromTopology } from './from-topology';
import { type BlockOptions, type LimitOptions, type Log } from './options';

export interface EmbeddedNetworkOptions {
  readonly topology: Topology;
  /** Holds certificates and keys, the profile, and the ledger's data. */
  readonly stateDir: string;
  /** The self-contained chaincode file, started with `node`. */
  readonly chaincodeBundle: string;
  /** Let gateways listen on any free port instead of the topology's. */
  readonly anyPort?: boolean;
  /** A chaincode process for each organisation (the default) or one for all. */
  readonly chaincodeProcesses?: 'organisation' | 'shared';
  readonly blocks?: Partial<BlockOptions>;
  readonly limits?: Partial<LimitOptions>;
  readonly log?: Log;
}

export interface RunningEmbeddedNetwork extends RunningLedger {
  readonly kind: 'embedded';
  /** `host:port` of each CSS organisation's gateway. */
  readonly gateways: Readonly<Record<string, string>>;
}

/** The state folder's entry for applications. */
export function embeddedProfileFile(stateDir: string): string {
  return join(stateDir, 'profile.json');
}

/**
 * Starts the consortium of a topology in this process; certificates are made where missing.
 * @throws EmbeddedLedgerError, NetworkError
 */
export async function startEmbeddedNetwork(options: EmbeddedNetworkOptions): Promise<RunningEmbeddedNetwork> {
  const { topology, stateDir, blocks, limits, log, ...sources } = options;
  const material = await materialiseNetwork(topology, stateDir);
  const base = await optionsFromTopology({ ...sources, topology, material, dataDir: join(stateDir, 'ledger') });
  const ledger = await startEmbeddedLedger({
    ...base,
    blocks: { ...base.blocks, ...blocks },
    limits: { ...base.limits, ...limits },
    ...(log && { log }),
  });
  const profileFile = embeddedProfileFile(stateDir);
  try {
    await writeEmbeddedProfile(topology, material, ledger.gateways, profileFile);
  } catch (error) {
    await ledger.stop();
    throw error;
  }
  return {
    kind: 'embedded',
    profileFile,
    gateways: ledger.gateways,
    status: async () => ledgerStatus(topology, ledger),
    stop: () => ledger.stop(),
  };
}

function ledgerStatus(topology: Topology, ledger: EmbeddedLedger): LedgerStatus {
  const status = ledger.status();
  const nodes = topology.organisations.flatMap((organisation): NodeStatus[] => {
    const { mspId } = organisation;
    const endpoint = ledger.gateways[mspId] ?? '';
    const connected = isConnected(status, mspId);
    return [
      { name: peerName(organisation), kind: 'ledger', mspId, state: 'running', endpoint, heights: status.heights },
      {
        name: chaincodeHostName(organisation),
        kind: 'chaincode',
        mspId,
        state: connected ? 'running' : 'unhealthy',
        endpoint: '',
      },
    ];
  });
  return { kind: 'embedded', networkId: topology.networkId, healthy: status.healthy, nodes };
}

function isConnected({ chaincodes }: EmbeddedLedgerStatus, mspId: string): boolean {
  return chaincodes.every((chaincode) => chaincode.mspId !== mspId || chaincode.connected);
}
