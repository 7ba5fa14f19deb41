import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { FLEET } from '../e2e/testing/small-fleet';
import { Deployment } from './deployment';
import { layoutOf } from './layout';

const MINUTES = 240_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deployment-'));
});
afterAll(() => rm(folder, { recursive: true }));

const read = async (file: string): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;

it(
  'opened again, keeps what its operators set, and the KGC’s keys under their passphrase',
  async () => {
    const directory = join(folder, 'site');
    const layout = layoutOf(directory);
    const kgcPassphraseFile = join(folder, 'passphrase');
    const options = { directory, fleet: FLEET, ledger: 'embedded' } as const;
    await writeFile(kgcPassphraseFile, 'correct horse battery\n', { mode: 0o600 });
    await (await Deployment.open({ ...options, people: true, kgcPassphraseFile })).stop();
    for (const sealed of [layout.key('kgc'), join(layout.role('kgc'), 'store.key')]) {
      expect(await read(sealed)).toMatchObject({ format: 'chargecast-wrapped-key/1' });
    }

    const file = layout.roleConfig('esp1');
    const made = await read(file);
    expect(made).toHaveProperty('rest');
    const certificates = { lifetimeDays: 30, renewalDays: 30 };
    await writeFile(file, JSON.stringify({ ...made, certificates, provider: 'somebody else' }));
    const again = await Deployment.open(options);
    try {
      const now = await read(file);
      expect(now).toMatchObject({ provider: 'esp1', certificates });
      expect(Object.keys(now).sort()).toEqual(
        [...Object.keys(made), 'certificates'].filter((member) => member !== 'rest').sort(),
      );
      expect(await again.startRole('kgc', 'in-process')).toMatchObject({ name: 'kgc' });
    } finally {
      await again.stop();
    }

    await writeFile(kgcPassphraseFile, 'another passphrase\n');
    await expect(Deployment.open(options)).rejects.toMatchObject({ code: 'E_PASSPHRASE_WRONG' });
    await writeFile(file, 'spoilt');
    await writeFile(kgcPassphraseFile, 'correct horse battery\n');
    await expect(Deployment.open(options)).rejects.toMatchObject({ code: 'E_CONFIG_SYNTAX' });
  },
  MINUTES,
);
