import { type Register } from './command';

/** Every noun of the command line, in the order `--help` shows them. */
export const REGISTER: readonly Register[] = [];
