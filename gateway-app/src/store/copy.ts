import { ClassicLevel } from 'classic-level';
import { readdir } from 'node:fs/promises';

import { CodedError } from '../common/errors';
import { privateDirectory } from '../common/files';
import { copyLargeValues } from './large-values';

const TOGETHER = 1_000;

/**
 * Copies a database that no process has open, entry by entry and file by file as it lies on disk: what is sealed stays sealed.
 * @param to must not hold anything
 * @returns the number of entries
 * @throws CodedError E_STORE_LOCKED, E_STORE_OPEN, E_STORE_COPY
 */
export async function copyStore(from: string, to: string): Promise<number> {
  await ensureEmpty(to);
  const source = await openRaw(from, false);
  try {
    const target = await openRaw(to, true);
    try {
      let batch = target.batch();
      let entries = 0;
      for await (const [key, value] of source.iterator()) {
        batch.put(key, value);
        entries += 1;
        if (batch.length < TOGETHER) continue;
        await batch.write();
        batch = target.batch();
      }
      await copyLargeValues(from, to);
      await batch.write({ sync: true });
      return entries;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

type Raw = ClassicLevel<Uint8Array, Uint8Array>;

async function openRaw(directory: string, create: boolean): Promise<Raw> {
  if (create) await privateDirectory(directory);
  const level: Raw = new ClassicLevel(directory, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    createIfMissing: create,
  });
  try {
    await level.open();
    return level;
  } catch (error) {
    const locked = (error as { readonly cause?: { readonly code?: unknown } }).cause?.code === 'LEVEL_LOCKED';
    throw locked
      ? new CodedError('E_STORE_LOCKED', `${directory} is open in another process: stop that one first`, {
          cause: error,
        })
      : new CodedError('E_STORE_OPEN', `${directory} is no database that can be opened: name another`, {
          cause: error,
        });
  }
}

async function ensureEmpty(directory: string): Promise<void> {
  const content = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (content.length > 0) {
    throw new CodedError('E_STORE_COPY', `${directory} is not empty: name a new folder, nothing is written over`);
  }
}
