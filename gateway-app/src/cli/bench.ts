import { type BenchSubjects } from '@chargecast/bench';
import { ASSUMPTIONS, type Assumptions } from '@chargecast/bench/region/plan';
import { type LedgerKind } from '@chargecast/network';
import { type Command } from 'commander';

import { assumptionsOf, regionOptions } from './bench-region';
import { type Register } from './command';
import { ledgerOption, wholeNumber, withExamples } from './defaults';
import { type ExitCode } from './io';

interface LedgerOptions {
  readonly ledger: LedgerKind | 'auto';
}

interface CurtailmentOptions extends LedgerOptions {
  readonly stations: number;
}

interface GrowthOptions extends LedgerOptions {
  readonly messages: number;
}

/** One measurement: what is said of it, its options, and what the application brings to it. */
interface Suite<Options> {
  readonly description: string;
  readonly options: (command: Command) => Command;
  readonly subjects: (options: Options) => Promise<BenchSubjects>;
}

/** What `bench growth` makes the chain hold. */
const MESSAGES = 100_000;

/** Fewer than `bench curtailment` takes alone, so that all suites end within the time named. */
const STATIONS_OF_ALL = 50;

const without = (command: Command): Command => command;
const onLedger = (command: Command): Command => command.addOption(ledgerOption());

async function centreSubjects(): Promise<BenchSubjects> {
  const { centreSubject: centre } = await import('../csc/bench/subject.js');
  return { centre };
}

async function handshakeSubjects(): Promise<BenchSubjects> {
  const { handshakeSubject: handshake } = await import('../authentication/bench/subject.js');
  return { handshake };
}

async function registrationSubjects(): Promise<BenchSubjects> {
  const { registrationSubject: registration } = await import('../deployment/bench/registration-subject.js');
  return { registration };
}

async function curtailed({ stations, ledger }: CurtailmentOptions): Promise<BenchSubjects> {
  const { curtailmentSubjects } = await import('../station/bench/subject.js');
  return { curtailment: await curtailmentSubjects(stations, ledger) };
}

async function endToEndSubjects({ ledger }: LedgerOptions): Promise<BenchSubjects> {
  const { endToEndSubject } = await import('../deployment/bench/end-to-end-subject.js');
  return { endToEnd: () => endToEndSubject(ledger) };
}

async function verificationSubjects({ ledger }: LedgerOptions): Promise<BenchSubjects> {
  const { verificationSubject } = await import('../deployment/bench/verification-subject.js');
  return { verification: (receivers) => verificationSubject(ledger, receivers) };
}

/** What the second paper's analyses run on. */
async function analysisSubjects({ ledger }: LedgerOptions): Promise<BenchSubjects> {
  const { chooseLedger } = await import('@chargecast/network');
  const { recordsSubject } = await import('../deployment/bench/records-subject.js');
  const { orderingSubject } = await import('../deployment/bench/ordering-subject.js');
  const { registrationSubject } = await import('../deployment/bench/registration-subject.js');
  const { endToEndSubject } = await import('../deployment/bench/end-to-end-subject.js');
  const { kind } = await chooseLedger(ledger);
  return {
    records: () => recordsSubject(kind),
    ordering: (cutting) => orderingSubject(kind, cutting),
    throughput: { registration: () => registrationSubject(kind), endToEnd: () => endToEndSubject(kind) },
  };
}

async function growthSubjects({ ledger, messages }: GrowthOptions): Promise<BenchSubjects> {
  const { chooseLedger } = await import('@chargecast/network');
  const { chainSubject: chain } = await import('../deployment/bench/chain-subject.js');
  const { kind } = await chooseLedger(ledger);
  const ledgers: readonly LedgerKind[] = ledger === 'auto' && kind === 'fabric' ? ['embedded', 'fabric'] : [kind];
  return { growth: { chain, ledgers, messages } };
}

