import { join } from 'node:path';

/** The self-contained package that `peer lifecycle chaincode package --lang node` and the embedded ledger take. */
export const BUNDLE_DIRECTORY = join(__dirname, '..', 'dist', 'bundle');
