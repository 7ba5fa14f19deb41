import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';

import { CodedError, codeOf } from '../common/errors';
import { writePrivateFile } from '../common/files';
import { SealingCipher } from './cipher';
import { readKeyFile } from './key-file';
import { openWithCipher } from './level-store';
import { type Store } from './store';

const KEY_BYTES = 32;
const CHECK = 'check';

/**
 * A database whose values lie encrypted on disk under a key kept elsewhere: whoever copies the folder alone reads
 * nothing but counts and sizes. The key file is made, mode 0600, together with a new database, never for an old one.
 * @param passphraseFile of a key that is wrapped, see {@link readKeyFile}
 * @throws CodedError E_PASSPHRASE_…, E_KEY_FILE_PLACE, E_KEY_FILE_MISSING, E_KEY_FILE_MODE, E_KEY_FILE_SIZE, E_STORE_KEY (the key is
 * another database's), and what `openStore` throws
 */
export async function openSealedStore(directory: string, keyFile: string, passphraseFile?: string): Promise<Store> {
  if (isInside(directory, keyFile)) {
    throw new CodedError('E_KEY_FILE_PLACE', `${keyFile} lies in the folder it protects: keep it outside ${directory}`);
  }
  const store = await openWithCipher(directory, new SealingCipher(await masterKey(directory, keyFile, passphraseFile)));
  try {
    await checkKey(store, keyFile);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function masterKey(directory: string, keyFile: string, passphraseFile?: string): Promise<Buffer> {
  try {
    return await readKeyFile(keyFile, passphraseFile);
  } catch (error) {
    if (codeOf(error) !== 'E_FILE_MISSING') throw error;
    if (!(await isEmpty(directory))) {
      const message = `${keyFile} is gone but ${directory} is sealed under it: restore the key, nothing else opens it`;
      throw new CodedError('E_KEY_FILE_MISSING', message, { cause: error });
    }
    const key = randomBytes(KEY_BYTES);
    await writePrivateFile(keyFile, key);
    return key;
  }
}

/** A value known in advance tells a wrong key when the database is opened, not at some later read. */
async function checkKey(store: Store, keyFile: string): Promise<void> {
  const sealed = store.sub('sealed');
  try {
    if (await sealed.get(CHECK)) return;
  } catch (error) {
    throw new CodedError('E_STORE_KEY', `${keyFile} is not the key of this database: give its own`, { cause: error });
  }
  await sealed.put(CHECK, Buffer.from(CHECK));
}

async function isEmpty(directory: string): Promise<boolean> {
  try {
    return (await readdir(directory)).length === 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
    throw error;
  }
}

function isInside(directory: string, file: string): boolean {
  const path = relative(resolve(directory), resolve(file));
  return path !== '..' && !path.startsWith(`..${sep}`);
}
