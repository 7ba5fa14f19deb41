import { type Comparison, compareRuns, isSame } from './compare';
import { DELIBERATE, type DeliberateDifference } from './deliberate';
import { type Run } from './run';

const RUN: Run = {
  ledger: 'x',
  outcomes: { 'good: put': { result: 'one' } },
  transactions: { 'good: put': { code: 'VALID' } },
  rules: { linked: true },
};

const verdicts = (comparisons: readonly Comparison[]): string[] => comparisons.map(({ verdict }) => verdict);

test('equal runs', () => {
  const comparisons = compareRuns(RUN, RUN);
  expect(verdicts(comparisons)).toEqual(['equal', 'equal', 'equal']);
  expect(isSame(comparisons)).toBe(true);
});

test.each<[string, Partial<Run>, string[]]>([
  ['another answer', { outcomes: { 'good: put': { result: 'two' } } }, ['different', 'equal', 'equal']],
  ['another code in the chain', { transactions: { 'good: put': { code: 'X' } } }, ['equal', 'different', 'equal']],
  ['another rule', { rules: { linked: false } }, ['equal', 'equal', 'different']],
  ['a step less', { outcomes: {} }, ['different', 'equal', 'equal']],
  [
    'a transaction more',
    { transactions: { ...RUN.transactions, more: null } },
    ['equal', 'equal', 'different', 'equal'],
  ],
])('%s', (_, change, expected) => {
  for (const comparisons of [compareRuns({ ...RUN, ...change }, RUN), compareRuns(RUN, { ...RUN, ...change })]) {
    expect(verdicts(comparisons)).toEqual(expected);
    expect(isSame(comparisons)).toBe(false);
  }
});

describe('a declared difference', () => {
  const [declared] = DELIBERATE as [DeliberateDifference];
  const run = (outcome: Run['outcomes'][string]): Run => ({ ...RUN, outcomes: { [declared.step]: outcome } });

  test('counts where both did what is declared of them', () => {
    const [comparison] = compareRuns(run(declared.embedded), run(declared.fabric));
    expect(comparison).toMatchObject({ verdict: 'deliberate', why: declared.why });
  });

  test.each([
    ['vanished', declared.fabric, declared.fabric],
    ['is the other way round', declared.fabric, declared.embedded],
    ['is another', { result: 'x' }, declared.fabric],
  ])('does not count where it %s', (_, embedded, fabric) => {
    expect(compareRuns(run(embedded), run(fabric))[0]?.verdict).toBe('different');
  });
});
