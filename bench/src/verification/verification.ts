/** `bench verification`: what verifying σ costs a transaction, beside one that puts as many bytes unseen. */
import { ready } from '@chargecast/signcryption';
import { roundedSpread, type Spread } from '../statistics';
import { type EndToEndFactory, type EndToEndSubject, type SealedCommands } from '../end-to-end/subject';

export interface VerificationLoad {
  readonly rounds: number;
  /** Of one σ. */
  readonly receivers: number;
  /** Of each way, of a round. */
  readonly transactions: number;
  readonly outstanding: number;
}

export const VERIFICATION_LOAD: VerificationLoad = { rounds: 5, receivers: 100, transactions: 60, outstanding: 8 };

export interface VerificationResults {
  readonly ledger: string;
  readonly bytes: number;
  readonly verifiedPerSecond: Spread;
  readonly plainPerSecond: Spread;
  /** Verified by plain, of the same round. */
  readonly ratio: Spread;
  readonly load: VerificationLoad;
}

export async function benchVerification(
  make: EndToEndFactory,
  load: VerificationLoad = VERIFICATION_LOAD,
): Promise<VerificationResults> {
  await ready();
  const subject = await make();
  try {
    return await measure(subject, load);
  } finally {
    await subject.close();
  }
}

async function measure(subject: EndToEndSubject, load: VerificationLoad): Promise<VerificationResults> {
  const { receivers, transactions, outstanding } = load;
  const seal = async (count: number): Promise<SealedCommands[]> => {
    const sealed: SealedCommands[] = [];
    for (let i = 0; i < count; i++) sealed.push(await subject.seal(receivers));
    return sealed;
  };
  const plain = async (name: string, count: number, bytes: number): Promise<number> =>
    committedPerSecond(count, outstanding, (i) => subject.putTransient(`${name}-${i}`, new Uint8Array(bytes).fill(i)));
  const verified = (sealed: readonly SealedCommands[]): Promise<number> =>
    committedPerSecond(sealed.length, outstanding, (i) => subject.submit(sealed[i] as SealedCommands));

  const warmUp = await seal(transactions);
  const bytes = warmUp[0]?.bytes ?? 0;
  await verified(warmUp);
  await plain('warm-up', transactions, bytes);
  const rates: { verified: number; plain: number }[] = [];
  for (let round = 0; round < load.rounds; round++) {
    const sealed = await seal(transactions);
    const plainFirst = round % 2 === 0;
    const before = plainFirst ? await plain(`round-${round}`, transactions, bytes) : 0;
    const ours = await verified(sealed);
    rates.push({ verified: ours, plain: plainFirst ? before : await plain(`round-${round}`, transactions, bytes) });
  }
  return {
    ledger: subject.ledger,
    bytes,
    verifiedPerSecond: roundedSpread(rates.map((rate) => rate.verified)),
    plainPerSecond: roundedSpread(rates.map((rate) => rate.plain)),
    ratio: roundedSpread(rates.map((rate) => rate.verified / rate.plain)),
    load,
  };
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
export function verificationTable({
  ledger,
  bytes,
  verifiedPerSecond,
  plainPerSecond,
  ratio,
  load,
}: VerificationResults): string {
  const row = ({ median, lowest, highest }: Spread): string => `${median} (${lowest}–${highest})`;
  return [
    `transactions a second of ${bytes} bytes each (σ of ${load.receivers} receivers), ledger: ${ledger}`,
    `verified  ${row(verifiedPerSecond)}`,
    `plain put ${row(plainPerSecond)}`,
    `ratio     ${row(ratio)}`,
  ].join('\n');
}
