import { registerChain } from './chain';
import { type Register } from './command';
import { registerLedger } from './ledger';
import { registerNetwork } from './network';
import { registerParams } from './params';
import { registerSigma } from './sigma';

/** Every noun of the command line, in the order `--help` shows them. */
export const REGISTER: readonly Register[] = [registerLedger, registerNetwork, registerParams, registerSigma, registerChain];
