import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { processStart } from './process-identity';
import { withStateLock } from './state-lock';

let directory: string;
let file: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'chargecast-lock-'));
  file = join(directory, 'deeper', 'lock.json');
});

afterEach(() => rm(directory, { recursive: true, force: true }));

describe('state lock', () => {
  it('refuses a second holder and leaves nothing behind', async () => {
    await withStateLock(file, async () => {
      await expect(withStateLock(file, async () => 'in')).rejects.toMatchObject({ code: 'E_LEDGER_BUSY' });
    });
    expect(await withStateLock(file, async () => 'in')).toBe('in');
    expect(await readdir(join(directory, 'deeper'))).toEqual([]);
  });

  it('is released when the work fails', async () => {
    await expect(withStateLock(file, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await withStateLock(file, async () => 'in')).toBe('in');
  });

  it('is taken over from a holder that has died, even if its pid is used again', async () => {
    await withStateLock(file, async () => undefined);
    await writeFile(file, JSON.stringify({ pid: process.pid, start: 'an earlier boot' }));
    expect(await withStateLock(file, async () => 'in')).toBe('in');
  });

  it('tells processes apart by when they began', async () => {
    expect(await processStart(process.pid)).toEqual(await processStart(process.pid));
    expect(await processStart(2 ** 22 + 1)).toBeNull();
  });
});
