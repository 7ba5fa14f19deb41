/** `bench end-to-end`: confidential commands a second through the consortium, beside one sealed command a transaction. */
import { ready } from '@chargecast/signcryption';
import { quantile, rounded, roundedSpread, type Spread } from '../statistics';
import { CountedRounds } from './cpu';
import { type Round } from './pipeline';
import { gatheredRound, loneCommand, plainRound } from './rounds';
import { type CpuTimes, type EndToEndFactory, type EndToEndSubject, type SealedCommands } from './subject';

export interface EndToEndLoad {
  readonly rounds: number;
  /** In which each way sends, of a round. */
  readonly seconds: number;
  /** Receivers of one σ, one command each. */
  readonly receivers: number;
  /** Sealed for a round, more than it sends; the rest serve the next. */
  readonly sigmas: number;
  /** σ's under way at once. */
  readonly outstandingSigmas: number;
  readonly baselineTransactions: number;
  readonly baselineOutstanding: number;
  readonly loneCommands: number;
}

export const LOAD: EndToEndLoad = {
  rounds: 3,
  seconds: 10,
  receivers: 1024,
  sigmas: 400,
  outstandingSigmas: 128,
  baselineTransactions: 2_000,
  baselineOutstanding: 128,
  loneCommands: 15,
};

export interface EndToEndResults {
  readonly ledger: string;
  readonly organisations: number;
  /** Committed and streamed to a pile. */
  readonly commandsPerSecond: number;
  readonly baselineCommandsPerSecond: number;
  readonly timesBaseline: number;
  /** Under that load, from handed over to opened, of the hundredth that is opened. */
  readonly latencyMs: { readonly p50: number; readonly p95: number };
  readonly baselineLatencyMs: { readonly p50: number; readonly p95: number };
  /** One command on an idle network, from before its sealing to opened. */
  readonly loneLatencyMs: { readonly p50: number; readonly p95: number };
  readonly rounds: { readonly ours: Spread; readonly baseline: Spread };
  /** In the rounds, by kind of process; absent where the system does not tell. */
  readonly cpuMicrosecondsPerCommand?: { readonly ours: CpuTimes; readonly baseline: CpuTimes };
  readonly sealing: { readonly microsecondsPerCommand: number };
  readonly bytes: {
    readonly plaintext: number;
    readonly sigma: number;
    readonly sigmaPerCommand: number;
  };
  readonly gathered: { readonly commandsPerTransaction: number; readonly transactionsPerBlock: number };
  readonly load: EndToEndLoad;
  readonly included: readonly string[];
  readonly notIncluded: readonly string[];
}

const INCLUDED = [
  'hand-over of each σ to two of four gateways over mutual TLS, verified and on disk before it is acknowledged',
  'gathering, endorsement by a majority with verification in every endorsing chaincode, ordering, commit by all peers',
  'every gateway follows and archives the blocks; a pile follows one gateway’s stream and verifies every block',
  'one command in a hundred opened by vehicle and pile; the compared way follows the same stream and opens as many',
];

const NOT_INCLUDED = [
  'the centre’s outbox, the KGC’s routing, the pile’s effects and receipts',
  'sealing: done before the clock runs, on both sides, except for the lone command',
  'records on the chain: centre and vehicles are enrolled in this process',
];

export async function benchEndToEnd(make: EndToEndFactory, load: EndToEndLoad = LOAD): Promise<EndToEndResults> {
  await ready();
  const subject = await make();
  try {
    return await measure(subject, load);
  } finally {
    await subject.close();
  }
}

