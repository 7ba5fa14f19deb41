import { readdir, readFile } from 'node:fs/promises';

/** Of Linux's figures on processes, on every architecture. */
const TICKS_PER_SECOND = 100;

/**
 * User and system time since they started, of processes and of those they started that still run, in milliseconds.
 * @returns undefined where the system has no `/proc`
 */
export async function cpuMilliseconds(pids: readonly number[]): Promise<number | undefined> {
  const all = await readProcesses();
  if (!all) return undefined;
  const counted = new Set(pids);
  for (let before = -1; counted.size !== before;) {
    before = counted.size;
    for (const { pid, parent } of all) if (counted.has(parent)) counted.add(pid);
  }
  const ticks = all.reduce((sum, process) => sum + (counted.has(process.pid) ? process.ticks : 0), 0);
  return (ticks * 1000) / TICKS_PER_SECOND;
}

interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
}

async function readProcesses(): Promise<ProcessTimes[] | undefined> {
  let names: string[];
  try {
    names = await readdir('/proc');
  } catch {
    return undefined;
  }
  const read = names.filter((name) => /^\d+$/.test(name)).map((name) => readTimes(Number(name)));
  return (await Promise.all(read)).flat();
}

/** proc_pid_stat(5): after the name in parentheses come state (3), parent (4), … user and system ticks (14, 15). */
async function readTimes(pid: number): Promise<ProcessTimes[]> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return [{ pid, parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }];
  } catch {
    // It ended meanwhile.
    return [];
  }
}
