import { type BenchSubjects } from '@chargecast/bench';
import { type LedgerKind } from '@chargecast/network';

import { type Register } from './command';
import { ledgerOption, wholeNumber, withExamples } from './defaults';
import { type ExitCode } from './io';

interface CurtailmentOptions {
  readonly json?: boolean;
  readonly stations: number;
  readonly ledger: LedgerKind | 'auto';
}

interface LedgerOptions {
  readonly json?: boolean;
  readonly ledger: LedgerKind | 'auto';
}

interface GrowthOptions extends LedgerOptions {
  readonly messages: number;
}

/** What `bench growth` makes the chain hold. */
const MESSAGES = 100_000;

/** Fewer than `bench curtailment` takes alone, so that all suites end within the time named. */
const STATIONS_OF_ALL = 50;

async function ledgerSubjects(ledger: LedgerKind | 'auto'): Promise<Pick<BenchSubjects, 'endToEnd'>> {
  const { endToEndSubject } = await import('../deployment/bench/end-to-end-subject.js');
  return { endToEnd: () => endToEndSubject(ledger) };
}

/** What the second paper's analyses run on. */
async function analysisSubjects(
  wanted: LedgerKind | 'auto',
): Promise<Pick<BenchSubjects, 'records' | 'ordering' | 'throughput'>> {
  const { chooseLedger } = await import('@chargecast/network');
  const { recordsSubject } = await import('../deployment/bench/records-subject.js');
  const { orderingSubject } = await import('../deployment/bench/ordering-subject.js');
  const { registrationSubject } = await import('../deployment/bench/registration-subject.js');
  const { endToEndSubject } = await import('../deployment/bench/end-to-end-subject.js');
  const { kind } = await chooseLedger(wanted);
  return {
    records: () => recordsSubject(kind),
    ordering: (cutting) => orderingSubject(kind, cutting),
    throughput: { registration: () => registrationSubject(kind), endToEnd: () => endToEndSubject(kind) },
  };
}

async function growthSubjects(wanted: LedgerKind | 'auto', messages: number): Promise<Pick<BenchSubjects, 'growth'>> {
  const { chooseLedger } = await import('@chargecast/network');
  const { chainSubject: chain } = await import('../deployment/bench/chain-subject.js');
  const { kind } = await chooseLedger(wanted);
  const ledgers: readonly LedgerKind[] = wanted === 'auto' && kind === 'fabric' ? ['embedded', 'fabric'] : [kind];
  return { growth: { chain, ledgers, messages } };
}

