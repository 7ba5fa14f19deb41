import { join, resolve } from 'node:path';

import { type LedgerKind } from '@chargecast/network';
import { InvalidArgumentError } from 'commander';

import { ROOT } from '../deployment/root';
import { type Register } from './command';
import { dataDirectory, dataOption, ledgerOption, wholeNumber, withExamples } from './defaults';

interface ReplayCommandOptions {
  readonly data?: string;
  readonly ledger: LedgerKind | 'auto';
  readonly sessions?: string;
  readonly vehicles?: number;
  readonly speed: number | 'max';
  readonly tariff: string;
  readonly kill?: number;
}

const NOUN = 'replay';
const HOME_TARIFF = join(ROOT, 'gateway-app', 'data', 'tariff-home.json');

export const registerReplay: Register = (program) => {
  program.verb<ReplayCommandOptions>(
    NOUN,
    'plays charging sessions through the whole flow and compares energy and money; exit 1 unless all agree',
    (command) =>
      withExamples(
        command
          .option('--sessions <file>', 'charging sessions in the published Trondheim format (default: synthetic ones)')
          .option('--vehicles <n>', 'only the sessions of so many vehicles', (text) => wholeNumber(text, 1, 5_000))
          .option('--speed <n>', 'times as fast as the clock, or max', speedOf, 'max' as const)
          .option('--tariff <file>', 'what is charged', HOME_TARIFF)
          .option(
            '--kill <n>',
            'kill −9 so many processes in the middle: agents, gateways, centres, stations, ledger',
            (text) => wholeNumber(text, 1, 1_000),
          )
          .addOption(ledgerOption())
          .addOption(dataOption(NOUN)),
        './chargecast replay',
        './chargecast replay --sessions ev-sessions-trondheim.csv --speed max --json',
      ),
    async (io, { data, ledger, sessions, vehicles, speed, tariff, kill }) => {
      const { agrees, replayTable, runReplay } = await import('../replay/index.js');
      const { readTariff } = await import('../pricing/index.js');
      const { createProgress } = await import('../demo/index.js');
      const interrupted = new AbortController();
      const stop = (): void => interrupted.abort();
      process.once('SIGINT', stop).once('SIGTERM', stop);
      try {
        const summary = await runReplay(
          {
            directory: dataDirectory(data, NOUN),
            ledger,
            speed,
            people: true,
            tariff: await readTariff(resolve(tariff)),
            signal: interrupted.signal,
            ...(sessions === undefined ? {} : { sessions: resolve(sessions) }),
            ...(vehicles === undefined ? {} : { vehicles }),
            ...(kill === undefined ? {} : { kill }),
          },
          createProgress(io),
        );
        io.result(summary);
        io.line('');
        io.line(replayTable(summary));
        io.line(agrees(summary) ? 'Energy and money agree everywhere.' : 'NOT AS IT SHOULD BE.');
        return agrees(summary) ? 0 : 1;
      } finally {
        process.off('SIGINT', stop).off('SIGTERM', stop);
      }
    },
  );
};

/** @throws InvalidArgumentError, which commander turns into misuse */
function speedOf(text: string): number | 'max' {
  if (text === 'max') return text;
  const speed = Number(text);
  if (!/^\d{1,7}(\.\d+)?$/.test(text) || speed <= 0) {
    throw new InvalidArgumentError('expected is max, or how many times as fast as the clock.');
  }
  return speed;
}
