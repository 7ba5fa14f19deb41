import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { NetworkError } from './errors';
import { isSameProcess, processStart } from './process-identity';

interface Holder {
  readonly pid: number;
  readonly start: string;
}

/** Runs `work` while holding `file`; a lock whose holder has died is taken over. @throws NetworkError `E_LEDGER_BUSY` */
export async function withStateLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const holder: Holder = { pid: process.pid, start: (await processStart(process.pid)) ?? '' };
  const own = `${file}.${randomUUID()}`;
  await writeFile(own, JSON.stringify(holder), { mode: 0o600 });
  try {
    await acquire(file, own);
  } finally {
    await rm(own, { force: true });
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function acquire(file: string, own: string): Promise<void> {
  if (await tryLink(own, file)) return;
  const holder = await readHolder(file);
  if (holder && (await isSameProcess(holder))) {
    throw new NetworkError(
      'E_LEDGER_BUSY',
      `another command (process ${holder.pid}) is working on the network in ${dirname(file)}: wait until it has ended`,
    );
  }
  await rm(file, { force: true });
  if (!(await tryLink(own, file))) {
    throw new NetworkError('E_LEDGER_BUSY', `another command has just begun to work on ${dirname(file)}: try again`);
  }
}

/** A hard link is made whole or not at all, so a lock is never seen without its holder. */
async function tryLink(own: string, file: string): Promise<boolean> {
  try {
    await link(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
