/** `bench registration`: vehicles registered at a provider and on the chain, sustained, beside the second paper's figures. */
import { ready } from '@chargecast/signcryption';
import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { type Case, Measurements, type Timing } from '../crypto/measure';
import { type RegistrationFactory, type RegistrationLedger, type RegistrationSubject } from './subject';

export interface RegistrationFigures {
  /** Checked, issued and stored by the provider. */
  readonly acceptedPerSecond: number;
  /** Committed by the chain. */
  readonly processedPerSecond: number;
  readonly refused: number;
  readonly seconds: number;
  /** From handing in to commit. */
  readonly milliseconds: { readonly median: number; readonly p90: number };
}

export interface RegistrationResults {
  readonly embedded: RegistrationFigures;
  /** Absent where no Fabric programs are found. */
  readonly fabric?: RegistrationFigures;
  readonly offered: { readonly group: number; readonly outstanding: number; readonly atMostPerSecond: number };
  /** A provider's signature over a certificate, ECDSA P-256, on one core. */
  readonly certificateVerificationsPerSecond: number;
  readonly certificateVerification: {
    /** One ECDSA P-256 verification, the key parsed before; and with parsing it. CPU time of one core. */
    readonly microseconds: Timing;
    readonly newKeyMicroseconds: Timing;
    /** On an Intel Core i7-8700K, as the paper states them. */
    readonly paperPerSecond: { readonly signatures: number; readonly certificates: number };
  };
}

const SECONDS = 20;
const GROUP = 64;
const OUTSTANDING = 1024;
const AT_MOST_PER_SECOND = 1500;
const WARM_UP = 256;

/** @param seconds of each ledger's window */
export async function benchRegistration(make: RegistrationFactory, seconds = SECONDS): Promise<RegistrationResults> {
  await ready();
  const embedded = await measureOn(make, 'embedded', seconds);
  if (!embedded) throw new Error('the embedded ledger did not start');
  const fabric = await measureOn(make, 'fabric', seconds);
  const certificateVerification = await measureVerification();
  return {
    embedded,
    ...(fabric && { fabric }),
    offered: { group: GROUP, outstanding: OUTSTANDING, atMostPerSecond: AT_MOST_PER_SECOND },
    certificateVerificationsPerSecond: Math.round(1e6 / certificateVerification.microseconds.median),
    certificateVerification,
  };
}

async function measureOn(
  make: RegistrationFactory,
  ledger: RegistrationLedger,
  seconds: number,
): Promise<RegistrationFigures | undefined> {
  const subject = await make(ledger);
  if (!subject) return undefined;
  try {
    await subject.prepare(WARM_UP + seconds * AT_MOST_PER_SECOND + 2 * GROUP);
    await subject.offer(WARM_UP).processed;
    return await sustain(subject, seconds);
  } finally {
    await subject.close();
  }
}

interface Counts {
  offered: number;
  accepted: number;
  processed: number;
  settled: number;
  readonly latencies: number[];
}

/** Groups follow one another while fewer than `OUTSTANDING` are under way; what ends after the window does not count. */
async function sustain(subject: RegistrationSubject, seconds: number): Promise<RegistrationFigures> {
  const counts: Counts = { offered: 0, accepted: 0, processed: 0, settled: 0, latencies: [] };
  const started = performance.now();
  const elapsed = (): number => (performance.now() - started) / 1000;
  const running = new Set<Promise<void>>();
  const follow = async (at: number): Promise<void> => {
    const { accepted, processed } = subject.offer(GROUP);
    counts.offered += GROUP;
    await accepted;
    if (elapsed() <= seconds) counts.accepted += GROUP;
    const committed = await processed;
    if (elapsed() > seconds) return;
    counts.processed += committed;
    counts.settled += GROUP;
    counts.latencies.push(performance.now() - at);
  };
  while (elapsed() < seconds) {
    const early = counts.offered >= AT_MOST_PER_SECOND * elapsed() + GROUP;
    if (running.size * GROUP >= OUTSTANDING) await Promise.race(running);
    else if (early) await new Promise<void>((resolve) => setTimeout(resolve, 1000 * (GROUP / AT_MOST_PER_SECOND)));
    else {
      const one: Promise<void> = follow(performance.now()).finally(() => running.delete(one));
      running.add(one);
    }
  }
  await Promise.all(running);
  return summarise(counts, seconds);
}

function summarise({ accepted, processed, settled, latencies }: Counts, seconds: number): RegistrationFigures {
  const sorted = latencies.sort((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN);
  return {
    acceptedPerSecond: Math.round(accepted / seconds),
    processedPerSecond: Math.round(processed / seconds),
    refused: settled - processed,
    seconds,
    milliseconds: { median: at(0.5), p90: at(0.9) },
  };
}

const VERIFICATIONS = 50;

async function measureVerification(): Promise<RegistrationResults['certificateVerification']> {
  // Encoded as they are drawn: why not exported afterwards, crypto/keys.ts says.
  const { publicKey: spki, privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const [x, y] = [spki.subarray(-64, -32).toString('base64url'), spki.subarray(-32).toString('base64url')];
  const jwk = { kty: 'EC', crv: 'P-256', x, y };
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
  const message = Buffer.alloc(900, 1);
  const signature = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  const check = (key: typeof publicKey): void => {
    if (!verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature)) throw new Error('must verify');
  };
  const block = (one: () => void) => (): void => {
    for (let i = 0; i < VERIFICATIONS; i++) one();
  };
  const cases: Case[] = [
    { name: 'verify', operations: VERIFICATIONS, block: block(() => check(publicKey)) },
    {
      name: 'parse and verify',
      operations: VERIFICATIONS,
      block: block(() => check(createPublicKey({ key: jwk, format: 'jwk' }))),
    },
  ];
  const measured = await Measurements.run(cases, 31, 5);
  return {
    microseconds: measured.timing('verify'),
    newKeyMicroseconds: measured.timing('parse and verify'),
    paperPerSecond: { signatures: 10_000, certificates: 100_000 },
  };
}

/** Rows for a person. */
export function registrationTable(results: RegistrationResults): string {
  const { embedded, fabric, certificateVerification, certificateVerificationsPerSecond } = results;
  const row = (name: string, { acceptedPerSecond, processedPerSecond, milliseconds }: RegistrationFigures): string =>
    `${name.padEnd(10)}${`${acceptedPerSecond}/s accepted`.padEnd(20)}${`${processedPerSecond}/s processed`.padEnd(20)}` +
    `median ${milliseconds.median} ms, p90 ${milliseconds.p90} ms`;
  const { microseconds, paperPerSecond } = certificateVerification;
  return [
    `vehicles registered, sustained for ${embedded.seconds} s`,
    row('embedded', embedded),
    fabric ? row('fabric', fabric) : 'fabric    no programs found (FABRIC_BIN or PATH)',
    `certificate verification (ECDSA P-256): ${certificateVerificationsPerSecond}/s on one core (${microseconds.median.toFixed(0)} µs); ` +
      `the paper’s: ${paperPerSecond.signatures}/s signed and verified, ${paperPerSecond.certificates}/s verified`,
  ].join('\n');
}