async function measure(subject: EndToEndSubject, load: EndToEndLoad): Promise<EndToEndResults> {
  const { receivers, sigmas, seconds, baselineTransactions } = load;
  const gathered = { seconds, outstanding: load.outstandingSigmas };
  const plain = { seconds, outstanding: load.baselineOutstanding };
  // Every process has then compiled what it runs, and has taken the memory that it needs under load.
  const pool = await sealAll(subject, sigmas, receivers);
  await gatheredRound(subject, pool, gathered);
  await plainRound(subject, baselineTransactions, plain);
  const lone = await loneCommand(subject, load.loneCommands);
  const gatheredRounds = new CountedRounds(subject);
  const plainRounds = new CountedRounds(subject);
  const sealingMicroseconds: number[] = [];
  let sigmaBytes = 0;
  for (let round = 0; round < load.rounds; round++) {
    await plainRounds.add(() => plainRound(subject, baselineTransactions, plain));
    const before = process.cpuUsage();
    const sealed = await sealAll(subject, sigmas - pool.length, receivers);
    const { user, system } = process.cpuUsage(before);
    if (sealed.length > 0) sealingMicroseconds.push((user + system) / (sealed.length * receivers));
    pool.push(...sealed);
    sigmaBytes = pool[0]?.bytes ?? 0;
    await gatheredRounds.add(() => gatheredRound(subject, pool, gathered));
  }
  const ours = gatheredRounds.rounds;
  const baseline = plainRounds.rounds;
  const cpu = { ours: gatheredRounds.microsecondsPerCommand(), baseline: plainRounds.microsecondsPerCommand() };
  const rates = { ours: perSecond(ours), baseline: perSecond(baseline) };
  const sum = (of: (round: Round) => number): number => ours.reduce((total, round) => total + of(round), 0);
  return {
    ledger: subject.ledger,
    organisations: subject.organisations,
    commandsPerSecond: rates.ours.median,
    baselineCommandsPerSecond: rates.baseline.median,
    timesBaseline: rounded(rates.ours.median / rates.baseline.median),
    latencyMs: latency(ours),
    baselineLatencyMs: latency(baseline),
    loneLatencyMs: { p50: rounded(lone.p50), p95: rounded(lone.p95) },
    rounds: rates,
    ...(cpu.ours && cpu.baseline && { cpuMicrosecondsPerCommand: { ours: cpu.ours, baseline: cpu.baseline } }),
    sealing: { microsecondsPerCommand: rounded(quantile(sealingMicroseconds, 0.5)) },
    bytes: {
      plaintext: subject.plaintext.length,
      sigma: sigmaBytes,
      sigmaPerCommand: rounded(sigmaBytes / receivers),
    },
    gathered: {
      commandsPerTransaction: rounded(sum(({ commands }) => commands) / sum(({ transactions }) => transactions)),
      transactionsPerBlock: rounded(sum(({ transactions }) => transactions) / sum(({ blocks }) => blocks)),
    },
    load,
    included: INCLUDED,
    notIncluded: NOT_INCLUDED,
  };
}

async function sealAll(subject: EndToEndSubject, count: number, receivers: number): Promise<SealedCommands[]> {
  const sealed: SealedCommands[] = [];
  for (let i = 0; i < count; i++) sealed.push(await subject.seal(receivers));
  return sealed;
}

const perSecond = (rounds: readonly Round[]): Spread => roundedSpread(rounds.map((round) => round.perSecond));

function latency(rounds: readonly Round[]): { p50: number; p95: number } {
  const all = rounds.flatMap(({ latencies }) => latencies);
  return { p50: rounded(quantile(all, 0.5)), p95: rounded(quantile(all, 0.95)) };
}

const cpuLine = (times: CpuTimes): string =>
  Object.entries(times)
    .map(([kind, microseconds]) => `${kind} ${microseconds} µs`)
    .join(', ');

/** Rows for a person. */
export function endToEndTable(results: EndToEndResults): string {
  const { rounds, latencyMs, baselineLatencyMs, loneLatencyMs, gathered, bytes, sealing } = results;
  const cpu = results.cpuMicrosecondsPerCommand;
  const rate = ({ median, lowest, highest }: Spread): string => `${median}/s (${lowest}–${highest})`.padEnd(28);
  return [
    `confidential commands through ${results.organisations} organisations, ledger: ${results.ledger}`,
    `gathered         ${rate(rounds.ours)}p50 ${latencyMs.p50} ms, p95 ${latencyMs.p95} ms`,
    `one a transaction${rate(rounds.baseline)}p50 ${baselineLatencyMs.p50} ms, p95 ${baselineLatencyMs.p95} ms`,
    `ratio            × ${results.timesBaseline}`,
    `a lone command   p50 ${loneLatencyMs.p50} ms, p95 ${loneLatencyMs.p95} ms, sealing to opened`,
    `a transaction    ${gathered.commandsPerTransaction} commands; a block: ${gathered.transactionsPerBlock} transactions`,
    `a command        ${bytes.plaintext} bytes plain, ${bytes.sigmaPerCommand} in σ, sealed in ${sealing.microsecondsPerCommand} µs of CPU`,
    ...(cpu ? [`CPU of a command ${cpuLine(cpu.ours)}; one a transaction: ${cpuLine(cpu.baseline)}`] : []),
    ...results.included.map((line) => `included: ${line}`),
    ...results.notIncluded.map((line) => `not included: ${line}`),
  ].join('\n');
}
