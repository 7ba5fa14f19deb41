/** What `bench delay` measures: a ledger that cuts blocks as asked for, and one contract that puts a value. */
import { type Cutting, type OrderingSubject } from '@chargecast/bench';
import {
  chooseLedger,
  defaultTopology,
  freePorts,
  type LedgerKind,
  PORTS_PER_ORGANISATION,
  type RunningLedger,
  startLedger,
  type Topology,
} from '@chargecast/network';
import { launchEmbeddedLedger } from '@chargecast/network/embedded/index';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { connectLedger, type LedgerDeadlines } from '../../ledger';
import { BENCH_CHAINCODE_BUNDLE } from '../root';

const ORGANISATIONS = 4;
const STOP_MS = 10_000;
/** A burst queues in front of the endorsers: on a slow machine longer than a role would wait. */
const DEADLINES: LedgerDeadlines = { evaluate: 30_000, endorse: 120_000, submit: 30_000, commitStatus: 120_000 };

/** @param cutting undefined: as the project has it by default */
export async function orderingSubject(wanted: LedgerKind | 'auto', cutting?: Cutting): Promise<OrderingSubject> {
  const { kind } = await chooseLedger(wanted);
  const stateDir = await mkdtemp(join(tmpdir(), 'chargecast-ordering-'));
  const basePort = await freePorts(ORGANISATIONS * PORTS_PER_ORGANISATION);
  const topology = cutAs(cutting, defaultTopology({ organisations: ORGANISATIONS, basePort }));
  const running = await start(kind, topology, stateDir, cutting);
  try {
    const [first] = topology.organisations;
    const identity = { mspId: first?.mspId ?? '', name: 'relay' };
    const ledger = await connectLedger(running.profileFile, identity, DEADLINES);
    return {
      ledger: kind,
      async put(bytes) {
        const args = [randomBytes(8).toString('hex')];
        const transient = { value: randomBytes(bytes) };
        await ledger.submit('datachain', { contract: 'plain', name: 'putTransient', args, transient });
      },
      height: async () => Number(await ledger.height('datachain')),
      async close() {
        ledger.close();
        await running.stop();
        await rm(stateDir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await running.stop();
    throw error;
  }
}

function cutAs(cutting: Cutting | undefined, topology: Topology): Topology {
  if (!cutting) return topology;
  const { maxMessageCount, intervalMs: requestBatchMaxInterval } = cutting;
  return { ...topology, ordering: { ...topology.ordering, maxMessageCount, requestBatchMaxInterval } };
}

/** The embedded ledger's interval is no part of a topology; as asked for, it waits for company even when idle, as orderers do. */
async function start(
  kind: LedgerKind,
  topology: Topology,
  stateDir: string,
  cutting: Cutting | undefined,
): Promise<Pick<RunningLedger, 'profileFile' | 'stop'>> {
  const chaincodeBundle = BENCH_CHAINCODE_BUNDLE;
  if (kind === 'fabric' || !cutting) return startLedger({ ledger: kind, stateDir, topology, chaincodeBundle });
  const blocks = { batchTimeout: cutting.intervalMs, adaptive: false };
  const launched = await launchEmbeddedLedger({ topology, stateDir, chaincodeBundle, blocks, logLevel: 'warn' });
  return { profileFile: launched.profileFile, stop: () => launched.stop(STOP_MS) };
}
