import {
  type Expression,
  ExpressionFactory,
  ParameterType,
  ParameterTypeRegistry,
} from '@cucumber/cucumber-expressions';

import { BLOCK_KINDS } from './listener';
import { type StepArgument } from './scenarios';
import { type World } from './world';

/** @param values of the expression's parameters, in order */
export type StepFunction = (
  world: World,
  values: readonly string[],
  argument: StepArgument | undefined,
) => void | Promise<void>;

export interface MatchedStep {
  readonly run: (world: World, argument: StepArgument | undefined) => void | Promise<void>;
}

/** Steps by Cucumber expression. Beyond Cucumber's own there is `{blocks}`, a kind of block events. */
export class StepDefinitions {
  readonly #factory: ExpressionFactory;
  readonly #definitions: { readonly expression: Expression; readonly run: StepFunction }[] = [];

  constructor() {
    const registry = new ParameterTypeRegistry();
    const kinds = new RegExp([...BLOCK_KINDS].sort((a, b) => b.length - a.length).join('|'));
    registry.defineParameterType(new ParameterType('blocks', kinds, String, (text: string) => text, false, false));
    this.#factory = new ExpressionFactory(registry);
  }

  define(expression: string, run: StepFunction): void {
    this.#definitions.push({ expression: this.#factory.createExpression(expression), run });
  }

  /** @throws Error where no definition fits, or several do */
  match(text: string): MatchedStep {
    const found = this.#definitions.flatMap(({ expression, run }) => {
      const values = expression.match(text);
      return values ? [{ expression, run, values: values.map((value) => String(value.getValue(null))) }] : [];
    });
    const [only, ...others] = found;
    if (!only) throw new Error(`no definition of the step "${text}"`);
    if (others.length > 0) {
      const sources = found.map(({ expression }) => `"${expression.source}"`).join(', ');
      throw new Error(`several definitions of the step "${text}": ${sources}`);
    }
    return { run: (world, argument) => only.run(world, only.values, argument) };
  }
}
