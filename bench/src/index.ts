import { benchCrypto } from './crypto/crypto';
import { cryptoTable, provenance, writeResults } from './crypto/report';
import { benchCurtailment, type CurtailmentFactories, curtailmentTable } from './curtailment/curtailment';
import { benchEndToEnd, endToEndTable } from './end-to-end/end-to-end';
import { type EndToEndFactory } from './end-to-end/subject';
import { benchHandshake, handshakeTable } from './handshake/handshake';
import { benchRegistration, registrationTable } from './registration/registration';
export type { EndToEndFactory, EndToEndSubject, SealedCommands, StreamListener } from './end-to-end/subject';
import { type RegistrationFactory } from './registration/subject';
import { type SubjectFactory } from './handshake/subject';

export { benchCrypto };
export { type CryptoResults } from './crypto/results';

export type { CurtailmentFactories, CurtailmentSubject } from './curtailment/curtailment';
export type { HandshakeRun, HandshakeSubject, SubjectFactory, SubjectParts } from './handshake/subject';

export type { Offered, RegistrationFactory, RegistrationLedger, RegistrationSubject } from './registration/subject';

const USAGE = `usage: bench crypto|handshake|curtailment|registration|end-to-end [--json]
  crypto       cost of the scheme in multiples of one native X25519 and one Ed25519 verification
  handshake    cost of the mutual authentication beside one TLS 1.3 handshake of OpenSSL
  curtailment  milliseconds from a centre's call to each charging station's acceptance
  registration vehicles registered a second at a provider and on the chain, sustained for 20 s
  end-to-end   commands committed and streamed a second, beside one sealed command a transaction
  --json       JSON on stdout; also written to bench/out/<name>.json
`;

/** What the application brings to be measured. */
export interface BenchSubjects {
  readonly handshake?: SubjectFactory;
  readonly registration?: RegistrationFactory;
  readonly curtailment?: CurtailmentFactories;
  readonly endToEnd?: EndToEndFactory;
}

interface Measured {
  readonly results: object;
  /** Rows for a person. */
  readonly table: string;
}

/**
 * @param args the command line after `bench`
 * @returns the exit code: 0, or 2 for a command line it does not know
 */
export async function runBench(args: readonly string[], subjects: BenchSubjects = {}): Promise<number> {
  const [suite = '', ...flags] = args;
  const measure = suites(subjects)[suite];
  if (!measure || flags.some((flag) => flag !== '--json')) {
    process.stderr.write(USAGE);
    return 2;
  }
  const { results, table } = await measure();
  const document = { ...results, ...provenance() };
  const file = writeResults(suite, document);
  process.stdout.write(flags.includes('--json') ? `${JSON.stringify(document, null, 2)}\n` : `${table}\n`);
  process.stderr.write(`written to ${file}\n`);
  return 0;
}

function suites({
  handshake,
  registration,
  curtailment,
  endToEnd,
}: BenchSubjects): Readonly<Record<string, () => Promise<Measured>>> {
  return {
    crypto: async () => {
      const results = await benchCrypto();
      return { results, table: cryptoTable(results) };
    },
    ...(handshake && {
      handshake: async () => {
        const results = await benchHandshake(handshake);
        return { results, table: handshakeTable(results) };
      },
    }),
    ...(curtailment && {
      curtailment: async () => {
        const results = await benchCurtailment(curtailment);
        return { results, table: curtailmentTable(results) };
      },
    }),
    ...(endToEnd && {
      'end-to-end': async () => {
        const results = await benchEndToEnd(endToEnd);
        return { results, table: endToEndTable(results) };
      },
    }),
    ...(registration && {
      registration: async () => {
        const results = await benchRegistration(registration);
        return { results, table: registrationTable(results) };
      },
    }),
  };
}
