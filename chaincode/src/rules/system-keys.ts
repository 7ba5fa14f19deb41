/** System keys: what providers sign certificates with, published under the key the consortium admitted them by. */
import {
  canonicalJson,
  decodeSignedSystemKey,
  holds,
  isAuthenticationKey,
  ProtocolError,
  type SignedSystemKey,
  systemKeyKey,
  systemKeyStatement,
  systemKeyVersionKey,
} from '@chargecast/protocol';
import { fromHex } from '@chargecast/signcryption/bytes';
import { type Params } from '@chargecast/signcryption/params';
import { nodePrimitives } from '@chargecast/signcryption/primitives/node';
import { type WorldState } from '../state';
import { ensureProvider } from './providers';

/** Throws `E_SYSTEM_KEY`. */
export async function readSystemKey(state: WorldState, provider: string): Promise<SignedSystemKey> {
  const key = await state.json(systemKeyKey(provider), decodeSignedSystemKey);
  if (!key)
    throw new ProtocolError('E_SYSTEM_KEY', `provider ${provider} has published no system key; call publishSPK`);
  return key;
}

/** Everything but the signature, of which there are many for one statement. */
const termsOf = (key: SignedSystemKey): string => canonicalJson({ ...key, signature: '' });

/** Throws `E_PROVIDER_UNKNOWN`, `E_PROVIDER_REVOKED`, `E_VERSION`, `E_SYSTEM_KEY`, `E_AUTHORITY`. */
export async function putSystemKey(
  state: WorldState,
  params: Params,
  time: number,
  key: SignedSystemKey,
): Promise<'committed' | 'unchanged'> {
  const { provider, version, publicKey, signature } = key;
  const standing = await state.json(systemKeyKey(provider), decodeSignedSystemKey);
  if (standing && termsOf(standing) === termsOf(key)) return 'unchanged';
  const next = (standing?.version ?? 0) + 1;
  if (version !== next) {
    throw new ProtocolError('E_VERSION', `the next version of ${provider}’s system key is ${next}, not ${version}`);
  }
  const admitted = await ensureProvider(state, provider, time);
  if (!isAuthenticationKey(publicKey)) {
    throw new ProtocolError('E_SYSTEM_KEY', 'publicKey is no point of P-256; generate a proper key pair');
  }
  if (!holds(nodePrimitives, params, fromHex(admitted.key, 32), systemKeyStatement(key), signature)) {
    throw new ProtocolError('E_AUTHORITY', 'the provider’s signature does not hold; sign with the admitted key');
  }
  if (standing) await state.putJson(systemKeyVersionKey(provider, standing.version), standing);
  await state.putJson(systemKeyKey(provider), key);
  return 'committed';
}
