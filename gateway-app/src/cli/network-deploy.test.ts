import { Writable } from 'node:stream';

import { createCli } from './command';
import { type ExitCode } from './io';
import { registerNetwork } from './network';

class Sink extends Writable {
  text = '';
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

async function deploy(...args: string[]): Promise<{ exit: ExitCode; err: string }> {
  const stderr = new Sink();
  const cli = createCli('chargecast', 'test', { stdout: new Sink(), stderr, environment: {} });
  registerNetwork(cli.program);
  return { exit: await cli.run(['network', 'deploy', ...args]), err: stderr.text };
}

it.each([
  [['--service', 'Org1MSP=localhost:9999'], 'E_USAGE'],
  [['--profile', 'none.json', '--service', 'Org1MSP'], 'E_USAGE'],
  [['--profile', 'none.json', '--service', 'Org1MSP=localhost'], 'E_USAGE'],
  [['--profile', 'none.json', '--service', 'Org1MSP=localhost:9999'], 'E_FILE_MISSING'],
])('refuses %j as %s', async (args, code) => {
  expect(await deploy(...args)).toMatchObject({ exit: 2, err: expect.stringContaining(code) as string });
});
