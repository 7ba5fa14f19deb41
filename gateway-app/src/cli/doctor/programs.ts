/** Programs of others: none is needed for the main job, each for what its remedy names. */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { type FabricPrograms, probeFabric } from '@chargecast/network';

import { messageOf } from '../../common/errors';
import { attention, type Check, type Finding, ok, optional } from './finding';
import { isSameOrLater } from './version';

const run = promisify(execFile);
const OLDEST_FABRIC = '3.1.0';
const TIMEOUT_MS = 20_000;

/** @param root the checkout */
export function programChecks(root: string, environment: NodeJS.ProcessEnv): readonly Check[] {
  return [
    { name: 'npm', run: npm },
    { name: 'Fabric', run: () => fabric(environment) },
    { name: 'Python stations', run: () => pythonStations(environment.CHARGECAST_PYTHON ?? 'python3') },
    { name: 'Schemathesis', run: () => schemathesis(environment.CHARGECAST_SCHEMATHESIS) },
    { name: 'Chromium', run: () => browser(root, environment) },
    { name: 'OpenSSL', run: openssl },
    { name: 'Docker', run: docker },
  ];
}

type Output = { readonly text: string } | { readonly error: string };

/** What a program prints; an answer too where it is not there. */
export async function outputOf(program: string, args: readonly string[]): Promise<Output> {
  try {
    const { stdout } = await run(program, args, { timeout: TIMEOUT_MS, shell: process.platform === 'win32' });
    return { text: stdout.trim() };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { error: code === 'ENOENT' ? `${program} is not on PATH` : firstLine(messageOf(error)) };
  }
}

const firstLine = (text: string): string => text.split('\n')[0] ?? '';

async function npm(): Promise<Finding> {
  const output = await outputOf('npm', ['--version']);
  if ('text' in output) return ok('npm', output.text);
  return optional('npm', output.error, 'it comes with Node; needed to install packages and to run `npm …`');
}

export async function fabric(environment: NodeJS.ProcessEnv): Promise<Finding> {
  const name = 'Fabric';
  const probe = await probeFabric(environment);
  if ('error' in probe) {
    const judge = environment.FABRIC_BIN ? attention : optional;
    return judge(name, probe.error.message, 'needed for --ledger fabric and `network …` only; docs/network.md');
  }
  return judgeFabric(probe.programs, environment.FABRIC_BIN ? 'FABRIC_BIN' : 'PATH');
}

/** @param place where they were found */
export function judgeFabric({ version, peer }: Pick<FabricPrograms, 'version' | 'peer'>, place: string): Finding {
  const name = 'Fabric';
  const found = `${version}: peer, orderer, configtxgen, discover by ${place} (${peer})`;
  if (isSameOrLater(version, OLDEST_FABRIC)) return ok(name, found);
  return attention(name, found, `install ${OLDEST_FABRIC} or later: what is tested is 3.1`);
}

async function pythonStations(python: string): Promise<Finding> {
  const name = 'Python stations';
  const script =
    'import sys, importlib.metadata as m, ocpp.v201, websockets; print(sys.version.split()[0], m.version("ocpp"))';
  const output = await outputOf(python, ['-c', script]);
  if ('text' in output) return ok(name, `${python} ${output.text.replace(' ', ' with ocpp ')}`);
  return optional(
    name,
    'no Python with the packages ocpp and websockets',
    'needed for the tests with stations of another maker: python3 -m pip install ocpp websockets, or name one in CHARGECAST_PYTHON',
  );
}

/** @param named by the environment */
export async function schemathesis(named: string | undefined): Promise<Finding> {
  const name = 'Schemathesis';
  const output = await outputOf(named ?? 'schemathesis', ['--version']);
  if ('text' in output) return ok(name, firstLine(output.text));
  const judge = named === undefined ? optional : attention;
  return judge(
    name,
    output.error,
    'needed for the property-based tests of the HTTP API: python3 -m venv venv && venv/bin/pip install schemathesis, and name venv/bin/schemathesis in CHARGECAST_SCHEMATHESIS',
  );
}

async function browser(root: string, environment: NodeJS.ProcessEnv): Promise<Finding> {
  const name = 'Chromium';
  const file = join(root, 'scripts', 'chromium.cjs');
  const { findChromium } = createRequire(file)(file) as {
    readonly findChromium: (environment: NodeJS.ProcessEnv) => string | undefined;
  };
  const program = findChromium(environment);
  const output = program === undefined ? undefined : await outputOf(program, ['--version']);
  if (output && 'text' in output) return ok(name, `${program}: ${firstLine(output.text)}`);
  return optional(
    name,
    output?.error ?? 'not found',
    'needed for `npm run test:browser` only: install it, or name its program in CHROMIUM',
  );
}

async function openssl(): Promise<Finding> {
  const name = 'OpenSSL';
  const output = await outputOf('openssl', ['version']);
  if ('text' in output) return ok(name, output.text);
  return optional(name, output.error, 'needed to read certificates by hand (docs), not by any command');
}

async function docker(): Promise<Finding> {
  const output = await outputOf('docker', ['--version']);
  return ok('Docker', `${'text' in output ? firstLine(output.text) : 'not here'}; nothing here needs it`);
}
