import { fromHex, type KgcKeys, type Params, Secret, toHex } from '@chargecast/signcryption';
import { z } from 'zod';
import { validate } from '../common/config';
import { CodedError } from '../common/errors';
import { readSecretFile } from '../common/files';
import { getJson, openSealedStore, type Store, toJson } from '../store';
import { readWrappedFile, wrapKeyFile } from '../store/key-file';

const hex32 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 32 bytes in lower-case hex');
const storedKeys = { masterSecret: hex32, pseudonymSecret: hex32, nonceSecret: hex32, masterPublicKey: hex32 };
type StoredKeys = { readonly [name in keyof typeof storedKeys]: string };

/** The file in which a key ceremony hands master keys over. */
const keyFileSchema = z.strictObject({ format: z.literal('chargecast-kgc-keys/1'), ...storedKeys });

const KEYS = 'keys';
const master = (store: Store): Store => store.sub('master');

/**
 * Seals the master keys into the KGC's database, before its first start. Repeating it with the same keys changes
 * nothing.
 * @param place `dataDir` and the key file outside it, as in the KGC's configuration
 * @throws CodedError E_KGC_PROVISIONED if the database holds other keys, and what `openSealedStore` throws
 */
export async function provisionKgc(place: {
  readonly dataDir: string;
  readonly keyFile: string;
  readonly keys: KgcKeys;
  /** Under whose passphrase the key file is put, if it is not yet. */
  readonly passphraseFile?: string | undefined;
}): Promise<void> {
  const { keyFile, passphraseFile } = place;
  const store = await openSealedStore(place.dataDir, keyFile, passphraseFile);
  try {
    const stored = await getJson<StoredKeys>(master(store), KEYS);
    if (stored !== undefined && stored.masterSecret !== toHex(place.keys.masterSecret.reveal())) {
      throw new CodedError('E_KGC_PROVISIONED', 'this database holds other master keys; give the KGC a new folder');
    }
    await master(store).put(KEYS, toJson(encode(place.keys)));
  } finally {
    await store.close();
  }
  if (passphraseFile !== undefined && !(await readWrappedFile(keyFile, passphraseFile)).wrapped) {
    await wrapKeyFile(keyFile, passphraseFile);
  }
}

/**
 * Seals handed-over master keys into a database that has none yet.
 * @throws CodedError E_FILE_MISSING, E_KEY_FILE_MODE, E_CONFIG_SYNTAX, E_CONFIG_INVALID
 */
export async function importMasterKeys(store: Store, file: string): Promise<void> {
  if (await master(store).has(KEYS)) return;
  let value: unknown;
  try {
    value = JSON.parse((await readSecretFile(file)).toString('utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CodedError('E_CONFIG_SYNTAX', `${file} is not JSON; take the key file of the ceremony`);
  }
  const keys = validate(keyFileSchema, value, `the key file ${file}`);
  await master(store).put(KEYS, toJson({ ...keys, format: undefined }));
}

/** @throws CodedError E_KGC_UNPROVISIONED, E_KGC_OTHER_PARAMS if P of params is not theirs */
export async function loadMasterKeys(store: Store, params: Params): Promise<KgcKeys> {
  const stored = await getJson<StoredKeys>(master(store), KEYS);
  if (stored === undefined) {
    throw new CodedError(
      'E_KGC_UNPROVISIONED',
      'the database holds no master keys; provision the KGC before its start',
    );
  }
  if (stored.masterPublicKey !== toHex(params.masterPublicKey)) {
    throw new CodedError('E_KGC_OTHER_PARAMS', 'params name another master public key; give the KGC its own params');
  }
  const secret = (hex: string): Secret => new Secret(fromHex(hex, 32));
  return {
    masterSecret: secret(stored.masterSecret),
    pseudonymSecret: secret(stored.pseudonymSecret),
    nonceSecret: secret(stored.nonceSecret),
    masterPublicKey: fromHex(stored.masterPublicKey, 32),
  };
}

function encode(keys: KgcKeys): StoredKeys {
  return {
    masterSecret: toHex(keys.masterSecret.reveal()),
    pseudonymSecret: toHex(keys.pseudonymSecret.reveal()),
    nonceSecret: toHex(keys.nonceSecret.reveal()),
    masterPublicKey: toHex(keys.masterPublicKey),
  };
}
