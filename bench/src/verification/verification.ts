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
  rounds: 15,
  seconds: 240,
  fewestRounds: 5,
  receivers: 100,
  transactions: 64,
  warmUp: 192,
  outstanding: 8,
};

export interface VerificationResults {
  readonly ledger: string;
  readonly bytes: number;
  readonly verifiedPerSecond: Spread;
  readonly plainPerSecond: Spread;
  /** Verified by plain, of the same round. */
  readonly ratio: Spread;
  /** Of the ledger's processes, all rounds together; absent where the system does not tell. */
  readonly cpuMsPerTransaction?: { readonly verified: number; readonly plain: number };
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

interface Run {
  readonly perSecond: number;
  readonly cpuMs: number | undefined;
}

interface Round {
  readonly verified: Run;
  readonly plain: Run;
}

async function measure(subject: VerificationSubject, load: VerificationLoad): Promise<VerificationResults> {
  const warmUp = await sealAll(subject, load.warmUp, load.receivers);
  const bytes = warmUp[0]?.bytes ?? 0;
  await committedPerSecond(load.warmUp, load.outstanding, (i) => subject.submit(warmUp[i] as SealedCommands));
  await committedPerSecond(load.warmUp, load.outstanding, () => subject.put(randomBytes(bytes)));
  const until = performance.now() + load.seconds * 1000;
  const rounds: Round[] = [];
  while (rounds.length < load.rounds && (rounds.length < load.fewestRounds || performance.now() < until)) {
    rounds.push(await runRound(subject, load, { bytes, plainFirst: rounds.length % 2 === 0 }));
  }
  const cpuMsPerTransaction = cpuOf(rounds, load.transactions);
  return {
    ledger: subject.ledger,
    bytes,
    verifiedPerSecond: roundedSpread(rounds.map(({ verified }) => verified.perSecond)),
    plainPerSecond: roundedSpread(rounds.map(({ plain }) => plain.perSecond)),
    ratio: roundedSpread(rounds.map(({ verified, plain }) => verified.perSecond / plain.perSecond)),
    ...(cpuMsPerTransaction && { cpuMsPerTransaction }),
    rounds: rounds.length,
    load,
  };
}

async function runRound(
  subject: VerificationSubject,
  { transactions, receivers, outstanding }: VerificationLoad,
  { bytes, plainFirst }: { readonly bytes: number; readonly plainFirst: boolean },
): Promise<Round> {
  const sealed = await sealAll(subject, transactions, receivers);
  const values = sealed.map(() => randomBytes(bytes));
  const run = async (submit: (i: number) => Promise<void>): Promise<Run> => {
    const before = await subject.ledgerCpuMs();
    const perSecond = await committedPerSecond(transactions, outstanding, submit);
    const after = await subject.ledgerCpuMs();
    return { perSecond, cpuMs: before === undefined || after === undefined ? undefined : after - before };
  };
  const plain = (): Promise<Run> => run((i) => subject.put(values[i] as Uint8Array));
  const verified = (): Promise<Run> => run((i) => subject.submit(sealed[i] as SealedCommands));
  if (plainFirst) {
    const first = await plain();
    return { plain: first, verified: await verified() };
  }
  return { verified: await verified(), plain: await plain() };
}

async function sealAll(subject: VerificationSubject, count: number, receivers: number): Promise<SealedCommands[]> {
  const sealed: SealedCommands[] = [];
  for (let i = 0; i < count; i++) sealed.push(await subject.seal(receivers));
  return sealed;
}

function cpuOf(
  rounds: readonly Round[],
  transactions: number,
): { readonly verified: number; readonly plain: number } | undefined {
  const of = (way: keyof Round): number =>
    rounds.reduce((sum, round) => sum + (round[way].cpuMs ?? Number.NaN), 0) / (rounds.length * transactions);
  const [verified, plain] = [of('verified'), of('plain')];
  return Number.isNaN(verified + plain) ? undefined : { verified: rounded(verified), plain: rounded(plain) };
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
  const { ledger, bytes, verifiedPerSecond, plainPerSecond, ratio, cpuMsPerTransaction, load } = results;
  const row = ({ median, lowest, highest }: Spread): string => `${median} (${lowest}–${highest})`;
  return [
    `transactions a second of ${bytes} bytes each (σ of ${load.receivers} receivers), ledger: ${ledger}`,
    `verified  ${row(verifiedPerSecond)}`,
    `plain put ${row(plainPerSecond)}`,
    `ratio     ${row(ratio)}, of ${results.rounds} rounds`,
    ...(cpuMsPerTransaction
      ? [
          `CPU time of the ledger’s processes, ms: verified ${cpuMsPerTransaction.verified}, put ${cpuMsPerTransaction.plain}`,
        ]
      : []),
  ].join('\n');
}
