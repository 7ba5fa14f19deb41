import { join, resolve } from 'node:path';

import { type Command, InvalidArgumentError, Option } from 'commander';

import { ROOT } from '../deployment/root';

/** Folder of a noun's data under the checkout, or what the user names, from where the user stands. */
export function dataDirectory(given: string | undefined, noun: string): string {
  return given === undefined ? join(ROOT, '.chargecast', noun) : resolve(given);
}

export function dataOption(noun: string): Option {
  return new Option('--data <dir>', `folder for everything it writes (default: .chargecast/${noun} in the checkout)`);
}

export function ledgerOption(): Option {
  return new Option('--ledger <kind>', 'embedded, fabric, or auto: Fabric where its programs are found')
    .choices(['embedded', 'fabric', 'auto'])
    .default('auto');
}

export function organisationsOption(): Option {
  return new Option('--organisations <n>', 'CSS organisations, n ≥ 3l + 1 for l faulty ones: 4 to 10')
    .argParser((text) => wholeNumber(text, 4, 10))
    .default(4);
}

export function profileOption(): Option {
  return new Option(
    '--profile <file>',
    'an existing Fabric network to build on: network description or profile.json (docs/network.md)',
  ).conflicts('ledger');
}

export function basePortOption(): Option {
  return new Option('--base-port <n>', 'first port of the nodes on 127.0.0.1').argParser((text) =>
    wholeNumber(text, 1024, 65_000),
  );
}

/** @throws InvalidArgumentError, which commander turns into misuse */
export function wholeNumber(text: string, lowest: number, highest: number): number {
  const number = Number(text);
  if (!/^\d{1,9}$/.test(text) || number < lowest || number > highest) {
    throw new InvalidArgumentError(`expected is a whole number from ${lowest} to ${highest}.`);
  }
  return number;
}

/** @throws InvalidArgumentError, which commander turns into misuse */
export function parseTime(text: string): number {
  const iso = /^\d{4}-\d{2}-\d{2}(T|$)/.test(text) ? Date.parse(text) / 1000 : Number.NaN;
  const seconds = /^\d{1,12}$/.test(text) ? Number(text) : Math.floor(iso);
  if (!Number.isSafeInteger(seconds)) {
    throw new InvalidArgumentError('expected are Unix seconds or a time in ISO 8601.');
  }
  return seconds;
}

export function withExamples(command: Command, ...examples: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  $ ${line}`).join('\n')}`);
}
