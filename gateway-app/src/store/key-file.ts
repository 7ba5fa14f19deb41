import { createCipheriv, createDecipheriv, randomBytes, scrypt, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';

import { CodedError } from '../common/errors';
import { readSecretFile, writePrivateFile } from '../common/files';

/** Where a passphrase's file is named for processes whose configuration names none. */
export const PASSPHRASE_VARIABLE = 'CHARGECAST_PASSPHRASE_FILE';

const KEY_BYTES = 32;
const TAG_BYTES = 16;
const FORMAT = 'chargecast-wrapped-key/1';
/** RFC 7914 parameters; 128 MiB for each guess. Kept in the file, so that they may grow. */
const COST = { N: 1 << 17, r: 8, p: 1 };
const MAX_COST = { N: 1 << 20, r: 32, p: 16 };

interface Wrapped {
  readonly format: typeof FORMAT;
  readonly scrypt: { readonly N: number; readonly r: number; readonly p: number };
  /** 16, 12 and n + 16 bytes, hex: AES-256-GCM under scrypt(passphrase, salt). */
  readonly salt: string;
  readonly nonce: string;
  readonly sealed: string;
}

/**
 * The key of a sealed store from its file: 32 bytes, or those wrapped under a passphrase.
 * @param passphraseFile where the passphrase lies, mode 0600; its last line break is not part of it
 * @throws CodedError E_FILE_MISSING, E_KEY_FILE_MODE, E_KEY_FILE_SIZE, E_PASSPHRASE_MISSING, E_PASSPHRASE_WRONG
 */
export async function readKeyFile(file: string, passphraseFile?: string): Promise<Buffer> {
  const { content: key } = await readWrappedFile(file, passphraseFile);
  if (key.length === KEY_BYTES) return key;
  throw new CodedError('E_KEY_FILE_SIZE', `${file} must hold ${KEY_BYTES} bytes: restore it from a copy`);
}

/**
 * A secret file, in clear or wrapped under a passphrase.
 * @throws CodedError E_FILE_MISSING, E_KEY_FILE_MODE, E_PASSPHRASE_MISSING, E_PASSPHRASE_WRONG
 */
export async function readWrappedFile(
  file: string,
  passphraseFile = process.env[PASSPHRASE_VARIABLE],
): Promise<{ readonly content: Buffer; readonly wrapped: boolean }> {
  const content = await readSecretFile(file);
  const wrapped = parseWrapped(content);
  if (!wrapped) return { content, wrapped: false };
  if (!passphraseFile) {
    const text = `${file} is wrapped: name its passphrase's file as passphraseFile in the configuration or in ${PASSPHRASE_VARIABLE}`;
    throw new CodedError('E_PASSPHRASE_MISSING', text);
  }
  return { content: await unwrap(wrapped, await readPassphrase(passphraseFile), file), wrapped: true };
}

/** Puts the key of a sealed store under a passphrase. @throws as {@link readKeyFile}, E_KEY_WRAPPED if it is already */
export async function wrapKeyFile(file: string, passphraseFile: string): Promise<void> {
  const key = await readSecretFile(file);
  if (key.length !== KEY_BYTES) throw new CodedError('E_KEY_WRAPPED', `${file} is wrapped already: unwrap it first`);
  await writeWrappedFile(file, key, passphraseFile);
}

/** Writes a secret under a passphrase, mode 0600. @throws CodedError E_FILE_MISSING, E_KEY_FILE_MODE, E_PASSPHRASE_SHORT */
export async function writeWrappedFile(file: string, content: Uint8Array, passphraseFile: string): Promise<void> {
  const [salt, nonce] = [randomBytes(16), randomBytes(12)];
  const cipher = createCipheriv('aes-256-gcm', await derive(await readPassphrase(passphraseFile), salt, COST), nonce);
  const sealed = Buffer.concat([cipher.update(content), cipher.final(), cipher.getAuthTag()]);
  const [saltHex, nonceHex, sealedHex] = [salt, nonce, sealed].map((bytes) => bytes.toString('hex')) as [
    string,
    string,
    string,
  ];
  const wrapped: Wrapped = { format: FORMAT, scrypt: COST, salt: saltHex, nonce: nonceHex, sealed: sealedHex };
  await writePrivateFile(file, `${JSON.stringify(wrapped)}\n`);
}

/** Takes the passphrase off again: the key lies in its file in clear, mode 0600. @throws as {@link readKeyFile} */
export async function unwrapKeyFile(file: string, passphraseFile: string): Promise<void> {
  await writePrivateFile(file, await readKeyFile(file, passphraseFile));
}

async function readPassphrase(file: string): Promise<Buffer> {
  const text = (await readSecretFile(file)).toString('utf8').replace(/\r?\n$/, '');
  if (text.length < 12) {
    throw new CodedError('E_PASSPHRASE_SHORT', `${file} must hold a passphrase of 12 characters or more`);
  }
  return Buffer.from(text.normalize('NFKC'), 'utf8');
}

function parseWrapped(content: Buffer): Wrapped | undefined {
  try {
    const value = JSON.parse(content.toString('utf8')) as Wrapped;
    const bounded = (['N', 'r', 'p'] as const).every((name) => value.scrypt[name] <= MAX_COST[name]);
    return value.format === FORMAT && bounded ? value : undefined;
  } catch {
    return undefined;
  }
}

async function unwrap(wrapped: Wrapped, passphrase: Buffer, file: string): Promise<Buffer> {
  const [salt, nonce, sealed] = [wrapped.salt, wrapped.nonce, wrapped.sealed].map((hex) => Buffer.from(hex, 'hex')) as [
    Buffer,
    Buffer,
    Buffer,
  ];
  try {
    const key = await derive(passphrase, salt, wrapped.scrypt);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
    const end = sealed.length - TAG_BYTES;
    decipher.setAuthTag(sealed.subarray(end));
    return Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()]);
  } catch (error) {
    throw new CodedError(
      'E_PASSPHRASE_WRONG',
      `the passphrase does not open ${file}: give the one it was wrapped with`,
      {
        cause: error,
      },
    );
  }
}

const scryptAsync = promisify<Buffer, Buffer, number, ScryptOptions, Buffer>(scrypt);

function derive(passphrase: Buffer, salt: Buffer, cost: Wrapped['scrypt']): Promise<Buffer> {
  return scryptAsync(passphrase, salt, KEY_BYTES, { ...cost, maxmem: 256 * cost.N * cost.r });
}
