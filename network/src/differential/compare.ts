import { isDeepStrictEqual } from 'node:util';

import { DELIBERATE } from './deliberate';
import { type Json, type Outcome } from './outcome';
import { type Run } from './run';

/** `deliberate`: declared to differ, and each ledger did what is declared of it. */
export type Verdict = 'equal' | 'deliberate' | 'different';

/** What a client got, what stands in the chain, or what holds for every block. */
export type Aspect = 'outcome' | 'transaction' | 'chain';

type Found = Outcome | Json | undefined;

export interface Comparison {
  readonly aspect: Aspect;
  readonly step: string;
  readonly verdict: Verdict;
  readonly why?: string;
  /** Given where the two are not equal. */
  readonly embedded?: Found;
  readonly fabric?: Found;
}

/** Every step and every transaction of either run, in the order of the script. */
export function compareRuns(embedded: Run, fabric: Run): Comparison[] {
  return [
    ...names(fabric.outcomes, embedded.outcomes).map((step) =>
      compareOutcome(step, embedded.outcomes[step], fabric.outcomes[step]),
    ),
    ...names(fabric.transactions, embedded.transactions).map((step) =>
      compare('transaction', step, embedded.transactions[step], fabric.transactions[step]),
    ),
    compare('chain', 'rules of blocks', embedded.rules, fabric.rules),
  ];
}

export function isSame(runs: readonly Comparison[]): boolean {
  return runs.every(({ verdict }) => verdict !== 'different');
}

function compareOutcome(step: string, embedded: Found, fabric: Found): Comparison {
  const declared = DELIBERATE.find((difference) => difference.step === step);
  if (!declared) return compare('outcome', step, embedded, fabric);
  const { why } = declared;
  const asDeclared = isDeepStrictEqual(embedded, declared.embedded) && isDeepStrictEqual(fabric, declared.fabric);
  return { aspect: 'outcome', step, verdict: asDeclared ? 'deliberate' : 'different', why, embedded, fabric };
}

function compare(aspect: Aspect, step: string, embedded: Found, fabric: Found): Comparison {
  if (isDeepStrictEqual(embedded, fabric)) return { aspect, step, verdict: 'equal' };
  return { aspect, step, verdict: 'different', embedded, fabric };
}

function names(...records: readonly Readonly<Record<string, unknown>>[]): string[] {
  return [...new Set(records.flatMap((record) => Object.keys(record)))];
}
