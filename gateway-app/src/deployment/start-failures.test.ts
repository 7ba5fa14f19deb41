import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePorts } from '@chargecast/network';

import { startChildRole } from './child-role';
import { RoleThreads } from './role-threads';

let folder: string;
let config: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'start-'));
  config = join(folder, 'config.json');
  await writeFile(config, '{"role":"cp"}');
});
afterAll(() => rm(folder, { recursive: true }));

describe('a role that cannot start', () => {
  it('in a process: says what the process said', async () => {
    const failed = startChildRole('cp', 'cp1', config);
    await expect(failed).rejects.toMatchObject({ code: 'E_ROLE_EXITED' });
    await expect(failed).rejects.toThrow('E_CONFIG_INVALID');
  });

  it('in a thread: keeps its code', async () => {
    const threads = new RoleThreads();
    try {
      await expect(threads.start('cp', 'cp1', config)).rejects.toMatchObject({ code: 'E_CONFIG_INVALID' });
    } finally {
      await threads.end();
    }
  });
});

it('finds neighbouring free ports below those of outgoing connections', async () => {
  const first = await freePorts(20);
  expect(first).toBeGreaterThanOrEqual(20_000);
  expect(first + 20).toBeLessThan(32_768);
});
