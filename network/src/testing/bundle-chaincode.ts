import { join } from 'node:path';

import { build } from 'esbuild';

/** Bundles the test chaincode into `<directory>/chaincode.js`. @returns the file */
export async function bundlePlainChaincode(directory: string): Promise<string> {
  const outfile = join(directory, 'chaincode.js');
  await build({
    entryPoints: [join(__dirname, 'plain-chaincode.ts')],
    bundle: true,
    platform: 'node',
    target: 'node20',
    outfile,
    logLevel: 'error',
  });
  return outfile;
}
