/** `bench verification`: what verifying σ costs a transaction, beside one that puts as many bytes unseen. */
import { ready } from '@chargecast/signcryption';
import { randomBytes } from 'node:crypto';

import { type SealedCommands } from '../end-to-end/subject';
import { rounded, roundedSpread, type Spread } from '../statistics';
import { type VerificationFactory, type VerificationSubject } from './subject';

export interface VerificationLoad {
  /** Each way takes part in every round, in turn the first. */
  readonly rounds: number;
  /** No round begins later, once there were `fewestRounds`. */
  readonly seconds: number;
  readonly fewestRounds: number;
  /** Of one σ. */
  readonly receivers: number;
  /** Of each way, of a round. */
  readonly transactions: number;
  /** Of each way, before anything is measured: every process has then compiled what it runs. */
  readonly warmUp: number;
  readonly outstanding: number;
}

export const VERIFICATION_LOAD: VerificationLoad = {
  rounds: 21,
  seconds: 240,
  fewestRounds: 5,
  receivers: 100,
  transactions: 128,
  warmUp: 192,
  outstanding: 8,
};

export interface VerificationResults {
  readonly ledger: string;
  readonly bytes: number;
  readonly verifiedPerSecond: Spread;
  readonly plainPerSecond: Spread;
  readonly plainOncePerSecond: Spread;
  /** Verified by plain, of the same round. */
  readonly ratio: Spread;
  /** Verified by the put whose value stands in the block once, of the same round. */
  readonly ratioToOnce: Spread;
  /** Of the ledger's processes, all rounds together; absent where the system does not tell. */
  readonly cpuMsPerTransaction?: Readonly<Record<Way, number>>;
  /** Rounds there was time for. */
  readonly rounds: number;
  readonly load: VerificationLoad;
}

export async function benchVerification(
  make: VerificationFactory,
  load: VerificationLoad = VERIFICATION_LOAD,
): Promise<VerificationResults> {
  await ready();
  const subject = await make(load.receivers);
  try {
    return await measure(subject, load);
  } finally {
    await subject.close();
  }
}

/** σ verified; a put as samples have it, its value an argument; a put whose value stands in the block once, as σ does. */
const WAYS = ['verified', 'plain', 'plainOnce'] as const;
type Way = (typeof WAYS)[number];

interface Run {
  readonly perSecond: number;
  readonly cpuMs: number | undefined;
}

type Round = Readonly<Record<Way, Run>>;

async function measure(subject: VerificationSubject, load: VerificationLoad): Promise<VerificationResults> {
  const { warmUp, fewestRounds, seconds } = load;
  const { bytes } = await subject.seal(load.receivers);
  for (const way of WAYS) {
    await committedPerSecond(warmUp, load.outstanding, await prepare(subject, way, warmUp, load, bytes));
  }
  const until = performance.now() + seconds * 1000;
  const rounds: Round[] = [];
  while (rounds.length < load.rounds && (rounds.length < fewestRounds || performance.now() < until)) {
    rounds.push(await runRound(subject, load, bytes, rounds.length));
  }
  const rates = (way: Way): Spread => roundedSpread(rounds.map((round) => round[way].perSecond));
  const ratio = (to: Way): Spread =>
    roundedSpread(rounds.map(({ verified, [to]: other }) => verified.perSecond / other.perSecond));
  const cpuMsPerTransaction = cpuOf(rounds, load.transactions);
  return {
    ledger: subject.ledger,
    bytes,
    verifiedPerSecond: rates('verified'),
    plainPerSecond: rates('plain'),
    plainOncePerSecond: rates('plainOnce'),
    ratio: ratio('plain'),
    ratioToOnce: ratio('plainOnce'),
    ...(cpuMsPerTransaction && { cpuMsPerTransaction }),
    rounds: rounds.length,
    load,
  };
}

/** Each way takes part, in turn the first. */
async function runRound(
  subject: VerificationSubject,
  load: VerificationLoad,
  bytes: number,
  round: number,
): Promise<Round> {
  const runs: Partial<Record<Way, Run>> = {};
  for (let turn = 0; turn < WAYS.length; turn++) {
    const way = WAYS[(round + turn) % WAYS.length] as Way;
    const submit = await prepare(subject, way, load.transactions, load, bytes);
    const before = await subject.ledgerCpuMs();
    const perSecond = await committedPerSecond(load.transactions, load.outstanding, submit);
    const after = await subject.ledgerCpuMs();
    runs[way] = { perSecond, cpuMs: before === undefined || after === undefined ? undefined : after - before };
  }
  return runs as Round;
}

/** Makes what is submitted. @returns submits the i-th */
async function prepare(
  subject: VerificationSubject,
  way: Way,
  count: number,
  { receivers }: VerificationLoad,
  bytes: number,
): Promise<(i: number) => Promise<void>> {
  if (way === 'verified') {
    const sealed = await sealAll(subject, count, receivers);
    return (i) => subject.submit(sealed[i] as SealedCommands);
  }
  const values = Array.from({ length: count }, () => randomBytes(bytes));
  if (way === 'plainOnce') return (i) => subject.putOnce(values[i] as Uint8Array);
  const texts = values.map((value) => value.toString('base64').slice(0, bytes));
  return (i) => subject.put(texts[i] as string);
}

async function sealAll(subject: VerificationSubject, count: number, receivers: number): Promise<SealedCommands[]> {
  const sealed: SealedCommands[] = [];
  for (let i = 0; i < count; i++) sealed.push(await subject.seal(receivers));
  return sealed;
}

function cpuOf(rounds: readonly Round[], transactions: number): Readonly<Record<Way, number>> | undefined {
  const of = (way: Way): number =>
    rounds.reduce((sum, round) => sum + (round[way].cpuMs ?? Number.NaN), 0) / (rounds.length * transactions);
  const cpuMs = Object.fromEntries(WAYS.map((way) => [way, rounded(of(way))])) as Record<Way, number>;
  return Object.values(cpuMs).some(Number.isNaN) ? undefined : cpuMs;
}

/** @param submit resolves when the i-th is committed */
export async function committedPerSecond(
  count: number,
  outstanding: number,
  submit: (i: number) => Promise<void>,
): Promise<number> {
  const started = performance.now();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await submit(next++);
  };
  await Promise.all(Array.from({ length: outstanding }, lane));
  return count / ((performance.now() - started) / 1000);
}

/** Rows for a person. */
export function verificationTable(results: VerificationResults): string {
  const { ledger, bytes, verifiedPerSecond, ratio, ratioToOnce, cpuMsPerTransaction: cpu, load } = results;
  const row = ({ median, lowest, highest }: Spread): string => `${median} (${lowest}–${highest})`;
  return [
    `transactions a second of ${bytes} bytes each (σ of ${load.receivers} receivers), ledger: ${ledger}`,
    `verified                   ${row(verifiedPerSecond)}`,
    `plain put                  ${row(results.plainPerSecond)}`,
    `put that is in blocks once ${row(results.plainOncePerSecond)}`,
    `verified by plain          ${row(ratio)}, of ${results.rounds} rounds`,
    `verified by once           ${row(ratioToOnce)}`,
    ...(cpu
      ? [`CPU time of the ledger’s processes, ms: verified ${cpu.verified}, put ${cpu.plain}, once ${cpu.plainOnce}`]
      : []),
  ].join('\n');
}