async function allSubjects({ ledger }: LedgerOptions): Promise<BenchSubjects> {
  const brought = await Promise.all([
    centreSubjects(),
    handshakeSubjects(),
    registrationSubjects(),
    curtailed({ ledger, stations: STATIONS_OF_ALL }),
    endToEndSubjects({ ledger }),
    verificationSubjects({ ledger }),
    analysisSubjects({ ledger }),
    growthSubjects({ ledger, messages: MESSAGES }),
  ]);
  return Object.assign({ region: ASSUMPTIONS }, ...brought) as BenchSubjects;
}

const CURTAILMENT: Suite<CurtailmentOptions> = {
  description: 'from a centre’s call to each station’s acceptance, on each ledger',
  options: (command) =>
    onLedger(command).option('--stations <n>', 'charging stations', (text) => wholeNumber(text, 1, 2_000), 500),
  subjects: curtailed,
};

const GROWTH: Suite<GrowthOptions> = {
  description: 'costs over receivers, length of chain, organisations, with the exponent fitted',
  options: (command) =>
    onLedger(command).option(
      '--messages <n>',
      'σ the chain grows to',
      (text) => wholeNumber(text, 1_000, 1_000_000),
      MESSAGES,
    ),
  subjects: growthSubjects,
};

const REGION: Suite<Assumptions> = {
  description:
    'hosts, channels, bandwidth, storage of a region, from what end-to-end, storage, registration, centre measured',
  options: regionOptions,
  subjects: async (options) => ({ region: assumptionsOf(options) }),
};

const analysis = (description: string): Suite<LedgerOptions> => ({
  description,
  options: onLedger,
  subjects: analysisSubjects,
});

const SUITES: Readonly<Record<string, Suite<never>>> = {
  crypto: {
    description: 'cost of sealing, verifying and locating',
    options: without,
    subjects: async () => ({}),
  },
  centre: {
    description: 'CPU time of a command at its centre by step, and how much of it is sealing',
    options: without,
    subjects: centreSubjects,
  },
  handshake: {
    description: 'cost of the mutual authentication beside OpenSSL’s TLS 1.3',
    options: without,
    subjects: handshakeSubjects,
  },
  curtailment: CURTAILMENT,
  registration: {
    description: 'vehicles registered a second, sustained for 20 s, on every ledger found',
    options: without,
    subjects: registrationSubjects,
  },
  'end-to-end': {
    description: 'commands committed and streamed a second, beside one sealed command a transaction',
    options: onLedger,
    subjects: endToEndSubjects,
  },
  verification: {
    description: 'transactions a second with one σ verified, beside a plain put of the same size',
    options: onLedger,
    subjects: verificationSubjects,
  },
  storage: analysis('bytes a transaction leaves in blocks and state, transactions a block holds'),
  queries: analysis('milliseconds of a query at 1,000 to 5,000 records'),
  delay: analysis('milliseconds from making a transaction to its commit, over block size and interval'),
  throughput: analysis('accepted and processed a second over what is offered a second'),
  growth: GROWTH,
  region: REGION,
};

/** Every published figure comes from a command here. */
export const registerBench: Register = (program) => {
  const bench = program.group('bench', 'measurements, beside what they are compared with in the same run');
  for (const [name, { description, options, subjects }] of Object.entries(SUITES)) {
    bench.verb<{ json?: boolean }>(
      name,
      `${description}; also written to bench/out/${name}.json`,
      options,
      async (_, given) => {
        const { runBench } = await import('@chargecast/bench');
        return (await runBench([name, ...(given.json ? ['--json'] : [])], await subjects(given as never))) as ExitCode;
      },
    );
  }
  bench.verb<LedgerOptions & { json?: boolean }>(
    'all',
    'every one of them in turn, each ended after a quarter of an hour; what `bench` alone does',
    onLedger,
    async (_, { json, ledger }) => {
      const { runBench } = await import('@chargecast/bench');
      return (await runBench(['all', ...(json ? ['--json'] : [])], await allSubjects({ ledger }))) as ExitCode;
    },
    true,
  );
  for (const verb of bench.command.commands) withExamples(verb, `./chargecast bench ${verb.name()} --json`);
};
