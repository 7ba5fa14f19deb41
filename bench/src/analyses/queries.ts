/** `bench queries`: how long a query takes while the chains fill. */
import { ready } from '@chargecast/signcryption';
import { type LineChart } from '../line-chart';
import { type Fit, quantile, rounded, roundedFit } from '../statistics';
import { type Query, type RecordsFactory, type RecordsSubject } from './subject';

export interface QueriesLoad {
  /** Certificates on one chain and charging records on the other, ascending. */
  readonly totals: readonly number[];
  /** Of each kind at each total, the kinds alternating. */
  readonly repetitions: number;
}

/** The second paper's abscissa. */
export const QUERIES_LOAD: QueriesLoad = {
  totals: [1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500, 5000],
  repetitions: 40,
};

export const QUERIES: readonly Query[] = ['vehicle', 'vehiclePage', 'chargingRecord'];

/** Milliseconds. */
export interface Latency {
  readonly median: number;
  readonly p95: number;
  readonly lowest: number;
  readonly highest: number;
}

export interface QueriesResults {
  readonly ledger: string;
  readonly organisations: number;
  readonly pageSize: number;
  readonly latencyMs: readonly ({ readonly total: number } & Readonly<Record<Query, Latency>>)[];
  /** Of the median over the total: 0 does not grow, 1 grows as the total does. */
  readonly growth: Readonly<Record<Query, Fit>>;
  readonly load: QueriesLoad;
}

export async function benchQueries(make: RecordsFactory, load: QueriesLoad = QUERIES_LOAD): Promise<QueriesResults> {
  await ready();
  const subject = await make();
  try {
    return await measure(subject, load);
  } finally {
    await subject.close();
  }
}

const RECORDS_TOGETHER = 100;

async function measure(subject: RecordsSubject, load: QueriesLoad): Promise<QueriesResults> {
  const latencyMs: QueriesResults['latencyMs'][number][] = [];
  let stand = 0;
  for (const total of load.totals) {
    await fill(subject, total - stand);
    stand = total;
    latencyMs.push({ total, ...(await latencies(subject, load.repetitions)) });
  }
  const growthOf = (query: Query): Fit => roundedFit(latencyMs.map((at) => [at.total, at[query].median] as const));
  return {
    ledger: subject.ledger,
    organisations: subject.organisations,
    pageSize: subject.pageSize,
    latencyMs,
    growth: byQuery(growthOf),
    load,
  };
}

async function fill(subject: RecordsSubject, more: number): Promise<void> {
  await subject.register(more);
  for (let left = more; left > 0; left -= RECORDS_TOGETHER) await subject.charge(Math.min(left, RECORDS_TOGETHER));
}

async function latencies(subject: RecordsSubject, repetitions: number): Promise<Record<Query, Latency>> {
  const measured = byQuery((): number[] => []);
  for (let round = -1; round < repetitions; round++) {
    for (const query of QUERIES) {
      const started = performance.now();
      await subject.query(query);
      if (round >= 0) measured[query].push(performance.now() - started);
    }
  }
  return byQuery((query) => summary(measured[query]));
}

const byQuery = <T>(of: (query: Query) => T): Record<Query, T> =>
  Object.fromEntries(QUERIES.map((query) => [query, of(query)])) as Record<Query, T>;

const summary = (values: readonly number[]): Latency => ({
  median: rounded(quantile(values, 0.5)),
  p95: rounded(quantile(values, 0.95)),
  lowest: rounded(quantile(values, 0)),
  highest: rounded(quantile(values, 1)),
});

/** Rows for a person. */
export function queriesTable({ ledger, pageSize, latencyMs, growth, load }: QueriesResults): string {
  const cell = ({ median, p95, lowest, highest }: Latency): string =>
    `${median}, p95 ${p95} (${lowest}–${highest})`.padEnd(34);
  const exponent = ({ exponent: b, plusMinus }: Fit): string => `~ total^${b} ± ${plusMinus}`.padEnd(34);
  return [
    `milliseconds of a query, median of ${load.repetitions}, p95 (lowest–highest), ledger: ${ledger}`,
    `${'total'.padEnd(8)}${'queryVPK'.padEnd(34)}${`listVPK, page of ${pageSize}`.padEnd(34)}getChargingRecord`,
    ...latencyMs.map((at) => String(at.total).padEnd(8) + QUERIES.map((query) => cell(at[query])).join('')),
    `${'growth'.padEnd(8)}${QUERIES.map((query) => exponent(growth[query])).join('')}`,
  ]
    .map((line) => line.trimEnd())
    .join('\n');
}

const NAMES: Readonly<Record<Query, string>> = {
  vehicle: 'queryVPK',
  vehiclePage: 'listVPK, a page',
  chargingRecord: 'getChargingRecord',
};

export function queriesChart({ ledger, latencyMs }: QueriesResults): LineChart {
  return {
    title: `Query latency (${ledger})`,
    x: { label: 'certificates and charging records on the chains' },
    y: { label: 'median, ms' },
    series: QUERIES.map((query) => ({
      label: NAMES[query],
      points: latencyMs.map((at) => [at.total, at[query].median] as const),
    })),
  };
}
