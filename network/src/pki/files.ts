import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { NetworkError } from '../errors';
import { type KeyAndCertificate } from './certificates';

export interface KeyAndCertificatePaths {
  readonly keyPath: string;
  readonly certificatePath: string;
}

/** Writes the whole file or nothing, readable by its owner alone. */
export async function writePrivateFile(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const unfinished = `${path}.${randomUUID()}.new`;
  await writeFile(unfinished, content, { mode: 0o600 });
  await rename(unfinished, path);
}

export async function exists(path: string): Promise<boolean> {
  try {
    await access(path, constants.F_OK);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/**
 * Material that is on disk is kept, otherwise it is made. The key is written first: a key alone is the trace of an
 * interrupted run and was never used, a certificate alone has lost its key and is an error.
 */
export async function keepOrMake(
  paths: KeyAndCertificatePaths,
  make: () => Promise<KeyAndCertificate>,
): Promise<KeyAndCertificate> {
  const [hasKey, hasCertificate] = await Promise.all([exists(paths.keyPath), exists(paths.certificatePath)]);
  if (hasKey && hasCertificate) return readMaterial(paths);
  if (hasCertificate) {
    throw new NetworkError(
      'E_PKI_INCOMPLETE',
      `${paths.certificatePath} has no private key at ${paths.keyPath}: restore the key, or remove the certificate to have both made anew`,
    );
  }
  const material = await make();
  await writePrivateFile(paths.keyPath, material.keyPem);
  await writePrivateFile(paths.certificatePath, material.certificatePem);
  return material;
}

async function readMaterial({ keyPath, certificatePath }: KeyAndCertificatePaths): Promise<KeyAndCertificate> {
  const [keyPem, certificatePem] = await Promise.all([readFile(keyPath, 'utf8'), readFile(certificatePath, 'utf8')]);
  return { keyPem, certificatePem };
}
