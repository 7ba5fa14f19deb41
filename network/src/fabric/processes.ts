import { spawn } from 'node:child_process';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { NetworkError } from '../errors';
import { writePrivateFile } from '../pki/files';
import { isSameProcess, processStart } from '../process-identity';
import { until } from '../until';

export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly log: string;
}

interface ProcessRecord {
  readonly pid: number;
  readonly start: string;
}

const LOG_TAIL_LINES = 20;

/**
 * Background processes that outlive the command which started them. Each is recorded by pid and start time, and only a
 * process that still matches its record is ever signalled.
 */
export class ProcessTable {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Starts the process unless it already runs. @returns whether it was started */
  async start(spec: ProcessSpec): Promise<boolean> {
    if (await this.pid(spec.name)) return false;
    await mkdir(spec.directory, { recursive: true, mode: 0o700 });
    await mkdir(dirname(spec.log), { recursive: true, mode: 0o700 });
    const log = await open(spec.log, 'a', 0o600);
    try {
      const child = spawn(spec.command, spec.args, {
        cwd: spec.directory,
        env: { ...inheritedEnvironment(), ...spec.environment },
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
      });
      await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
      child.unref();
      const pid = child.pid as number;
      // A process that has already ended leaves no start time: it is recorded as one that cannot be running.
      await this.#write(spec.name, { pid, start: (await processStart(pid)) ?? 'ended' });
    } catch (error) {
      throw new NetworkError('E_FABRIC_TOOL', `cannot start ${spec.command}: ${(error as Error).message}`, {
        cause: error,
      });
    } finally {
      await log.close();
    }
    return true;
  }

  /** The pid of the process if it runs. */
  async pid(name: string): Promise<number | undefined> {
    const record = await this.#read(name);
    return record && (await isSameProcess(record)) ? record.pid : undefined;
  }

  /** SIGTERM, and SIGKILL to what is still there after `patience` milliseconds. @returns whether it was running */
  async stop(name: string, patience: number): Promise<boolean> {
    const running = await this.#signal(name, 'SIGTERM');
    if (running) {
      await this.#ended(name, patience).catch(async () => {
        await this.#signal(name, 'SIGKILL');
        await this.#ended(name, patience);
      });
    }
    await rm(this.#file(name), { force: true });
    return running;
  }

  /** SIGKILL, without notice. @returns whether it was running */
  async kill(name: string): Promise<boolean> {
    const running = await this.#signal(name, 'SIGKILL');
    if (running) await this.#ended(name, 5_000);
    await rm(this.#file(name), { force: true });
    return running;
  }

  /** SIGSTOP: it keeps its connections and does nothing. @returns whether it was running */
  suspend(name: string): Promise<boolean> {
    return this.#signal(name, 'SIGSTOP');
  }

  /** SIGCONT. @returns whether it was running */
  resume(name: string): Promise<boolean> {
    return this.#signal(name, 'SIGCONT');
  }

  async #signal(name: string, signal: NodeJS.Signals): Promise<boolean> {
    const pid = await this.pid(name);
    if (pid === undefined) return false;
    try {
      process.kill(pid, signal);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
      throw error;
    }
  }

  #ended(name: string, deadline: number): Promise<true> {
    return until(async () => ((await this.pid(name)) === undefined ? true : undefined), {
      deadline,
      interval: 50,
      onTimeout: () => new NetworkError('E_FABRIC_TIMEOUT', `${name} does not end`),
    });
  }

  #file(name: string): string {
    return join(this.#directory, `${name}.json`);
  }

  async #write(name: string, record: ProcessRecord): Promise<void> {
    await writePrivateFile(this.#file(name), JSON.stringify(record));
  }

  async #read(name: string): Promise<ProcessRecord | undefined> {
    try {
      return JSON.parse(await readFile(this.#file(name), 'utf8')) as ProcessRecord;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

/**
 * Blocks are large, and gone soon: with Go's default a node gives their memory back to the system, and has it cleared and
 * mapped again for the next ones. So the system takes it when it needs it (MADV_FREE).
 */
const KEEP_FREED_MEMORY = 'madvdontneed=0';

/**
 * Fabric's programs let `CORE_…` and `ORDERER_…` variables override their configuration files, so none of the user's
 * environment is handed on beyond what any program needs, and Go's settings for memory.
 */
export function inheritedEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'GOGC', 'GOMEMLIMIT', 'GODEBUG'];
  const given: NodeJS.ProcessEnv = { GODEBUG: KEEP_FREED_MEMORY, ...process.env };
  return Object.fromEntries(names.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])));
}

/** The last lines of a log file; empty if there is none. */
export async function logTail(path: string, lines = LOG_TAIL_LINES): Promise<string> {
  let log;
  try {
    log = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
  try {
    const { size } = await log.stat();
    const length = Math.min(size, 400 * lines);
    const { buffer } = await log.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } finally {
    await log.close();
  }
}
