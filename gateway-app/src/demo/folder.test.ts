import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { layoutOf } from '../deployment/layout';
import { writeManifest } from '../deployment/manifest';
import { freshFolder } from './folder';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'folder-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the demo’s folder', () => {
  it('is made if missing, and taken if empty', async () => {
    await freshFolder(join(folder, 'new', 'deep'));
    await freshFolder(join(folder, 'new', 'deep'));
    expect(await readdir(join(folder, 'new', 'deep'))).toEqual([]);
  });

  it('is refused, untouched, if something else lies in it', async () => {
    await writeFile(join(folder, 'thesis.txt'), 'ten years');
    await expect(freshFolder(folder)).rejects.toMatchObject({ code: 'E_FILE_FOLDER' });
    expect(await readdir(folder)).toEqual(['thesis.txt']);
  });

  it('is cleared of an earlier run, and of nothing else', async () => {
    const layout = layoutOf(folder);
    await writeManifest(layout, {
      format: 'chargecast-deployment/1',
      ledger: 'embedded',
      networkId: 'n',
      organisations: 4,
      ledgerPort: 20_000,
      fleet: { vehicles: [], piles: [], cscs: [], providers: [] },
    });
    await mkdir(layout.keys);
    await mkdir(layout.sigmas);
    await writeFile(join(folder, 'notes.txt'), 'mine');
    await freshFolder(folder);
    expect(await readdir(folder)).toEqual(['notes.txt']);
  });
});
