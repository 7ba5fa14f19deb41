import { benchDelay, delayChart, delayTable } from './analyses/delay';
import { benchQueries, queriesChart, queriesTable } from './analyses/queries';
import { benchStorage, storageChart, storageTable } from './analyses/storage';
import { type OrderingFactory, type RecordsFactory } from './analyses/subject';
import { benchThroughput, throughputChart, type ThroughputFactories, throughputTable } from './analyses/throughput';
import {
  cryptoChart,
  curtailmentChart,
  endToEndChart,
  handshakeChart,
  registrationChart,
  verificationChart,
} from './charts';
import { benchCrypto } from './crypto/crypto';
import { cryptoTable, provenance, writeResults } from './crypto/report';
import { benchCurtailment, type CurtailmentFactories, curtailmentTable } from './curtailment/curtailment';
import { type Drawing } from './drawing';
import { benchEndToEnd, endToEndTable } from './end-to-end/end-to-end';
import { within } from './end-to-end/gate';
import { type EndToEndFactory } from './end-to-end/subject';
import { benchGrowth, growthChart, growthTable } from './growth/growth';
import { type GrowthSubjects } from './growth/subject';
import { benchHandshake, handshakeTable } from './handshake/handshake';
import { type SubjectFactory } from './handshake/subject';
import { benchRegistration, registrationTable } from './registration/registration';
import { type RegistrationFactory } from './registration/subject';
import { type Assumptions } from './region/plan';
import { benchRegion, regionChart, regionTable } from './region/region';
import { type VerificationFactory } from './verification/subject';
import { benchVerification, verificationTable } from './verification/verification';

export { benchCrypto };
export { type CryptoResults } from './crypto/results';

export type {
  BlockLimits,
  BlockWeight,
  Cutting,
  OrderingFactory,
  OrderingSubject,
  Query,
  RecordsFactory,
  RecordsSubject,
  Weight,
} from './analyses/subject';
export type { ThroughputFactories } from './analyses/throughput';

export type { CurtailmentFactories, CurtailmentSubject } from './curtailment/curtailment';
export type { CpuTimes, EndToEndFactory, EndToEndSubject, SealedCommands, StreamListener } from './end-to-end/subject';
export type { ChainSubject, CommitTimes, GrowthSubjects, RestartTimes } from './growth/subject';
export type { HandshakeRun, HandshakeSubject, SubjectFactory, SubjectParts } from './handshake/subject';

export { ASSUMPTIONS, type Assumptions } from './region/plan';

export type { Offered, RegistrationFactory, RegistrationLedger, RegistrationSubject } from './registration/subject';

export type { VerificationFactory, VerificationSubject } from './verification/subject';

const USAGE = `usage: bench all|<suite> [--json]
  all          every one of them in turn
  crypto       cost of the scheme in multiples of one native X25519 and one Ed25519 verification
  handshake    cost of the mutual authentication beside one TLS 1.3 handshake of OpenSSL
  curtailment  milliseconds from a centre's call to each charging station's acceptance
  registration vehicles registered a second at a provider and on the chain, sustained for 20 s
  end-to-end   commands committed and streamed a second, beside one sealed command a transaction
  verification transactions a second with one σ verified, beside a plain put of the same size
  storage      bytes a transaction leaves in blocks and state, transactions a block holds
  queries      milliseconds of a query at 1,000 to 5,000 records
  delay        milliseconds from making a transaction to its commit, over block size and interval
  throughput   accepted and processed a second over what is offered a second
  growth       costs over receivers, length of chain, organisations, with the exponent fitted
  region       hosts, channels, bandwidth, storage of a region, from what the other suites measured
  --json       JSON on stdout; also written to bench/out/<name>.json, with a chart in bench/out/<name>.svg
`;

