import { AstBuilder, compile, GherkinClassicTokenMatcher, Parser } from '@cucumber/gherkin';
import { IdGenerator, type Pickle, type PickleStep } from '@cucumber/messages';

import { type FeatureFile } from './checkout';
import { ConformanceError, messageOf } from './errors';

/** What stands below a step: a table's rows of cells, or a text. */
export type StepArgument = readonly (readonly string[])[] | string;

export interface Step {
  readonly text: string;
  readonly argument: StepArgument | undefined;
}

/** A scenario with its background's steps; one row of an outline's examples. */
export interface Scenario {
  readonly group: string;
  readonly name: string;
  /** In the feature file, 1 is the first. */
  readonly line: number;
  readonly steps: readonly Step[];
}

/** @throws ConformanceError E_CONFORMANCE_FEATURE */
export function readScenarios({ group, path, text }: FeatureFile): readonly Scenario[] {
  const newId = IdGenerator.incrementing();
  try {
    const document = new Parser(new AstBuilder(newId), new GherkinClassicTokenMatcher()).parse(text);
    return compile(document, path, newId).map((pickle) => scenario(group, pickle));
  } catch (error) {
    throw new ConformanceError('E_CONFORMANCE_FEATURE', `${path} is not Gherkin: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function scenario(group: string, { name, location, steps }: Pickle): Scenario {
  return { group, name, line: location?.line ?? 0, steps: steps.map(step) };
}

function step({ text, argument }: PickleStep): Step {
  const rows = argument?.dataTable?.rows.map(({ cells }) => cells.map(({ value }) => value));
  return { text, argument: rows ?? argument?.docString?.content };
}
