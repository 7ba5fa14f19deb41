import { type Register } from './command';
import { registerLedger } from './ledger';
import { registerNetwork } from './network';

/** Every noun of the command line, in the order `--help` shows them. */
export const REGISTER: readonly Register[] = [registerLedger, registerNetwork];
