/** `bench handshake`: the mutual authentication of vehicle, station and provider, beside OpenSSL's TLS 1.3 in the same rounds. */
import { ready } from '@chargecast/signcryption';
import { createFixture } from '../crypto/fixture';
import { type Case, Measurements, type Timing } from '../crypto/measure';
import { type HandshakeRun, type HandshakeSubject, type SubjectFactory } from './subject';
import { TlsHandshake } from './tls';

/** Microseconds of CPU time, all parties and threads together. */
export interface HandshakeResults {
  readonly handshake: {
    readonly microseconds: Timing;
    /** On one core, all three parties on it. */
    readonly perSecond: number;
    /** When every certificate is met for the first time. */
    readonly firstMeeting: Timing;
  };
  /** In order; medians. */
  readonly steps: readonly { readonly name: string; readonly microseconds: number }[];
  readonly tls13: { readonly microseconds: Timing; readonly perSecond: number };
  /** Our handshake in TLS handshakes: three parties and seven messages against two and three. */
  readonly ratioToTls13: Timing;
  /** On one core. */
  readonly certificateVerificationsPerSecond: number;
  readonly certificateVerification: {
    readonly microseconds: Timing;
    /** The second paper's figures, on an Intel Core i7-8700K. */
    readonly paperPerSecond: { readonly signatures: number; readonly certificates: number };
  };
}

/** Handshakes in one timed block. */
const TOGETHER = 10;
const ROUNDS = 31;
/** Rounds until everything is compiled. */
const WARM_UP = 10;
const VERIFICATIONS = 50;

export async function benchHandshake(make: SubjectFactory): Promise<HandshakeResults> {
  await ready();
  const { params, pile, vehicles } = await createFixture(1);
  const [vehicle] = vehicles;
  if (!vehicle) throw new RangeError('the fixture has no vehicle');
  const subject = await make({ params, pile, vehicle });
  const measured = await Measurements.run(cases(subject), ROUNDS, WARM_UP);
  const steps = await measureSteps(subject);
  return summarise(subject, measured, steps);
}

const all = async (subject: HandshakeSubject, known: boolean): Promise<void> => {
  for (let i = 0; i < TOGETHER; i++) {
    const run = subject.begin(known);
    for (let step = 0; step < subject.steps.length; step++) await run.step(step);
  }
};

function cases(subject: HandshakeSubject): Case[] {
  const tls = new TlsHandshake(subject.tls);
  return [
    { name: 'handshake', operations: TOGETHER, block: () => all(subject, true) },
    {
      name: 'tls13',
      operations: TOGETHER,
      block: async () => {
        for (let i = 0; i < TOGETHER; i++) await tls.run();
      },
    },
    { name: 'first meeting', operations: TOGETHER, block: () => all(subject, false) },
    {
      name: 'certificate',
      operations: VERIFICATIONS,
      block: () => {
        for (let i = 0; i < VERIFICATIONS; i++) subject.verifyCertificate();
      },
    },
  ];
}

/** Each round takes a group of handshakes one step further at a time, so that a step lasts long enough to be read. */
async function measureSteps(subject: HandshakeSubject): Promise<Measurements> {
  let runs: HandshakeRun[] = [];
  return Measurements.run(
    subject.steps.map((name, index) => ({
      name,
      operations: TOGETHER,
      block: async () => {
        if (index === 0) runs = Array.from({ length: TOGETHER }, () => subject.begin(true));
        for (const run of runs) await run.step(index);
      },
    })),
    ROUNDS,
  );
}

function summarise(subject: HandshakeSubject, measured: Measurements, steps: Measurements): HandshakeResults {
  const perSecond = ({ median }: Timing): number => Math.round(1e6 / median);
  const [handshake, tls13] = [measured.timing('handshake'), measured.timing('tls13')];
  const certificate = measured.timing('certificate');
  return {
    handshake: {
      microseconds: handshake,
      perSecond: perSecond(handshake),
      firstMeeting: measured.timing('first meeting'),
    },
    steps: subject.steps.map((name) => ({ name, microseconds: steps.timing(name).median })),
    tls13: { microseconds: tls13, perSecond: perSecond(tls13) },
    ratioToTls13: measured.ratio('handshake', 'tls13'),
    certificateVerificationsPerSecond: perSecond(certificate),
    certificateVerification: {
      microseconds: certificate,
      paperPerSecond: { signatures: 10_000, certificates: 100_000 },
    },
  };
}

/** Rows for a person. */
export function handshakeTable({
  handshake,
  steps,
  tls13,
  ratioToTls13,
  certificateVerification,
  certificateVerificationsPerSecond,
}: HandshakeResults): string {
  const micro = (value: number): string => `${value.toFixed(0)} µs`;
  const rate = (value: number): string => `${value.toLocaleString('en')} /s`;
  const { paperPerSecond } = certificateVerification;
  const rows: readonly (readonly [string, string, string])[] = [
    ['handshake EV – CS – ESP, all three parties', micro(handshake.microseconds.median), rate(handshake.perSecond)],
    ['… certificates met for the first time', micro(handshake.firstMeeting.median), ''],
    ...steps.map(({ name, microseconds }) => [`  ${name}`, micro(microseconds), ''] as const),
    ['TLS 1.3 of OpenSSL, both sides, P-256 certificates', micro(tls13.microseconds.median), rate(tls13.perSecond)],
    [
      'handshake in TLS handshakes',
      `× ${ratioToTls13.median.toFixed(2)} (${ratioToTls13.p10.toFixed(2)}–${ratioToTls13.p90.toFixed(2)})`,
      '',
    ],
    [
      'certificate verified',
      micro(certificateVerification.microseconds.median),
      `${rate(certificateVerificationsPerSecond)} a core; the second paper: ${rate(paperPerSecond.signatures)} signed and verified, ${rate(paperPerSecond.certificates)} certificates (i7-8700K)`,
    ],
  ];
  const width = (column: 0 | 1): number => Math.max(...rows.map((row) => row[column].length));
  return rows.map((row) => `${row[0].padEnd(width(0))}  ${row[1].padStart(width(1))}  ${row[2]}`.trimEnd()).join('\n');
}
