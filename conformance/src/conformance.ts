import { readFile } from 'node:fs/promises';

import { type Checkout, type FeatureFile, GROUPS, openCheckout } from './checkout';
import { ConformanceError } from './errors';
import { runScenario, type ScenarioResult, type ScenarioStatus, stepDefinitions } from './run-scenario';
import { ScenarioLedger } from './scenario-ledger';
import { readScenarios } from './scenarios';

export type Counts = Readonly<Record<ScenarioStatus, number>>;

export interface ConformanceReport {
  readonly suite: Pick<Checkout, 'version' | 'commit'>;
  /** Version of the client the scenarios were run with. */
  readonly client: string;
  readonly scenarios: readonly ScenarioResult[];
  /** By feature file, in the order they ran. */
  readonly groups: Readonly<Record<string, Counts>>;
  /** Of the feature files the embedded ledger is held to. */
  readonly held: Counts;
  readonly counts: Counts;
}

export interface ConformanceOptions {
  /** Folder of the user's checkout of fabric-gateway. */
  readonly from: string;
  readonly onScenario?: (result: ScenarioResult) => void;
  /** Aborted: the scenario in work is the last. */
  readonly signal?: AbortSignal;
}

/**
 * Runs fabric-gateway's published scenarios against the embedded ledger, with the client of this project.
 * @throws ConformanceError E_CONFORMANCE_CHECKOUT, E_CONFORMANCE_FEATURE, E_CONFORMANCE_STOPPED
 */
export async function runConformance({ from, ...options }: ConformanceOptions): Promise<ConformanceReport> {
  const { version, commit, features } = await openCheckout(from);
  const scenarios = await runFeatures(features, options);
  const groups = [...new Set(scenarios.map(({ group }) => group))];
  return {
    suite: { version, commit },
    client: await clientVersion(),
    scenarios,
    groups: Object.fromEntries(
      groups.map((group) => [group, count(scenarios.filter((result) => result.group === group))]),
    ),
    held: count(scenarios.filter(({ group }) => (GROUPS as readonly string[]).includes(group))),
    counts: count(scenarios),
  };
}

/** The scenarios of feature files, one after the other, on one ledger. */
export async function runFeatures(
  features: readonly FeatureFile[],
  { onScenario, signal }: Omit<ConformanceOptions, 'from'> = {},
): Promise<readonly ScenarioResult[]> {
  const scenarios = features.flatMap(readScenarios);
  const definitions = stepDefinitions();
  const ledger = await ScenarioLedger.make();
  try {
    const results: ScenarioResult[] = [];
    for (const scenario of scenarios) {
      if (signal?.aborted) {
        const left = `${scenarios.length - results.length} of ${scenarios.length} scenarios were not run`;
        throw new ConformanceError('E_CONFORMANCE_STOPPED', `stopped: ${left}`);
      }
      const result = await runScenario(scenario, definitions, ledger);
      results.push(result);
      onScenario?.(result);
    }
    return results;
  } finally {
    await ledger.stop();
  }
}

function count(results: readonly ScenarioResult[]): Counts {
  const counts = { passed: 0, failed: 0, unsupported: 0 };
  for (const { status } of results) counts[status] += 1;
  return counts;
}

async function clientVersion(): Promise<string> {
  const manifest = await readFile(require.resolve('@hyperledger/fabric-gateway/package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
