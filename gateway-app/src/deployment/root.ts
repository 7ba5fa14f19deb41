import { join, resolve } from 'node:path';

/** The checkout: sources and build lie equally deep in it. */
export const ROOT = resolve(__dirname, '..', '..', '..');

/** What every ledger runs as its chaincode. */
export const CHAINCODE_BUNDLE = join(ROOT, 'chaincode', 'dist', 'bundle', 'chaincode.js');

/** The same with the contract that benchmarks compare with. */
export const BENCH_CHAINCODE_BUNDLE = join(ROOT, 'chaincode', 'dist', 'bench-bundle', 'chaincode.js');
