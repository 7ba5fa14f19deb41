/** `bench delay`: from making a transaction to its commit, over how many a block holds and how long it waits for them. */
import { type LineChart } from '../line-chart';
import { quantile, rounded } from '../statistics';
import { type Cutting, type OrderingFactory, type OrderingSubject } from './subject';

export interface DelayLoad {
  readonly maxMessageCounts: readonly number[];
  readonly intervalsMs: readonly number[];
  /** One after the other on an idle network. */
  readonly lone: number;
  /** At once. */
  readonly burst: number;
  readonly bytes: number;
}

export const DELAY_LOAD: DelayLoad = {
  maxMessageCounts: [10, 100, 500],
  intervalsMs: [50, 250, 1000],
  lone: 7,
  burst: 100,
  bytes: 100,
};

/** The second paper's table, milliseconds: mining difficulty, and two processors. */
export const PAPER_DELAY: readonly { readonly difficulty: string; readonly cpu1: number; readonly cpu2: number }[] = [
  { difficulty: '0x5FFFFFA', cpu1: 11_967, cpu2: 14_256 },
  { difficulty: '0x999999', cpu1: 1152.09, cpu2: 1198.99 },
  { difficulty: '0x50000', cpu1: 564.13, cpu2: 589.32 },
  { difficulty: '0x40000', cpu1: 431.15, cpu2: 491.42 },
  { difficulty: '0x30000', cpu1: 299.11, cpu2: 311.34 },
  { difficulty: '0x20000', cpu1: 277.56, cpu2: 309.87 },
  { difficulty: '0x10000', cpu1: 241.53, cpu2: 272.94 },
];

/** Milliseconds. */
export interface Delay {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

export interface DelayCell {
  /** Absent for the cutting this project has by default. */
  readonly cutting?: Cutting;
  readonly loneMs: Delay;
  readonly burstMs: Delay;
  readonly burstTransactionsPerBlock: number;
}

export interface DelayResults {
  readonly ledger: string;
  readonly cells: readonly DelayCell[];
  readonly paper: typeof PAPER_DELAY;
  readonly load: DelayLoad;
}

/** One network after the other: a channel's cutting is part of its configuration. */
export async function benchDelay(make: OrderingFactory, load: DelayLoad = DELAY_LOAD): Promise<DelayResults> {
  const asked: (Cutting | undefined)[] = [
    undefined,
    ...load.maxMessageCounts.flatMap((maxMessageCount) =>
      load.intervalsMs.map((intervalMs) => ({ maxMessageCount, intervalMs })),
    ),
  ];
  const cells: DelayCell[] = [];
  let ledger = '';
  for (const cutting of asked) {
    const subject = await make(cutting);
    try {
      ledger = subject.ledger;
      cells.push({ ...(cutting && { cutting }), ...(await measure(subject, load)) });
    } finally {
      await subject.close();
    }
  }
  return { ledger, cells, paper: PAPER_DELAY, load };
}

async function measure(
  subject: OrderingSubject,
  { lone, burst, bytes }: DelayLoad,
): Promise<Omit<DelayCell, 'cutting'>> {
  const timed = async (): Promise<number> => {
    const started = performance.now();
    await subject.put(bytes);
    return performance.now() - started;
  };
  await timed();
  const alone: number[] = [];
  for (let i = 0; i < lone; i++) alone.push(await timed());
  const before = await subject.height();
  const together = await Promise.all(Array.from({ length: burst }, timed));
  const blocks = (await subject.height()) - before;
  return { loneMs: delay(alone), burstMs: delay(together), burstTransactionsPerBlock: rounded(burst / blocks) };
}

const delay = (values: readonly number[]): Delay => ({
  median: rounded(quantile(values, 0.5)),
  lowest: rounded(quantile(values, 0)),
  highest: rounded(quantile(values, 1)),
});

/** Rows for a person. */
export function delayTable({ ledger, cells, paper, load }: DelayResults): string {
  const cell = ({ median, lowest, highest }: Delay): string => `${median} (${lowest}–${highest})`.padEnd(26);
  const times = paper.flatMap(({ cpu1, cpu2 }) => [cpu1, cpu2]);
  return [
    `milliseconds from making a transaction to its commit, median (lowest–highest), ledger: ${ledger}`,
    `${'a block'.padEnd(34)}${'alone'.padEnd(26)}${`${load.burst} at once`.padEnd(26)}transactions a block`,
    ...cells.map(
      ({ cutting, loneMs, burstMs, burstTransactionsPerBlock }) =>
        `${nameOf(cutting).padEnd(34)}${cell(loneMs)}${cell(burstMs)}${burstTransactionsPerBlock}`,
    ),
    `the second paper, by mining difficulty: ${Math.min(...times)} to ${Math.max(...times)} ms`,
  ].join('\n');
}

const nameOf = (cutting: Cutting | undefined): string =>
  cutting ? `at most ${cutting.maxMessageCount}, waits ${cutting.intervalMs} ms` : 'as by default';

export function delayChart({ ledger, cells, load }: DelayResults): LineChart {
  const points = (count: number, of: (cell: DelayCell) => number): (readonly [number, number])[] =>
    cells.flatMap((cell) =>
      cell.cutting?.maxMessageCount === count ? [[cell.cutting.intervalMs, of(cell)] as const] : [],
    );
  return {
    title: `On-chain delay (${ledger})`,
    x: { label: 'a block waits, ms', logarithmic: true },
    y: { label: 'median, ms', logarithmic: true },
    series: load.maxMessageCounts.flatMap((count) => [
      { label: `alone, at most ${count} a block`, points: points(count, ({ loneMs }) => loneMs.median) },
      { label: `${load.burst} at once, at most ${count}`, points: points(count, ({ burstMs }) => burstMs.median) },
    ]),
  };
}
