/**
 * The shim's log. winston formats a line before it looks at the level, and a transaction makes dozens of debug lines, so
 * what the level drops is not even called.
 */
import { getLogger } from 'fabric-shim/lib/logger';

const SHIM_LOGGERS = [
  'lib/chaincode.js',
  'lib/server.js',
  'lib/handler.js',
  'lib/stub.js',
  'lib/iterators.js',
  'contracts-spi/chaincodefromcontract.js',
  'contracts-spi/datamarshall.js',
];

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
/** Fabric's names; the number of {@link LEVELS} each drops. */
const DROPPED: Readonly<Record<string, number>> = { DEBUG: 0, INFO: 1, WARNING: 2, ERROR: 3, CRITICAL: 4 };

const nothing = (): void => undefined;

/** @param level Fabric's name of a log level; an unknown one counts as INFO, as it does for the shim */
export function limitShimLog(level: string | undefined): void {
  const dropped = LEVELS.slice(0, DROPPED[(level ?? '').toUpperCase()] ?? DROPPED.INFO);
  for (const name of SHIM_LOGGERS) {
    const logger = getLogger(name);
    for (const method of dropped) logger[method] = nothing;
  }
}
