/**
 * Whether the time of an operation tells two classes of secrets apart: Welch's t over interleaved single timings, the
 * slowest tenth left out, as in dudect (Reparaz, Balasch, Verbauwhede 2017). There |t| above 10 counts as a leak; a
 * control that does leak shows that this machine and run would have seen one.
 */
import { type HolderKey, lendEntryKey, type VerifiedSigma, verifySigma } from '@chargecast/signcryption';
import { nativePrimitives } from '@chargecast/signcryption/primitives/native';
import { type Fixture, SESSION_ID } from './fixture';

/** Above it the classes differ for certain. */
export const LEAK = 10;
const TIMINGS = 4000;
const KEPT = 0.9;
/** Holders of one class: two pools of one size, so that caches treat both alike. */
const POOL = 16;

export interface Leakage {
  /** |t| of an early-exit comparison that must be found out. */
  readonly control: number;
  /** A vehicle's entry key: q̂ = v against q̂ = 8ℓ − v, the two ways to a clamped scalar. */
  readonly entryKey: number;
  /** A receiver's refusal: first against last byte of the tag wrong. */
  readonly refusedTag: number;
}

export function measureLeakage(fixture: Fixture, sigma: Uint8Array): Leakage {
  const verified = verifySigma(fixture.params, sigma);
  return {
    control: leakageOf(earlyExit(0), earlyExit(4095)),
    entryKey: leakageOf(...lenders(fixture, verified)),
    refusedTag: leakageOf(refusedTag(0), refusedTag(15)),
  };
}

/** |t| between the times of two operations, run in random turns. */
export function leakageOf(first: () => unknown, second: () => unknown): number {
  const times: [number[], number[]] = [[], []];
  for (let i = 0; i < TIMINGS / 10; i++) void [first(), second()];
  for (let i = 0; i < 2 * TIMINGS; i++) {
    const which = Math.random() < 0.5 ? 0 : 1;
    const operation = which === 0 ? first : second;
    const started = process.hrtime.bigint();
    operation();
    times[which].push(Number(process.hrtime.bigint() - started));
  }
  return Math.abs(welch(times[0], times[1]));
}

/** Welch's t of the two samples, each without its slowest tenth. */
export function welch(first: readonly number[], second: readonly number[]): number {
  const [a, b] = [moments(first), moments(second)];
  const deviation = Math.sqrt(a.variance / a.count + b.variance / b.count);
  return a.mean === b.mean ? 0 : (a.mean - b.mean) / deviation;
}

function moments(values: readonly number[]): { mean: number; variance: number; count: number } {
  const kept = [...values].sort((x, y) => x - y).slice(0, Math.ceil(KEPT * values.length));
  const mean = kept.reduce((sum, value) => sum + value, 0) / kept.length;
  const variance = kept.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, kept.length - 1);
  return { mean, variance, count: kept.length };
}

function earlyExit(differsAt: number): () => boolean {
  const a = new Uint8Array(4096);
  const b = new Uint8Array(4096);
  b[differsAt] = 1;
  return () => {
    for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
    return true;
  };
}

/** v = q + tℓ with t = 3·(q mod 8) mod 8 lies below 2²⁵⁴ or at it and above: which one decides the way to q̂. */
export function takesNegative(q: Uint8Array): boolean {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const value = q.reduceRight((n, byte) => n * 256n + BigInt(byte), 0n);
  const v = value + ((3n * (value % 8n)) % 8n) * order;
  return v < 2n ** 254n || v >= 2n ** 255n;
}

function lenders(
  { params, limits, vehicles, pile }: Fixture,
  { sigma }: VerifiedSigma,
): [() => unknown, () => unknown] {
  const session = { pile: pile.record.f, sessionId: SESSION_ID, open: true, answered: 0, maxAnswers: 1 };
  const pool = (negative: boolean): HolderKey[] =>
    vehicles.filter(({ q }) => takesNegative(q.reveal()) === negative).slice(0, POOL);
  const turn = (holders: readonly HolderKey[]): (() => unknown) => {
    let next = 0;
    return () =>
      lendEntryKey(params, limits, holders[next++ % holders.length] as HolderKey, session, sigma.headerBytes);
  };
  return [turn(pool(false)), turn(pool(true))];
}

function refusedTag(wrongByte: number): () => unknown {
  const key = new Uint8Array(32).fill(3);
  const associatedData = new Uint8Array(96);
  const sealed = new Uint8Array(196);
  nativePrimitives.aeadSeal(sealed, key, associatedData, new Uint8Array(180));
  const at = sealed.length - 16 + wrongByte;
  sealed[at] = (sealed[at] as number) ^ 1;
  return () => nativePrimitives.aeadOpen(key, associatedData, sealed);
}
