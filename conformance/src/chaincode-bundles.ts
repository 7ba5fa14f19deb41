import { join } from 'node:path';

import { build } from 'esbuild';

/** The chaincodes the scenarios deploy; ours stand in for the suite's. */
const TWINS = ['basic', 'errors', 'private'] as const;

/**
 * Makes one self-contained file of each twin.
 * @returns the file, by chaincode name
 */
export async function bundleTwins(directory: string): Promise<ReadonlyMap<string, string>> {
  await build({
    entryPoints: TWINS.map((name) => join(__dirname, 'chaincodes', name)),
    bundle: true,
    platform: 'node',
    target: 'node20',
    // The contract runtime knows contracts by their class names.
    keepNames: true,
    outdir: directory,
    logLevel: 'error',
  });
  return new Map(TWINS.map((name) => [name, join(directory, `${name}.js`)]));
}
