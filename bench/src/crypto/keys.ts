/**
 * Curve25519 key pairs as bytes and as Node's key objects. libsodium draws them: exporting a key that
 * `generateKeyPairSync` made waits for itself forever in Node 20, if a garbage collection during the export ends the job
 * that made it, since both take the key's lock.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import sodium from 'sodium-native';

export interface KeyBytes {
  readonly publicKey: Uint8Array;
  /** The scalar of X25519, the seed of Ed25519. */
  readonly secret: Uint8Array;
}

type Curve = 'X25519' | 'Ed25519';

export function drawKeys(curve: Curve): KeyBytes {
  const publicKey = new Uint8Array(32);
  const secret = new Uint8Array(curve === 'X25519' ? 32 : 64);
  if (curve === 'X25519') sodium.crypto_box_keypair(publicKey, secret);
  else sodium.crypto_sign_keypair(publicKey, secret);
  return { publicKey, secret: secret.subarray(0, 32) };
}

const jwk = (curve: Curve, { publicKey, secret }: KeyBytes): { kty: string; crv: Curve; x: string; d: string } => ({
  kty: 'OKP',
  crv: curve,
  x: Buffer.from(publicKey).toString('base64url'),
  d: Buffer.from(secret).toString('base64url'),
});

export const privateKeyObject = (curve: Curve, keys: KeyBytes): KeyObject =>
  createPrivateKey({ key: jwk(curve, keys), format: 'jwk' });

export const publicKeyObject = (curve: Curve, keys: KeyBytes): KeyObject =>
  createPublicKey({ key: { ...jwk(curve, keys), d: undefined }, format: 'jwk' });