/** What the application brings to be measured. */
export interface BenchSubjects {
  readonly handshake?: SubjectFactory;
  readonly registration?: RegistrationFactory;
  readonly curtailment?: CurtailmentFactories;
  readonly endToEnd?: EndToEndFactory;
  readonly verification?: VerificationFactory;
  readonly records?: RecordsFactory;
  readonly ordering?: OrderingFactory;
  readonly throughput?: ThroughputFactories;
  readonly growth?: GrowthSubjects;
  /** What is supposed of the region that is planned. */
  readonly region?: Assumptions;
}

interface Measured {
  readonly results: object;
  /** Rows for a person. */
  readonly table: string;
  readonly chart: Drawing;
}

/** No suite may take longer, whatever the machine. */
const SUITE_MS = 900_000;

/**
 * @param args the command line after `bench`
 * @returns the exit code: 0; 1 if one of several suites failed; 2 for a command line it does not know
 */
export async function runBench(args: readonly string[], subjects: BenchSubjects = {}): Promise<number> {
  const [name = '', ...flags] = args;
  const known = suites(subjects);
  const chosen = name === 'all' ? Object.keys(known) : [name].filter((each) => Object.hasOwn(known, each));
  if (chosen.length === 0 || flags.some((flag) => flag !== '--json')) {
    process.stderr.write(USAGE);
    return 2;
  }
  const documents: Record<string, object> = {};
  let exit = 0;
  for (const suite of chosen) {
    try {
      documents[suite] = await runSuite(suite, known[suite] as () => Promise<Measured>, flags.includes('--json'));
    } catch (error) {
      if (chosen.length === 1) throw error;
      process.stderr.write(`${suite} failed: ${error instanceof Error ? error.message : String(error)}\n`);
      exit = 1;
    }
  }
  const printed = name === 'all' ? documents : documents[name];
  if (flags.includes('--json')) process.stdout.write(`${JSON.stringify(printed, null, 2)}\n`);
  return exit;
}

async function runSuite(name: string, measure: () => Promise<Measured>, quiet: boolean): Promise<object> {
  const { results, table, chart } = await within(SUITE_MS, `bench ${name}`, measure());
  const document = { ...results, ...provenance() };
  const file = writeResults(name, document, chart);
  if (!quiet) process.stdout.write(`${table}\n\n`);
  process.stderr.write(`written to ${file}\n`);
  return document;
}

/** A suite of what `run` measures. */
function suite<Results extends object>(
  run: () => Promise<Results>,
  table: (results: Results) => string,
  chart: (results: Results) => Drawing,
): () => Promise<Measured> {
  return async () => {
    const results = await run();
    return { results, table: table(results), chart: chart(results) };
  };
}

function suites({
  handshake,
  registration,
  curtailment,
  endToEnd,
  verification,
  records,
  ordering,
  throughput,
  growth,
  region,
}: BenchSubjects): Readonly<Record<string, () => Promise<Measured>>> {
  return {
    crypto: suite(benchCrypto, cryptoTable, cryptoChart),
    ...(handshake && { handshake: suite(() => benchHandshake(handshake), handshakeTable, handshakeChart) }),
    ...(curtailment && { curtailment: suite(() => benchCurtailment(curtailment), curtailmentTable, curtailmentChart) }),
    ...(registration && {
      registration: suite(() => benchRegistration(registration), registrationTable, registrationChart),
    }),
    ...(endToEnd && { 'end-to-end': suite(() => benchEndToEnd(endToEnd), endToEndTable, endToEndChart) }),
    ...(verification && {
      verification: suite(() => benchVerification(verification), verificationTable, verificationChart),
    }),
    ...(records && {
      storage: suite(() => benchStorage(records), storageTable, storageChart),
      queries: suite(() => benchQueries(records), queriesTable, queriesChart),
    }),
    ...(ordering && { delay: suite(() => benchDelay(ordering), delayTable, delayChart) }),
    ...(throughput && { throughput: suite(() => benchThroughput(throughput), throughputTable, throughputChart) }),
    ...(growth && { growth: suite(() => benchGrowth(growth), growthTable, growthChart) }),
    ...(region && { region: suite(() => benchRegion(region), regionTable, regionChart) }),
  };
}
