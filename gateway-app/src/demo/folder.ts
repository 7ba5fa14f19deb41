import { mkdir, readdir, rm } from 'node:fs/promises';

import { fabricDown } from '@chargecast/network';

import { CodedError } from '../common/errors';
import { layoutOf } from '../deployment/layout';
import { readManifest } from '../deployment/manifest';

/**
 * Every run starts anew: what an earlier run left in the folder is removed, and nothing else ever is.
 * @throws CodedError E_FILE_FOLDER if the folder holds something that no run of the demo made
 */
export async function freshFolder(directory: string): Promise<void> {
  const layout = layoutOf(directory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const earlier = await readManifest(layout);
  const found = await readdir(directory);
  if (!earlier) {
    if (found.length === 0) return;
    throw new CodedError('E_FILE_FOLDER', `${directory} holds other things: name an empty or new folder with --data`);
  }
  if (earlier.ledger === 'fabric') await fabricDown(layout.ledger, { remove: true });
  for (const path of layout.all) await rm(path, { recursive: true, force: true });
}
