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
import { benchCentre, centreChart, centreTable } from './centre/centre';
import { type CentreFactory } from './centre/subject';
import { benchCrypto } from './crypto/crypto';
import { cryptoTable } from './crypto/report';
import { benchCurtailment, type CurtailmentFactories, curtailmentTable } from './curtailment/curtailment';
import { type Drawing } from './drawing';
import { benchEndToEnd, endToEndTable } from './end-to-end/end-to-end';
import { type EndToEndFactory } from './end-to-end/subject';
import { benchGrowth, growthChart, growthTable } from './growth/growth';
import { type GrowthSubjects } from './growth/subject';
import { benchHandshake, handshakeTable } from './handshake/handshake';
import { type SubjectFactory } from './handshake/subject';
import { benchRegistration, registrationTable } from './registration/registration';
import { type RegistrationFactory } from './registration/subject';
import { type Assumptions } from './region/plan';
import { benchRegion, regionChart, regionTable } from './region/region';
import { InterruptedError, Interruption, type Measured, type Reported, runSuite, SUITE_MS } from './suite';
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

export type { CentreFactory, CentreParts, CentreRun, CentreSubject } from './centre/subject';

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
  centre       cost of a command at its centre, by step, and the share of sealing
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
  readonly centre?: CentreFactory;
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

/**
 * @param args the command line after `bench`
 * @returns the exit code: 0; 1 if one of several suites failed; 2 for a command line it does not know; 130, 143 for
 * a signal, on which what runs for a measurement is stopped
 */
export async function runBench(args: readonly string[], subjects: BenchSubjects = {}): Promise<number> {
  const [name = '', ...flags] = args;
  const all = Object.keys(suites(subjects));
  const chosen = name === 'all' ? all : all.filter((each) => each === name);
  if (chosen.length === 0 || flags.some((flag) => flag !== '--json')) {
    process.stderr.write(USAGE);
    return 2;
  }
  const quiet = flags.includes('--json');
  const interrupted = new Interruption();
  const run = (suite: string): Promise<Reported> => {
    const measure = (brought: BenchSubjects): Promise<Measured> =>
      (suites(brought)[suite] as () => Promise<Measured>)();
    return runSuite(suite, measure, { subjects, suiteMs: SUITE_MS, interrupted });
  };
  try {
    return name === 'all' ? await runAll(chosen, run, quiet) : print(await run(name), quiet);
  } catch (error) {
    if (interrupted.exit !== undefined) return interrupted.exit;
    throw error;
  } finally {
    interrupted.forget();
  }
}

function print({ document, table }: Reported, quiet: boolean): number {
  process.stdout.write(quiet ? `${JSON.stringify(document, null, 2)}\n` : `${table}\n\n`);
  return 0;
}

/** One that fails does not keep the others from being measured; an interruption does. */
async function runAll(
  chosen: readonly string[],
  run: (suite: string) => Promise<Reported>,
  quiet: boolean,
): Promise<number> {
  const documents: Record<string, object> = {};
  let exit = 0;
  for (const suite of chosen) {
    try {
      const { document, table } = await run(suite);
      documents[suite] = document;
      if (!quiet) process.stdout.write(`${table}\n\n`);
    } catch (error) {
      if (error instanceof InterruptedError) throw error;
      process.stderr.write(`${suite} failed: ${error instanceof Error ? error.message : String(error)}\n`);
      exit = 1;
    }
  }
  if (quiet) process.stdout.write(`${JSON.stringify(documents, null, 2)}\n`);
  return exit;
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
  centre,
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
    ...(centre && { centre: suite(() => benchCentre(centre), centreTable, centreChart) }),
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
