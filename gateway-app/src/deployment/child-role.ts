import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { CodedError } from '../common/errors';
import { ROOT } from './root';

/** The built command line, also when this file runs from its source. */
const ENTRY = join(ROOT, 'gateway-app', 'dist', 'cli', 'entry.js');
const READY_DEADLINE = 120_000;
const READY = '{"ready":true';
const STOP_DEADLINE = 15_000;
const KEPT_LINES = 20;

/** A role in a process of its own, as `<role> run` starts it. */
export interface ChildRole {
  readonly role: string;
  readonly name: string;
  readonly pid: number;
  /** Ends when the process has ended; SIGKILL after a deadline. */
  stop(): Promise<void>;
  /** kill −9, as a power cut would. */
  kill(): Promise<void>;
}

/**
 * @param more further arguments of its command
 * @throws CodedError E_ROLE_EXITED, E_ROLE_TIMEOUT with the last lines the role wrote to stderr
 */
export async function startChildRole(
  role: string,
  name: string,
  configFile: string,
  more: readonly string[] = [],
): Promise<ChildRole> {
  const child = spawn(process.execPath, [ENTRY, role, 'run', '--config', configFile, '--json', ...more], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const lastLines = keepLastLines(child);
  await whenReady(child, exited, (code, what) => {
    const tail = lastLines().join(' | ');
    return new CodedError(code, `${role} ${name} ${what}${tail === '' ? '' : `; its last lines: ${tail}`}`);
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE);
    await exited;
    clearTimeout(force);
  };
  return { role, name, pid: child.pid as number, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
}

function keepLastLines(child: ChildProcess): () => readonly string[] {
  const lines: string[] = [];
  if (child.stderr) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
    });
  }
  return () => lines;
}

type Failure = (code: string, what: string) => CodedError;

/** Everything on stdout is read, so that the pipe never fills; one line says that the role is ready. */
async function whenReady(child: ChildProcess, exited: Promise<void>, failure: Failure): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  try {
    await Promise.race([
      new Promise<void>((resolve) => {
        if (child.stdout)
          createInterface({ input: child.stdout }).on('line', (line) => line.startsWith(READY) && resolve());
      }),
      exited.then(() => {
        throw failure('E_ROLE_EXITED', `ended before it was ready (exit ${child.exitCode ?? child.signalCode})`);
      }),
      new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(failure('E_ROLE_TIMEOUT', `was not ready within ${READY_DEADLINE / 1000} s`)),
          READY_DEADLINE,
        );
      }),
    ]);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