/** Every published figure comes from a command here. */
export const registerBench: Register = (program) => {
  const bench = program.group('bench', 'measurements, each in multiples of a stock operation of the same run');
  bench.verb<{ json?: boolean }>(
    'crypto',
    'cost of sealing, verifying and locating; also written to bench/out/crypto.json',
    (command) => command,
    async (_, { json }) => {
      const { runBench } = await import('@chargecast/bench');
      return (await runBench(['crypto', ...(json ? ['--json'] : [])])) as ExitCode;
    },
  );
  bench.verb<{ json?: boolean }>(
    'handshake',
    'cost of the mutual authentication beside OpenSSL’s TLS 1.3; also written to bench/out/handshake.json',
    (command) => command,
    async (_, { json }) => {
      const { runBench } = await import('@chargecast/bench');
      const { handshakeSubject: handshake } = await import('../authentication/bench/subject.js');
      return (await runBench(['handshake', ...(json ? ['--json'] : [])], { handshake })) as ExitCode;
    },
  );
  bench.verb<CurtailmentOptions>(
    'curtailment',
    'from a centre’s call to each station’s acceptance, on each ledger; also written to bench/out/curtailment.json',
    (command) =>
      command
        .option('--stations <n>', 'charging stations', (text) => wholeNumber(text, 1, 2_000), 500)
        .addOption(ledgerOption()),
    async (_, { json, stations, ledger }) => {
      const { runBench } = await import('@chargecast/bench');
      const { curtailmentSubjects } = await import('../station/bench/subject.js');
      const curtailment = await curtailmentSubjects(stations, ledger);
      return (await runBench(['curtailment', ...(json ? ['--json'] : [])], { curtailment })) as ExitCode;
    },
  );
  for (const [name, description] of [
    ['end-to-end', 'commands committed and streamed a second, beside one sealed command a transaction'],
    ['verification', 'transactions a second with one σ verified, beside a plain put of the same size'],
  ] as const) {
    bench.verb<LedgerOptions>(
      name,
      `${description}; also written to bench/out/${name}.json`,
      (command) => command.addOption(ledgerOption()),
      async (_, { json, ledger }) => {
        const { runBench } = await import('@chargecast/bench');
        return (await runBench([name, ...(json ? ['--json'] : [])], await ledgerSubjects(ledger))) as ExitCode;
      },
    );
  }
  for (const [name, description] of [
    ['storage', 'bytes a transaction leaves in blocks and state, transactions a block holds'],
    ['queries', 'milliseconds of a query at 1,000 to 5,000 records'],
    ['delay', 'milliseconds from making a transaction to its commit, over block size and interval'],
    ['throughput', 'accepted and processed a second over what is offered a second'],
  ] as const) {
    bench.verb<LedgerOptions>(
      name,
      `${description}; also written to bench/out/${name}.json`,
      (command) => command.addOption(ledgerOption()),
      async (_, { json, ledger }) => {
        const { runBench } = await import('@chargecast/bench');
        return (await runBench([name, ...(json ? ['--json'] : [])], await analysisSubjects(ledger))) as ExitCode;
      },
    );
  }
  bench.verb<GrowthOptions>(
    'growth',
    'costs over receivers, length of chain, organisations, with the exponent fitted; also written to bench/out/growth.json',
    (command) =>
      command
        .option('--messages <n>', 'σ the chain grows to', (text) => wholeNumber(text, 1_000, 1_000_000), MESSAGES)
        .addOption(ledgerOption()),
    async (_, { json, ledger, messages }) => {
      const { runBench } = await import('@chargecast/bench');
      return (await runBench(
        ['growth', ...(json ? ['--json'] : [])],
        await growthSubjects(ledger, messages),
      )) as ExitCode;
    },
  );
  bench.verb<LedgerOptions>(
    'all',
    'every one of them in turn, which takes a quarter of an hour; what `bench` alone does',
    (command) => command.addOption(ledgerOption()),
    async (_, { json, ledger }) => {
      const { runBench } = await import('@chargecast/bench');
      const { handshakeSubject: handshake } = await import('../authentication/bench/subject.js');
      const { curtailmentSubjects } = await import('../station/bench/subject.js');
      const { registrationSubject: registration } = await import('../deployment/bench/registration-subject.js');
      const curtailment = await curtailmentSubjects(STATIONS_OF_ALL, ledger);
      const subjects = {
        handshake,
        registration,
        curtailment,
        ...(await ledgerSubjects(ledger)),
        ...(await analysisSubjects(ledger)),
        ...(await growthSubjects(ledger, MESSAGES)),
      };
      return (await runBench(['all', ...(json ? ['--json'] : [])], subjects)) as ExitCode;
    },
    true,
  );
  bench.verb<{ json?: boolean }>(
    'registration',
    'vehicles registered a second, sustained for 20 s, on every ledger found; also written to bench/out/registration.json',
    (command) => command,
    async (_, { json }) => {
      const { runBench } = await import('@chargecast/bench');
      const { registrationSubject: registration } = await import('../deployment/bench/registration-subject.js');
      return (await runBench(['registration', ...(json ? ['--json'] : [])], { registration })) as ExitCode;
    },
  );
  for (const verb of bench.command.commands) withExamples(verb, `./chargecast bench ${verb.name()} --json`);
};
