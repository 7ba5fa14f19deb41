import { type AuthenticationKey, authenticationBytes, verifyAuthentication } from '@chargecast/protocol';
import { fromHex, toHex } from '@chargecast/signcryption';

/** r ‖ s, each 32 bytes. */
export const SIGNATURE_BYTES = 64;

/** What an authentication key signs in a handshake: a tag for each purpose, so that no signature serves for another. */
export type Purpose = 'station' | 'vehicle' | 'request' | 'permit' | 'encryption-key';

/** ECDSA over P-256 with SHA-256. @param ctx of the network */
export function signHandshake(
  key: AuthenticationKey,
  ctx: Uint8Array,
  purpose: Purpose,
  content: Uint8Array,
): Uint8Array {
  return fromHex(key.sign(authenticationBytes(`handshake-${purpose}`, ctx, content)), SIGNATURE_BYTES);
}

/** @param publicKey 65 bytes, hex */
export function holdsHandshake(
  publicKey: string,
  ctx: Uint8Array,
  purpose: Purpose,
  content: Uint8Array,
  signature: Uint8Array,
): boolean {
  return verifyAuthentication(publicKey, authenticationBytes(`handshake-${purpose}`, ctx, content), toHex(signature));
}
