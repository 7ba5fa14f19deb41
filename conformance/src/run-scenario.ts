import { messageOf, Unsupported } from './errors';
import { type ScenarioLedger } from './scenario-ledger';
import { type Scenario, type Step } from './scenarios';
import { type MatchedStep, StepDefinitions } from './step-definitions';
import { defineEventSteps } from './steps/events';
import { defineNetworkSteps } from './steps/network';
import { defineTransactionSteps } from './steps/transactions';
import { World } from './world';

export type ScenarioStatus = 'passed' | 'failed' | 'unsupported';

export interface ScenarioResult {
  readonly group: string;
  readonly name: string;
  /** In the feature file. */
  readonly line: number;
  readonly status: ScenarioStatus;
  /** Why it did not pass. */
  readonly reason?: string;
  /** The step it did not pass. */
  readonly step?: string;
  /** What of it does not apply to the embedded ledger. */
  readonly notes: readonly string[];
  readonly milliseconds: number;
}

/** Milliseconds; a deployment starts chaincode processes. */
const STEP_TIMEOUT = 60_000;

type Ending = Pick<ScenarioResult, 'status' | 'reason' | 'step'>;

export function stepDefinitions(): StepDefinitions {
  const steps = new StepDefinitions();
  defineNetworkSteps(steps);
  defineTransactionSteps(steps);
  defineEventSteps(steps);
  return steps;
}

/** One scenario, until a step does not pass. */
export async function runScenario(
  { group, name, line, steps }: Scenario,
  definitions: StepDefinitions,
  ledger: ScenarioLedger,
): Promise<ScenarioResult> {
  const started = performance.now();
  const world = new World(ledger);
  const ending = await runSteps(world, steps, definitions);
  world.close();
  return { group, name, line, ...ending, notes: world.notes, milliseconds: Math.round(performance.now() - started) };
}

async function runSteps(world: World, steps: readonly Step[], definitions: StepDefinitions): Promise<Ending> {
  for (const { text, argument } of steps) {
    try {
      await runStep(definitions.match(text), world, argument);
    } catch (error) {
      const status = error instanceof Unsupported ? 'unsupported' : 'failed';
      return { status, reason: messageOf(error), step: text };
    }
  }
  return { status: 'passed' };
}

async function runStep({ run }: MatchedStep, world: World, argument: Step['argument']): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the step took longer than ${STEP_TIMEOUT / 1000} s`)), STEP_TIMEOUT);
  });
  try {
    await Promise.race([run(world, argument), late]);
  } finally {
    clearTimeout(timer);
  }
}
