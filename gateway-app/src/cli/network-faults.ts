import { type FaultResult } from '../faults';
import { type Program } from './command';
import { dataDirectory, dataOption, wholeNumber, withExamples } from './defaults';
import { type Io } from './io';
import { progressLine } from './progress-line';
import { withStopSignal } from './until-stopped';

const NOUN = 'faults';

export function registerNetworkFaults(network: Program): void {
  registerSlow(network);
  registerMeasurement(network);
}

interface SlowOptions {
  readonly data?: string;
  readonly ms: number;
  readonly running: number;
  readonly seconds?: number;
}

function registerSlow(network: Program): void {
  network.verb<SlowOptions>(
    'slow <node>',
    'holds one node in turns, as a slow disk or machine would, until Ctrl-C; then it runs on',
    (command) =>
      withExamples(
        command
          .addOption(dataOption('network'))
          .option('--ms <n>', 'milliseconds it is held in each turn', (text) => wholeNumber(text, 1, 60_000), 200)
          .option('--running <n>', 'milliseconds it then runs', (text) => wholeNumber(text, 1, 60_000), 50)
          .option('--seconds <n>', 'ends by itself after this time', (text) => wholeNumber(text, 1, 86_400)),
        './chargecast network slow css2-orderer --ms 200 --seconds 30',
      ),
    async (io, { data, ms, running, seconds }, node) => {
      const { slowNode } = await import('@chargecast/network');
      const ending = new AbortController();
      const timer = seconds === undefined ? undefined : setTimeout(() => ending.abort(), seconds * 1000);
      await withStopSignal(async (stopped) => {
        void stopped.then(() => ending.abort());
        await slowNode(dataDirectory(data, 'network'), node, { held: ms, running, signal: ending.signal });
      });
      clearTimeout(timer);
      io.line(`${node} runs freely again`);
      io.result({ node, held: ms, running });
    },
  );
}

function registerMeasurement(network: Program): void {
  network.verb<{ data?: string }>(
    'faults',
    'builds a network of its own, breaks it under load, measures what follows, removes it; exit 1 if a bar does not hold',
    (command) =>
      withExamples(command.addOption(dataOption(NOUN)), 'FABRIC_BIN=~/fabric/bin ./chargecast network faults'),
    async (io, { data }) => {
      const { measureFaults } = await import('../faults/index.js');
      const { freshFolder } = await import('../demo/folder.js');
      const directory = dataDirectory(data, NOUN);
      await freshFolder(directory);
      const interrupted = new AbortController();
      const stop = (): void => interrupted.abort();
      process.once('SIGINT', stop).once('SIGTERM', stop);
      try {
        const results = await measureFaults({
          directory,
          signal: interrupted.signal,
          onProgress: progressLine(io),
          onResult: (result) => tell(io, result),
        });
        const holds = results.every((result) => result.holds);
        io.line(holds ? 'every bar holds' : 'NOT EVERY BAR HOLDS');
        io.result({ holds, results });
        return holds ? 0 : 1;
      } finally {
        process.off('SIGINT', stop).off('SIGTERM', stop);
        await freshFolder(directory);
      }
    },
  );
}

function tell(io: Io, { name, measured, unit, atMost, holds }: FaultResult): void {
  const figure = `${Number(measured.toFixed(2))} ${unit}`;
  const bar = atMost === undefined ? '' : `  (${holds ? 'holds' : 'DOES NOT HOLD'}: at most ${atMost})`;
  io.line(`${name.padEnd(56)}${figure}${bar}`);
}
