import { type Comparison } from '@chargecast/network/differential/index';
import { Option } from 'commander';

import { CodedError } from '../common/errors';

import { type Register } from './command';
import { basePortOption, withExamples } from './defaults';
import { type Io, MisuseError } from './io';
import { withStopSignal } from './until-stopped';

interface DifferentialCommand {
  readonly against: 'auto' | 'fabric' | 'recording';
  readonly record?: boolean;
  readonly basePort?: number;
}

/** The embedded ledger held to Fabric. */
export const registerDifferential: Register = (network) => {
  network.verb<DifferentialCommand>(
    'differential',
    'runs one script of transactions on the embedded ledger and on Fabric and compares all a client can see',
    (command) =>
      withExamples(
        command
          .addOption(
            new Option(
              '--against <what>',
              'a Fabric network made for it, the recording of one, or auto: Fabric where its programs are found',
            )
              .choices(['auto', 'fabric', 'recording'])
              .default('auto'),
          )
          .option('--record', 'keep what Fabric did as the recording')
          .addOption(basePortOption()),
        './chargecast network differential --against recording',
        'FABRIC_BIN=~/fabric/bin ./chargecast network differential --record',
      ),
    async (io, { against, record, basePort }) => {
      if (record && against === 'recording') {
        throw new MisuseError('E_USAGE', '--record needs a Fabric network: leave --against recording out');
      }
      const { isSame, runDifferential } = await import('@chargecast/network/differential/index');
      const report = await interruptible((signal) =>
        runDifferential({
          against,
          signal,
          ...(record && { record }),
          ...(basePort !== undefined && { basePort }),
          onProgress: ({ step, detail }) => io.note(detail === undefined ? step : `${step}: ${detail}`),
          onStep: (ledger, step) => io.note(`${ledger}: ${step}`),
        }),
      );
      show(io, report.comparisons);
      const counts = countsOf(report.comparisons);
      const source = report.source === 'network' ? 'a network of its own' : 'as recorded';
      io.line(
        `Fabric ${report.fabric}, ${source}: ${counts.equal} equal, ${counts.deliberate} different as declared, ${counts.different} different`,
      );
      const { fabric, comparisons } = report;
      io.result({ fabric, source: report.source, ...counts, comparisons });
      return isSame(comparisons) ? 0 : 1;
    },
  );
};

/** Ended by a signal, it lets the step in work end, so that the ledgers are stopped and removed. */
async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const aborted = new AbortController();
  return withStopSignal((stopped) => {
    void stopped.then((signal) =>
      aborted.abort(new CodedError('E_INTERRUPTED', `the comparison was ended by ${signal}`)),
    );
    return work(aborted.signal);
  });
}

function show(io: Io, comparisons: readonly Comparison[]): void {
  for (const { verdict, aspect, step, why, embedded, fabric } of comparisons) {
    io.line(`${verdict.padEnd(10)}  ${aspect.padEnd(11)}  ${step}${why === undefined ? '' : ` (${why})`}`);
    if (verdict !== 'different') continue;
    io.line(`  embedded ${JSON.stringify(embedded)}`);
    io.line(`  fabric   ${JSON.stringify(fabric)}`);
  }
}

function countsOf(comparisons: readonly Comparison[]): Record<Comparison['verdict'], number> {
  const counts = { equal: 0, deliberate: 0, different: 0 };
  for (const { verdict } of comparisons) counts[verdict] += 1;
  return counts;
}
