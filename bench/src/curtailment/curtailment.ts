/** `bench curtailment`: grid power must fall now; how long until every station has said yes. */
export interface CurtailmentSubject {
  readonly ledger: string;
  readonly stations: number;
  /** Seconds until all roles ran and all stations were connected. */
  readonly startSeconds: number;
  /**
   * Limits every station and waits for all of them.
   * @param limitW another one in each round
   * @returns milliseconds from the centre's being called to each station's acceptance
   */
  curtail(limitW: number): Promise<readonly number[]>;
  stop(): Promise<void>;
}

/** One system for each ledger to be measured; each is stopped before the next is made. */
export type CurtailmentFactories = readonly (() => Promise<CurtailmentSubject>)[];

export interface CurtailmentResults {
  readonly curtailment: readonly {
    readonly ledger: string;
    readonly stations: number;
    readonly rounds: number;
    readonly startSeconds: number;
    /** Over all stations and rounds. */
    readonly acceptedMs: { readonly p50: number; readonly p95: number; readonly max: number };
  }[];
}

const ROUNDS = 5;

export async function benchCurtailment(factories: CurtailmentFactories): Promise<CurtailmentResults> {
  const curtailment: CurtailmentResults['curtailment'][number][] = [];
  for (const make of factories) {
    const subject = await make();
    try {
      await subject.curtail(20_000);
      const times: number[] = [];
      for (let round = 0; round < ROUNDS; round++) times.push(...(await subject.curtail(10_000 - round * 1000)));
      const { ledger, stations, startSeconds } = subject;
      curtailment.push({ ledger, stations, rounds: ROUNDS, startSeconds, acceptedMs: quantiles(times) });
    } finally {
      await subject.stop();
    }
  }
  return { curtailment };
}

export function curtailmentTable({ curtailment }: CurtailmentResults): string {
  const rows = curtailment.map(({ ledger, stations, startSeconds, acceptedMs: { p50, p95, max } }) =>
    [ledger, stations, startSeconds, p50, p95, max].join('\t'),
  );
  return ['ledger\tstations\tstart s\tp50 ms\tp95 ms\tmax ms', ...rows].join('\n');
}

/** Nearest-rank quantiles of at least one time. */
export function quantiles(times: readonly number[]): { p50: number; p95: number; max: number } {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN);
  return { p50: at(0.5), p95: at(0.95), max: at(1) };
}
