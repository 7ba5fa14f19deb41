import { join } from 'node:path';

import { build } from 'esbuild';

/**
 * Bundles the test chaincode into `<directory>/chaincode.js`.
 * @param prologue JavaScript that runs first: two bundles that differ in it are two chaincodes
 * @returns the file
 */
export async function bundleLedgerChaincode(directory: string, prologue = ''): Promise<string> {
  const outfile = join(directory, 'chaincode.js');
  await build({
    entryPoints: [join(__dirname, 'ledger-chaincode.ts')],
    bundle: true,
    platform: 'node',
    target: 'node20',
    outfile,
    banner: { js: prologue },
    logLevel: 'error',
  });
  return outfile;
}
