import { type Json } from './outcome';
import { type Session } from './session';

/** One thing asked of a ledger; the outcome is compared. */
export interface Step {
  readonly name: string;
  /** The answer; a refusal of the ledger is an outcome too. */
  readonly run: (session: Session) => Promise<Json>;
}

/** Steps about one matter; later ones may build on what earlier ones left. */
export interface Scene {
  readonly name: string;
  readonly steps: readonly Step[];
}

export function scene(name: string, steps: Readonly<Record<string, Step['run']>>): Scene {
  return { name, steps: Object.entries(steps).map(([step, run]) => ({ name: step, run })) };
}

/** Its steps under the names by which runs are compared. */
export function stepsOf({ name, steps }: Scene): (readonly [step: string, run: Step['run']])[] {
  return steps.map((step) => [`${name}: ${step.name}`, step.run]);
}

/** What is run on a ledger founded for it. */
export interface Script {
  readonly scenes: readonly Scene[];
  /** Run after the ledger was stopped and started on its data. */
  readonly afterRestart: readonly Scene[];
  /** Makes the chaincode's self-contained file. @param directory an empty folder it may use */
  readonly chaincode: (directory: string) => Promise<string>;
}
