import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type OnProgress } from '../ledger';
import { type LedgerKind } from '../profile';
import { chooseLedger } from '../start-ledger';
import { type Comparison, compareRuns } from './compare';
import { startUnderTest } from './ledgers';
import { readRecording, writeRecording } from './recording';
import { type Run, runScript } from './run';
import { PROBE } from './scenes';
import { type Script } from './script';

export interface DifferentialOptions {
  /** `auto`: a Fabric network where its programs are found, the recording of one otherwise. */
  readonly against: 'fabric' | 'recording' | 'auto';
  /** Keep what Fabric made of the script as the recording. */
  readonly record?: boolean;
  readonly basePort?: number;
  /** Run the embedded ledger, as it is built, as a process of its own. */
  readonly ownProcess?: boolean;
  /** Ends the run before the next step; the ledgers are stopped and removed. */
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
  /** Called at the start of each step on each ledger. */
  readonly onStep?: (ledger: LedgerKind, step: string) => void;
}

export interface DifferentialReport {
  /** Fabric's version. */
  readonly fabric: string;
  readonly source: 'network' | 'recording';
  readonly comparisons: readonly Comparison[];
}

/** Runs the script on the embedded ledger and on Fabric, each founded for it and removed afterwards, and compares. */
export async function runDifferential(options: DifferentialOptions): Promise<DifferentialReport> {
  const live = options.record === true || (await isLive(options.against));
  const fabric = live ? await runOn('fabric', PROBE, options) : await readRecording();
  if (options.record) await writeRecording(fabric);
  const embedded = await runOn('embedded', PROBE, options);
  return {
    fabric: fabric.ledger,
    source: live ? 'network' : 'recording',
    comparisons: compareRuns(embedded, fabric),
  };
}

async function isLive(against: DifferentialOptions['against']): Promise<boolean> {
  return against === 'fabric' || (against === 'auto' && (await chooseLedger('auto')).kind === 'fabric');
}

/** On a ledger of its own in a folder that is removed. */
export async function runOn(
  kind: LedgerKind,
  script: Script,
  options: Omit<DifferentialOptions, 'against' | 'record'> = {},
): Promise<Run> {
  const { basePort, ownProcess, signal, onProgress, onStep } = options;
  const directory = await mkdtemp(join(tmpdir(), 'chargecast-differential-'));
  try {
    const ledger = await startUnderTest(kind, {
      directory,
      chaincodeBundle: await script.chaincode(join(directory, 'chaincode')),
      ...(basePort !== undefined && { basePort }),
      ...(ownProcess !== undefined && { ownProcess }),
      ...(onProgress && { onProgress }),
    });
    try {
      return await runScript(ledger, script, { onStep: (step) => onStep?.(kind, step), ...(signal && { signal }) });
    } finally {
      await ledger.stop();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
