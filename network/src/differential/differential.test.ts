import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { DELIBERATE } from './deliberate';
import { type Comparison, compareRuns } from './compare';
import { runOn } from './differential';
import { NORMALISED } from './normalise';
import { readRecording } from './recording';
import { type Run } from './run';
import { PROBE } from './scenes';
import { stepsOf } from './script';

/** The slowest machine the tests are to pass on. */
const SLOWEST = 600_000;

const scenes = [...PROBE.scenes, ...PROBE.afterRestart];
const names = scenes.map(({ name }) => name);
const steps = scenes.flatMap((scene) => stepsOf(scene).map(([step]) => step));

describe('the embedded ledger does what Fabric was recorded to do', () => {
  let fabric: Run;
  let embedded: Run;
  let comparisons: readonly Comparison[];
  const different = (scene: string, aspect: Comparison['aspect']): readonly Comparison[] =>
    comparisons.filter(
      (comparison) =>
        comparison.verdict === 'different' && comparison.aspect === aspect && comparison.step.startsWith(`${scene}: `),
    );

  beforeAll(async () => {
    [fabric, embedded] = [await readRecording(), await runOn('embedded', PROBE)];
    comparisons = compareRuns(embedded, fabric);
  }, SLOWEST);

  test('the recording is of this script', () => {
    expect(Object.keys(fabric.outcomes)).toEqual(steps);
    expect(fabric.ledger).toMatch(/^3\.\d+\.\d+/);
  });

  test.each(names)('%s: outcomes', (scene) => {
    expect(comparisons.some(({ aspect, step }) => aspect === 'outcome' && step.startsWith(`${scene}: `))).toBe(true);
    expect(different(scene, 'outcome')).toEqual([]);
  });

  test.each(names)('%s: transactions in the chain', (scene) => {
    expect(different(scene, 'transaction')).toEqual([]);
  });

  test('the rules of blocks', () => {
    for (const channel of ['certchain', 'datachain']) {
      const rules = (embedded.rules as Record<string, Record<string, boolean>>)[channel];
      expect(Object.values(rules ?? {})).toEqual(Array(6).fill(true));
    }
    expect(embedded.rules).toEqual(fabric.rules);
  });

  test.each(DELIBERATE)('$step differs, as declared', ({ step }) => {
    const found = comparisons.find((comparison) => comparison.step === step && comparison.aspect === 'outcome');
    expect(found?.verdict).toBe('deliberate');
  });
});

test('the documentation names what is normalised and what is meant to differ', async () => {
  const page = await readFile(join(__dirname, '..', '..', '..', 'docs', 'embedded-ledger.md'), 'utf8');
  for (const { what } of NORMALISED) expect(page).toContain(what);
  for (const { step } of DELIBERATE) expect(page).toContain(`| ${step} `);
});
