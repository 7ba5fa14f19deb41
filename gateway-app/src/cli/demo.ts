import { join, resolve } from 'node:path';

import { type LedgerKind } from '@chargecast/network';

import { type Register } from './command';
import { dataDirectory, dataOption, ledgerOption, profileOption, wholeNumber, withExamples } from './defaults';
import { type DemoSummary } from '../demo';
import { type Io } from './io';

interface DemoCommandOptions {
  readonly data?: string;
  readonly ledger: LedgerKind | 'auto';
  readonly profile?: string;
  readonly sessions?: string;
  readonly vehicles?: number;
  readonly summary?: string;
}

const NOUN = 'demo';
const MOST_VEHICLES = 5_000;

export const registerDemo: Register = (program) => {
  program.verb<DemoCommandOptions>(
    NOUN,
    'the whole story: a fleet gets its commands and bills, attackers are refused, the chain is audited',
    (command) =>
      withExamples(
        command
          .option('--sessions <file>', 'charging sessions in the published Trondheim format (default: synthetic ones)')
          .option(
            '--vehicles <n>',
            'only so many vehicles; without --sessions a synthetic fleet of that size',
            (text) => wholeNumber(text, 1, MOST_VEHICLES),
          )
          .addOption(ledgerOption())
          .addOption(profileOption())
          .addOption(dataOption(NOUN))
          .option('--summary <file>', 'write the summary as JSON'),
        './chargecast demo',
        './chargecast demo --vehicles 100',
        './chargecast demo --sessions ev-sessions-trondheim.csv --summary summary.json',
      ),
    async (io, { data, ledger, profile, sessions, vehicles, summary: summaryFile }) => {
      const { createProgress, isGood, runDemo } = await import('../demo/index.js');
      const directory = dataDirectory(data, NOUN);
      const interrupted = new AbortController();
      const stop = (): void => interrupted.abort();
      process.once('SIGINT', stop).once('SIGTERM', stop);
      try {
        const summary = await runDemo(
          {
            directory,
            ledger,
            signal: interrupted.signal,
            ...(profile === undefined ? {} : { profile: resolve(profile) }),
            ...(sessions === undefined ? {} : { sessions: resolve(sessions) }),
            ...(vehicles === undefined ? {} : { vehicles }),
          },
          createProgress(io),
        );
        if (summaryFile !== undefined) await writeSummary(resolve(summaryFile), summary);
        io.result(summary);
        await tellEnd(io, directory, summary);
        return isGood(summary) ? 0 : 1;
      } finally {
        process.off('SIGINT', stop).off('SIGTERM', stop);
      }
    },
  );
};

async function writeSummary(file: string, summary: object): Promise<void> {
  const { writePrivateFile } = await import('../common/files.js');
  await writePrivateFile(file, `${JSON.stringify(summary, null, 2)}\n`);
}

async function tellEnd(io: Io, directory: string, summary: DemoSummary): Promise<void> {
  const { isGood, summaryTable } = await import('../demo/index.js');
  const params = join(directory, 'params.json');
  io.line('');
  io.line(summaryTable(summary));
  io.line('');
  io.line(
    isGood(summary) ? 'Every message was delivered exactly once; every attack was refused.' : 'NOT AS IT SHOULD BE.',
  );
  io.line(`Everything lies in ${directory}: params.json, trust.json, sigmas/, roles/*/role.log, ledger/`);
  io.line('Next:');
  io.line(`  ./chargecast sigma verify --params ${params} ${join(directory, 'sigmas', '*.sigma')}`);
  io.line(`  ./chargecast sigma inspect ${join(directory, 'sigmas', '*.sigma')}`);
  io.line(`  ./chargecast chain verify --data ${directory}`);
  io.line('  ./chargecast demo --vehicles 100');
}
