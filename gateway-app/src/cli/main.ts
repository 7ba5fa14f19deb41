import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from '../deployment/root';
import { type Cli, createCli } from './command';
import { withExamples } from './defaults';
import { type ExitCode, type IoStreams } from './io';
import { REGISTER } from './registry';

const DESCRIPTION =
  'Confidential commands and bills to many electric vehicles, verified by a Hyperledger Fabric consortium.';

/** Sets the process's exit code and returns; nothing ends the process before its output is written. */
export function main(args: readonly string[]): void {
  // One signal stops a process; everything under way listens to it.
  setMaxListeners(0);
  // A reader such as `head` may leave early: what is under way goes on and keeps its exit code.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe);
  void run(args, { stdout: process.stdout, stderr: process.stderr, environment: process.env }).then((exit) => {
    process.exitCode = exit;
  });
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

export function run(args: readonly string[], streams: IoStreams): Promise<ExitCode> {
  return commandLine(streams).run(args);
}

/** Every command there is. */
export function commandLine(streams: IoStreams): Cli {
  const cli = createCli('chargecast', DESCRIPTION, streams);
  for (const register of REGISTER) register(cli.program);
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  withExamples(
    cli.program.command.version(version),
    './chargecast doctor',
    './chargecast demo',
    './chargecast sigma --help',
  );
  return cli;
}
