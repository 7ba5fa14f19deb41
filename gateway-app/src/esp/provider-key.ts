import { decodeKeyFile } from '@chargecast/protocol';
import { fromHex, type KeyPair, Secret } from '@chargecast/signcryption';
import { CodedError } from '../common/errors';
import { readSecretFile } from '../common/files';

/** @throws CodedError E_FILE_MISSING, E_KEY_FILE_MODE, E_PROVIDER_KEY; ProtocolError E_DECODE */
export async function readProviderKey(file: string, provider: string): Promise<KeyPair> {
  const { name, secret, publicKey } = decodeKeyFile((await readSecretFile(file)).toString('utf8'));
  if (name !== provider) {
    throw new CodedError('E_PROVIDER_KEY', `${file} is not the key of provider ${provider}; name the right file`);
  }
  return { secret: new Secret(fromHex(secret, 32)), publicKey: fromHex(publicKey, 32) };
}
