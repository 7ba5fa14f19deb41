import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { EmbeddedLedgerError } from './errors';
import { type EmbeddedProcessConfig } from './process-config';

export interface LaunchedLedger {
  readonly pid: number;
  readonly profileFile: string;
  readonly gateways: Readonly<Record<string, string>>;
  /** Resolves with the exit code, or the signal, when the process has ended. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** Asks it to end, and ends it after `timeout` ms. */
  stop(timeout: number): Promise<void>;
}

interface ReadyLine {
  readonly profile: string;
  readonly gateways: Readonly<Record<string, string>>;
}

/** The built entry, also when this file runs from its source. */
const MAIN = join(__dirname, '..', '..', 'dist', 'embedded', 'main.js');

export interface LaunchOptions {
  /** The built entry; `network/dist/embedded/main.js` where it is left out. */
  readonly main?: string;
  /** Let it run on when this process ends. */
  readonly detached?: boolean;
}

/**
 * Starts the embedded ledger as a process of its own, with its log in `<stateDir>/ledger.log`.
 * @throws EmbeddedLedgerError `E_LEDGER_START` with what the process wrote if it ends before it is ready
 */
export async function launchEmbeddedLedger(
  config: EmbeddedProcessConfig,
  { main = MAIN, detached = false }: LaunchOptions = {},
): Promise<LaunchedLedger> {
  const { stateDir } = config;
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const file = join(stateDir, 'ledger-config.json');
  await writeFile(file, JSON.stringify(config, null, 2), { mode: 0o600 });
  const logFile = join(stateDir, 'ledger.log');
  const log = await open(logFile, 'a', 0o600);
  // The pipe closes with this process, however it ends, and the ledger follows.
  const [stdin, ...follow] = detached ? (['ignore'] as const) : (['pipe', '--end-with-stdin'] as const);
  let child: ChildProcess;
  try {
    child = spawn(process.execPath, [main, '--config', file, ...follow], { stdio: [stdin, 'pipe', log.fd], detached });
  } finally {
    await log.close();
  }
  const exited = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  const ready = await Promise.race([readyLine(child), exited.then(() => undefined)]);
  if (!ready) {
    throw new EmbeddedLedgerError(
      'E_LEDGER_START',
      `the embedded ledger ended before it was ready: ${await lastLine(logFile)} (log: ${logFile})`,
    );
  }
  if (detached) child.unref();
  return {
    pid: child.pid as number,
    profileFile: ready.profile,
    gateways: ready.gateways,
    exited,
    async stop(timeout) {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), timeout);
      await exited;
      clearTimeout(timer);
    },
  };
}

async function lastLine(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).trimEnd().split('\n').at(-1) ?? '';
}

async function readyLine(child: ChildProcess): Promise<ReadyLine> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = (await once(lines, 'line')) as [string];
  lines.close();
  child.stdout?.destroy();
  return JSON.parse(line) as ReadyLine;
}
