import { type Counts, type ScenarioResult } from '@chargecast/conformance';

import { type Register } from './command';
import { withExamples } from './defaults';
import { type Io } from './io';
import { withStopSignal } from './until-stopped';

export const registerConformance: Register = (program) => {
  const conformance = program.group('conformance', 'the embedded ledger under fabric-gateway’s published scenarios');
  conformance.verb<{ from: string }>(
    'run',
    'runs them; exit 1 if one fails; what `conformance` alone does',
    (command) =>
      withExamples(
        command.requiredOption('--from <dir>', 'your checkout of https://github.com/hyperledger/fabric-gateway'),
        './chargecast conformance run --from ../fabric-gateway',
      ),
    async (io, { from }) => {
      const { GROUPS, runConformance } = await import('@chargecast/conformance');
      const report = await withStopSignal((stopped) => {
        const stopping = new AbortController();
        void stopped.then(() => stopping.abort());
        return runConformance({ from, signal: stopping.signal, onScenario: scenarioPrinter(io) });
      });
      const { suite, client, groups, held, counts } = report;
      io.line('');
      for (const [name, each] of Object.entries(groups)) io.line(`${name}: ${countsText(each)}`);
      io.line(`fabric-gateway ${suite.version}${suite.commit ? ` (${suite.commit})` : ''}, client ${client}`);
      io.line(`${GROUPS.join(', ')}: ${countsText(held)}`);
      io.line(`all: ${countsText(counts)}`);
      io.result(report);
      return counts.failed === 0 ? 0 : 1;
    },
    true,
  );
};

/** Prints each scenario below the name of its feature file. */
function scenarioPrinter(io: Io): (result: ScenarioResult) => void {
  let group = '';
  return (result) => {
    if (result.group !== group) io.line(result.group);
    group = result.group;
    for (const line of linesOf(result)) io.line(line);
  };
}

function linesOf({ name, line, status, reason, step, notes }: ScenarioResult): string[] {
  const why = status === 'failed' ? `at "${step}": ${reason}` : reason;
  return [
    `  ${status.padEnd(11)}  ${name} (line ${line})`,
    ...(why === undefined ? [] : [`${' '.repeat(15)}${why}`]),
    ...notes.map((note) => `${' '.repeat(15)}note: ${note}`),
  ];
}

function countsText({ passed, failed, unsupported }: Counts): string {
  return `${passed} passed, ${failed} failed, ${unsupported} unsupported`;
}
