import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * A suite of the real network: it runs where Fabric's programs are in FABRIC_BIN or on PATH and is otherwise shown as
 * skipped, under the mark `[fabric]` by which `npm test` counts it.
 */
export function describeWithFabric(name: string, suite: () => void): void {
  const title = `[fabric] ${name}`;
  if (fabricIsHere()) describe(title, suite);
  else describe.skip(title, suite);
}

/** Jest collects suites synchronously; whether the version fits is left to the tests, which then fail and say so. */
function fabricIsHere(): boolean {
  const { FABRIC_BIN, PATH = '' } = process.env;
  const directories = FABRIC_BIN ? [FABRIC_BIN] : PATH.split(delimiter).filter(Boolean);
  return ['peer', 'orderer', 'configtxgen'].every((program) =>
    directories.some((directory) => isExecutable(join(directory, program))),
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
