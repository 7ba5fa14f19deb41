/** What one more message costs on chains of growing length. */
import { type Fit, quantile, rounded, roundedFit } from '../statistics';
import { type ChainSubject } from './subject';

export const CHAIN_COSTS = [
  'commit',
  'gateway',
  'pile',
  'query',
  'restartLedger',
  'restartGateway',
  'restartPile',
] as const;

/** Milliseconds: one more σ committed; its block applied by a gateway's and a pile's replica; a σ asked for; restarts. */
export type ChainCost = (typeof CHAIN_COSTS)[number];

export interface ChainLength {
  /** σ on the chain. */
  readonly messages: number;
  /** Medians. */
  readonly milliseconds: Readonly<Record<ChainCost, number>>;
  /** CPU time of the ledger's processes for one more σ, milliseconds; absent where the system does not tell. */
  readonly ledgerCpuMs?: number;
  /** σ a second at which the chain came to this length. */
  readonly builtPerSecond: number;
}

export interface ChainResults {
  readonly ledger: string;
  /** σ the chain was to grow to; the lengths end before it where time did. */
  readonly wanted: number;
  readonly lengths: readonly ChainLength[];
  /** Over the chain's length: 0 does not grow. */
  readonly growth: Readonly<Record<ChainCost, Fit>> & { readonly ledgerCpu?: Fit };
}

export interface ChainLoad {
  /** Three lengths or more, ascending. */
  readonly messages: readonly number[];
  /** σ's committed and queries at each length; as many σ's before them do not count. */
  readonly samples: number;
  /** A further length, beyond the first three, is left out when making the chain so long would end after this time. */
  readonly chainSeconds: number;
}

const LEAST_LENGTHS = 3;

export async function chainCosts(
  subject: ChainSubject,
  ledger: string,
  { messages, samples, chainSeconds }: ChainLoad,
): Promise<ChainResults> {
  const lengths: ChainLength[] = [];
  const began = performance.now();
  let stand = 0;
  for (const length of messages) {
    const started = performance.now();
    const more = length - stand;
    const expected = (started - began) / 1000 + more / (lengths.at(-1)?.builtPerSecond ?? Infinity);
    if (lengths.length >= LEAST_LENGTHS && expected > chainSeconds) break;
    await subject.extend(more);
    const builtPerSecond = rounded(more / ((performance.now() - started) / 1000));
    lengths.push({ messages: length, ...(await costsAt(subject, samples)), builtPerSecond });
    stand = length + 2 * samples;
  }
  const fit = (of: (length: ChainLength) => number): Fit =>
    roundedFit(lengths.map((at) => [at.messages, of(at)] as const));
  const told = lengths.every(({ ledgerCpuMs }) => ledgerCpuMs !== undefined);
  return {
    ledger,
    wanted: messages.at(-1) ?? 0,
    lengths,
    growth: {
      ...byCost((cost) => fit(({ milliseconds }) => milliseconds[cost])),
      ...(told && { ledgerCpu: fit(({ ledgerCpuMs }) => ledgerCpuMs ?? Number.NaN) }),
    },
  };
}

async function costsAt(
  subject: ChainSubject,
  samples: number,
): Promise<Pick<ChainLength, 'milliseconds' | 'ledgerCpuMs'>> {
  const restarted = await subject.restart();
  // A process compiles its code at first, and its database puts away the log it has read: costs of the restart, not of a σ.
  for (let i = 0; i < samples; i++) await subject.commitOne();
  const before = await subject.ledgerCpuMs();
  const commits = [];
  for (let i = 0; i < samples; i++) commits.push(await subject.commitOne());
  const after = await subject.ledgerCpuMs();
  const queries: number[] = [];
  for (let i = 0; i < samples; i++) {
    const started = performance.now();
    await subject.query();
    queries.push(performance.now() - started);
  }
  const median = (values: readonly number[]): number => rounded(quantile(values, 0.5));
  return {
    milliseconds: {
      commit: median(commits.map(({ commit }) => commit)),
      gateway: median(commits.map(({ gateway }) => gateway)),
      pile: median(commits.map(({ pile }) => pile)),
      query: median(queries),
      restartLedger: rounded(restarted.ledger),
      restartGateway: rounded(restarted.gateway),
      restartPile: rounded(restarted.pile),
    },
    ...(before !== undefined && after !== undefined && { ledgerCpuMs: rounded((after - before) / samples) }),
  };
}

const byCost = <T>(of: (cost: ChainCost) => T): Record<ChainCost, T> =>
  Object.fromEntries(CHAIN_COSTS.map((cost) => [cost, of(cost)])) as Record<ChainCost, T>;
