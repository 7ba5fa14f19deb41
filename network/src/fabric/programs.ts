import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { allSettled } from '../all-settled';
import { NetworkError } from '../errors';

const run = promisify(execFile);

export const FABRIC_INSTALLATION_PAGE = 'https://hyperledger-fabric.readthedocs.io/en/latest/install.html';

/** SmartBFT and the channel capability V3_0 came with 3.0. */
const NEEDED_MAJOR = 3;

const PROGRAMS = ['peer', 'orderer', 'configtxgen', 'discover'] as const;
type Program = (typeof PROGRAMS)[number];

/** Absolute paths of Fabric's programs, all of one version. */
export type FabricPrograms = Readonly<Record<Program, string>> & { readonly version: string };

/**
 * Takes Fabric's programs from `FABRIC_BIN`, or where that is not set from PATH.
 * @throws NetworkError `E_FABRIC_MISSING`, `E_FABRIC_VERSION`; both name Fabric's installation page
 */
export async function findFabric(environment: NodeJS.ProcessEnv = process.env): Promise<FabricPrograms> {
  const directories = searchPath(environment);
  const paths = await allSettled(PROGRAMS.map((program) => locate(program, directories)));
  const missing = PROGRAMS.filter((_, index) => paths[index] === null);
  if (missing.length > 0) {
    const place = environment.FABRIC_BIN ? `FABRIC_BIN (${environment.FABRIC_BIN})` : 'PATH';
    throw new NetworkError(
      'E_FABRIC_MISSING',
      `${missing.join(', ')} not found in ${place}: install Hyperledger Fabric ${NEEDED_MAJOR}.x (${FABRIC_INSTALLATION_PAGE}) and set FABRIC_BIN to its bin folder, or use the embedded ledger`,
    );
  }
  const [peer, orderer, configtxgen, discover] = paths as [string, string, string, string];
  return { peer, orderer, configtxgen, discover, version: await commonVersion({ peer, orderer, configtxgen }) };
}

/** The programs, or why the real network cannot run here. */
export async function probeFabric(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<{ programs: FabricPrograms } | { error: NetworkError }> {
  try {
    return { programs: await findFabric(environment) };
  } catch (error) {
    if (error instanceof NetworkError) return { error };
    throw error;
  }
}

function searchPath(environment: NodeJS.ProcessEnv): string[] {
  if (environment.FABRIC_BIN) return [resolve(environment.FABRIC_BIN)];
  return (environment.PATH ?? '').split(delimiter).filter((entry) => entry.length > 0);
}

async function locate(program: Program, directories: readonly string[]): Promise<string | null> {
  for (const directory of directories) {
    const path = join(directory, program);
    try {
      await access(path, constants.X_OK);
      return path;
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  return null;
}

async function commonVersion(programs: Record<'peer' | 'orderer' | 'configtxgen', string>): Promise<string> {
  const [peer, orderer, configtxgen] = await allSettled([
    versionOf(programs.peer, 'version'),
    versionOf(programs.orderer, 'version'),
    versionOf(programs.configtxgen, '-version'),
  ]);
  const found = `peer ${peer}, orderer ${orderer}, configtxgen ${configtxgen}`;
  if (peer !== orderer || peer !== configtxgen || Number(peer?.split('.')[0]) !== NEEDED_MAJOR) {
    throw new NetworkError(
      'E_FABRIC_VERSION',
      `Hyperledger Fabric ${NEEDED_MAJOR}.x is needed, all programs of one version; found ${found}: see ${FABRIC_INSTALLATION_PAGE}`,
    );
  }
  return peer as string;
}

async function versionOf(path: string, argument: string): Promise<string> {
  try {
    const { stdout, stderr } = await run(path, [argument], { timeout: 10_000 });
    return /Version: v?(\d+\.\d+\.\d+)/.exec(`${stdout}\n${stderr}`)?.[1] ?? 'unknown';
  } catch (error) {
    throw new NetworkError(
      'E_FABRIC_VERSION',
      `${path} ${argument} does not run on this machine: install Hyperledger Fabric for it from ${FABRIC_INSTALLATION_PAGE}`,
      { cause: error },
    );
  }
}
