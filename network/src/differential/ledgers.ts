import { join } from 'node:path';

import { startEmbeddedNetwork } from '../embedded/embedded-network';
import { fabricUp } from '../fabric/network';
import { findFabric } from '../fabric/programs';
import { launchEmbeddedLedger } from '../embedded/launch';
import { type BlockOptions } from '../embedded/options';
import { type OnProgress, type RunningLedger } from '../ledger';
import { type LedgerKind } from '../profile';
import { defaultTopology } from '../default-topology';
import { type Topology } from '../topology';

/** A ledger the script is run on, alone and from nothing. */
export interface LedgerUnderTest {
  readonly kind: LedgerKind;
  /** Fabric's version; of the embedded ledger `embedded`. */
  readonly version: string;
  readonly profileFile: string;
  /** Certificates and keys of all organisations. */
  readonly stateDir: string;
  /** Stops all its processes and starts them on their data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface LedgerSettings {
  /** Kept empty for the ledger. */
  readonly directory: string;
  readonly chaincodeBundle: string;
  readonly basePort?: number;
  /** Run the embedded ledger, as it is built, as a process of its own. */
  readonly ownProcess?: boolean;
  readonly onProgress?: OnProgress;
}

const NETWORK_ID = 'differential';

/** @throws NetworkError, EmbeddedLedgerError */
export async function startUnderTest(kind: LedgerKind, settings: LedgerSettings): Promise<LedgerUnderTest> {
  const { directory, chaincodeBundle, basePort, ownProcess = false, onProgress } = settings;
  const topology = defaultTopology({ networkId: NETWORK_ID, ...(basePort !== undefined && { basePort }) });
  const stateDir = join(directory, kind);
  const embedded = { topology, stateDir, chaincodeBundle, anyPort: true, blocks: asUnderSmartBft(topology) };
  const start = async (): Promise<Pick<RunningLedger, 'profileFile' | 'stop'>> => {
    if (kind === 'fabric') return fabricUp(topology, stateDir, { chaincodeBundle, ...(onProgress && { onProgress }) });
    if (!ownProcess) return startEmbeddedNetwork(embedded);
    const launched = await launchEmbeddedLedger(embedded);
    return { profileFile: launched.profileFile, stop: () => launched.stop(topology.timeouts.stop) };
  };
  const version = kind === 'fabric' ? (await findFabric()).version : 'embedded';
  let running = await start();
  return {
    kind,
    version,
    stateDir,
    profileFile: running.profileFile,
    restart: async () => {
      await running.stop();
      running = await start();
    },
    stop: () => running.stop(),
  };
}

/** Transactions are gathered into blocks as orderers do, so that two may stand in one. */
function asUnderSmartBft({ ordering }: Topology): Partial<BlockOptions> {
  return { adaptive: false, batchTimeout: ordering.requestBatchMaxInterval };
}
