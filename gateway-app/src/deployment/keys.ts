import { access } from 'node:fs/promises';

import { decodeKeyFile, encodeKeyFile } from '@chargecast/protocol';
import {
  fromHex,
  generateKeyPair,
  type KeyPair,
  type KgcKeys,
  Secret,
  setupKgc,
  toHex,
} from '@chargecast/signcryption';
import { z } from 'zod';

import { validate } from '../common/config';
import { CodedError } from '../common/errors';
import { readSecretFile, writePrivateFile } from '../common/files';
import { readWrappedFile, writeWrappedFile } from '../store/key-file';
import { type Layout } from './layout';

/** Everything that signs before any role runs. */
export interface CeremonyKeys {
  readonly kgc: KgcKeys;
  /** By MSP id: approvals, slot heads, acknowledgements. */
  readonly organisations: ReadonlyMap<string, KeyPair>;
  /** By provider name: countersignatures, bindings. */
  readonly providers: ReadonlyMap<string, KeyPair>;
}

const KGC_KEY = 'kgc';
const KGC_FORMAT = 'chargecast-kgc-keys/1';
const scalarHex = z.string().regex(/^[0-9a-f]{64}$/, 'must be 32 bytes in lower-case hex');
const kgcSchema = z.strictObject({
  format: z.literal(KGC_FORMAT),
  masterSecret: scalarHex,
  pseudonymSecret: scalarHex,
  nonceSecret: scalarHex,
  masterPublicKey: scalarHex,
});

/**
 * Keys that are on disk are kept, missing ones are drawn: a second run continues the first.
 * @param passphraseFile under whose passphrase the KGC's master keys are put
 */
export async function keepOrDrawKeys(
  layout: Layout,
  organisations: readonly string[],
  providers: readonly string[],
  passphraseFile?: string,
): Promise<CeremonyKeys> {
  return {
    kgc: await keepOrDrawKgcKeys(layout.key(KGC_KEY), passphraseFile),
    organisations: await keepOrDrawAll(layout, organisations),
    providers: await keepOrDrawAll(layout, providers),
  };
}

async function keepOrDrawAll(layout: Layout, names: readonly string[]): Promise<Map<string, KeyPair>> {
  const pairs = new Map<string, KeyPair>();
  for (const name of names) pairs.set(name, await keepOrDrawKeyPair(layout.key(name), name));
  return pairs;
}

async function keepOrDrawKeyPair(path: string, name: string): Promise<KeyPair> {
  if (await exists(path)) {
    const { secret, publicKey } = decodeKeyFile((await readSecretFile(path)).toString('utf8'));
    return { secret: new Secret(fromHex(secret, 32)), publicKey: fromHex(publicKey, 32) };
  }
  const pair = generateKeyPair();
  const file = encodeKeyFile({ name, secret: toHex(pair.secret.reveal()), publicKey: toHex(pair.publicKey) });
  await writePrivateFile(path, file);
  return pair;
}

async function keepOrDrawKgcKeys(path: string, passphraseFile?: string): Promise<KgcKeys> {
  if (await exists(path)) return readKgcKeys(path, passphraseFile);
  const keys = setupKgc();
  const text = `${JSON.stringify({
    format: KGC_FORMAT,
    masterSecret: toHex(keys.masterSecret.reveal()),
    pseudonymSecret: toHex(keys.pseudonymSecret.reveal()),
    nonceSecret: toHex(keys.nonceSecret.reveal()),
    masterPublicKey: toHex(keys.masterPublicKey),
  })}\n`;
  if (passphraseFile === undefined) await writePrivateFile(path, text);
  else await writeWrappedFile(path, Buffer.from(text), passphraseFile);
  return keys;
}

/** Keys that lie in clear although there is a passphrase are put under it. */
async function readKgcKeys(path: string, passphraseFile?: string): Promise<KgcKeys> {
  const { content, wrapped } = await readWrappedFile(path, passphraseFile);
  let json: unknown;
  try {
    json = JSON.parse(content.toString('utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CodedError('E_FILE_UNREADABLE', `${path} is not the KGC's key file: restore it`);
  }
  const file = validate(kgcSchema, json, `the key file ${path}`);
  if (!wrapped && passphraseFile !== undefined) await writeWrappedFile(path, content, passphraseFile);
  const secret = (hex: string): Secret => new Secret(fromHex(hex, 32));
  return {
    masterSecret: secret(file.masterSecret),
    pseudonymSecret: secret(file.pseudonymSecret),
    nonceSecret: secret(file.nonceSecret),
    masterPublicKey: fromHex(file.masterPublicKey, 32),
  };
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
