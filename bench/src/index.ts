import { benchCrypto } from './crypto/crypto';
import { cryptoTable, provenance, writeResults } from './crypto/report';

const USAGE = `usage: bench crypto [--json]
  crypto   cost of the scheme in multiples of one native X25519 and one Ed25519 verification
  --json   JSON on stdout; also written to bench/out/crypto.json
`;

/**
 * @param args the command line after `bench`
 * @returns the exit code: 0, or 2 for a command line it does not know
 */
export async function runBench(args: readonly string[]): Promise<number> {
  const [suite, ...flags] = args;
  if (suite !== 'crypto' || flags.some((flag) => flag !== '--json')) {
    process.stderr.write(USAGE);
    return 2;
  }
  const results = await benchCrypto();
  const document = { ...results, ...provenance() };
  const file = writeResults('crypto', document);
  if (flags.includes('--json')) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  else process.stdout.write(`${cryptoTable(results)}\n`);
  process.stderr.write(`written to ${file}\n`);
  return 0;
}
