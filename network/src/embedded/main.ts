import { parseArgs } from 'node:util';

import { NetworkError } from '../errors';
import { type RunningEmbeddedNetwork, startEmbeddedNetwork } from './embedded-network';
import { EmbeddedLedgerError, messageOf } from './errors';
import { type Log, type LogLevel } from './options';
import { readProcessConfig } from './process-config';

const SEVERITY: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** The embedded ledger as a process of its own: one line of JSON on stdout when it is ready, logs on stderr. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { config: { type: 'string' }, 'end-with-stdin': { type: 'boolean' } } });
  if (values.config === undefined) {
    throw new EmbeddedLedgerError('E_LEDGER_CONFIG_FILE', 'usage: node main.js --config FILE [--end-with-stdin]');
  }
  const { logLevel = 'info', ...options } = await readProcessConfig(values.config);
  const ending = endRequested(values['end-with-stdin'] === true);
  const network = await startEmbeddedNetwork({ ...options, log: stderrLog(logLevel) });
  announce(network);
  await ending;
  await network.stop();
}

function announce({ profileFile, gateways }: RunningEmbeddedNetwork): void {
  process.stdout.write(`${JSON.stringify({ ready: true, pid: process.pid, profile: profileFile, gateways })}\n`);
}

function endRequested(withStdin: boolean): Promise<void> {
  return new Promise((resolve) => {
    if (withStdin) process.stdin.once('end', () => resolve()).resume();
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
}

function stderrLog(least: LogLevel): Log {
  return (level, message, fields) => {
    if (SEVERITY[level] < SEVERITY[least]) return;
    process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
  };
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    const coded = error instanceof EmbeddedLedgerError || error instanceof NetworkError;
    const code = coded ? error.code : 'E_LEDGER_START';
    process.stderr.write(`${JSON.stringify({ level: 'error', code, message: messageOf(error) })}\n`);
    process.exit(1);
  },
);
