import type { AuthenticationKey } from '@chargecast/protocol';
import { concat, u64, u8, utf8 } from '@chargecast/signcryption/bytes';

import type { Certificates } from './certificates';
import { insistOn } from './errors';
import { holdsHandshake, SIGNATURE_BYTES, signHandshake } from './signatures';
import { decode, expectType, readVariable, variable } from './wire';
import { X25519_BYTES } from './x25519';

const TYPE = 16;

/**
 * The key vehicles encrypt their identity to, as stations hand it out: short-lived and signed by the provider, so that a key leaked
 * later opens nothing older. u8 type ‖ var provider ‖ public key ‖ u64 not before ‖ u64 not after ‖ signature.
 */
export interface ProviderKey {
  readonly provider: string;
  /** X25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly notBefore: number;
  readonly notAfter: number;
}

function head({ provider, publicKey, notBefore, notAfter }: ProviderKey): Uint8Array {
  return concat(u8(TYPE), variable(utf8(provider)), publicKey, u64(notBefore), u64(notAfter));
}

/** @param signingKey the provider's; @param ctx of the network */
export function encodeProviderKey(key: ProviderKey, signingKey: AuthenticationKey, ctx: Uint8Array): Uint8Array {
  return concat(head(key), signHandshake(signingKey, ctx, 'encryption-key', head(key)));
}

/**
 * @param provider whose key it must be
 * @param now Unix seconds
 * @throws AuthenticationError E_AUTH_MESSAGE, E_AUTH_CLOCK, E_AUTH_SIGNATURE; CodedError E_CERTIFICATE_PROVIDER
 */
export async function checkProviderKey(
  bytes: Uint8Array,
  provider: string,
  certificates: Certificates,
  now: number,
): Promise<ProviderKey> {
  const { key, signature } = decode(bytes, (reader) => {
    expectType(reader, TYPE);
    const name = Buffer.from(readVariable(reader)).toString('utf8');
    const publicKey = reader.copy(X25519_BYTES);
    const [notBefore, notAfter] = [reader.u64(), reader.u64()];
    return { key: { provider: name, publicKey, notBefore, notAfter }, signature: reader.copy(SIGNATURE_BYTES) };
  });
  const timely = key.notBefore <= now && now < key.notAfter;
  insistOn(
    timely,
    'E_AUTH_CLOCK',
    'the provider’s encryption key is not of this time: the station must fetch a new one',
  );
  const signed =
    key.provider === provider &&
    holdsHandshake(await certificates.providerKey(provider), certificates.ctx, 'encryption-key', head(key), signature);
  insistOn(signed, 'E_AUTH_SIGNATURE', 'the encryption key is not the provider’s: do not plug in here');
  return key;
}
