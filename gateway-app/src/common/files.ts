import { chmod, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { CodedError } from './errors';

/** @throws CodedError `E_FILE_MISSING`, `E_FILE_UNREADABLE`: the path and what to do, no system dump */
export async function readFileCoded(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      throw new CodedError('E_FILE_MISSING', `${path} does not exist: check the path`, { cause: error });
    const advice = code === 'EISDIR' ? 'it is a folder, name a file' : 'check its permissions';
    throw new CodedError('E_FILE_UNREADABLE', `cannot read ${path} (${code ?? 'unknown'}): ${advice}`, {
      cause: error,
    });
  }
}

/** A folder only its owner can enter, made if missing. */
export async function privateDirectory(path: string): Promise<string> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  await chmod(path, 0o700);
  return path;
}

/** Written whole or not at all, synced, mode 0600. */
export async function writePrivateFile(path: string, data: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.tmp`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(data);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/**
 * A secret kept in a file of its own.
 * @throws CodedError `E_KEY_FILE_MODE` if others than its owner may read it
 */
export async function readSecretFile(path: string): Promise<Buffer> {
  const bytes = await readFileCoded(path);
  const { mode } = await stat(path);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new CodedError('E_KEY_FILE_MODE', `${path} may be read by others: chmod 600 it and consider it known`);
  }
  return bytes;
}
