import { setMaxListeners } from 'node:events';

import { createCli } from './command';
import { type ExitCode, type IoStreams } from './io';
import { REGISTER } from './registry';

const DESCRIPTION =
  'Confidential commands and bills to many electric vehicles, verified by a Hyperledger Fabric consortium.';

/** Sets the process's exit code and returns; nothing ends the process before its output is written. */
export function main(args: readonly string[]): void {
  // One signal stops a process; everything under way listens to it.
  setMaxListeners(0);
  void run(args, { stdout: process.stdout, stderr: process.stderr, environment: process.env }).then((exit) => {
    process.exitCode = exit;
  });
}

export function run(args: readonly string[], streams: IoStreams): Promise<ExitCode> {
  const cli = createCli('chargecast', DESCRIPTION, streams);
  for (const register of REGISTER) register(cli.program);
  return cli.run(args);
}
