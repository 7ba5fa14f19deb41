import { join } from 'node:path';

/**
 * Bundles the probe chaincode into `<directory>/chaincode.js`.
 * @param prologue JavaScript that runs first: two bundles that differ in it are two chaincodes
 * @returns the file
 */
export async function bundleProbeChaincode(directory: string, prologue = ''): Promise<string> {
  // esbuild starts a program of its own: only where a bundle is made.
  const { build } = await import('esbuild');
  const outfile = join(directory, 'chaincode.js');
  await build({
    entryPoints: [require.resolve('./probe-chaincode')],
    bundle: true,
    platform: 'node',
    target: 'node20',
    outfile,
    banner: { js: prologue },
    logLevel: 'error',
  });
  return outfile;
}
