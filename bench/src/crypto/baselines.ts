/** What the scheme is compared with: bare operations of both libraries, and ways to encrypt to one receiver at a time. */
import {
  createCipheriv,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import sodium from 'sodium-native';
import { CHACHA20_POLY1305, hpkeSealer } from './hpke';
import { MESSAGE_BYTES } from './fixture';
import { drawKeys, privateKeyObject, publicKeyObject } from './keys';
import { type Case } from './measure';

const repeat =
  (operations: number, operation: () => unknown): (() => void) =>
  () => {
    for (let i = 0; i < operations; i++) operation();
  };

/** X25519 with keys parsed beforehand. */
export function agreementCases(operations: number): Case[] {
  const own = drawKeys('X25519');
  const other = drawKeys('X25519');
  const shared = new Uint8Array(32);
  const keys = { privateKey: privateKeyObject('X25519', own), publicKey: publicKeyObject('X25519', other) };
  return [
    {
      name: 'x25519 libsodium',
      operations,
      block: repeat(operations, () => sodium.crypto_scalarmult(shared, own.secret, other.publicKey)),
    },
    { name: 'x25519 openssl', operations, block: repeat(operations, () => diffieHellman(keys)) },
  ];
}

/** Ed25519 verification of a 64-byte message with keys parsed beforehand. */
export function verificationCases(operations: number): Case[] {
  const keys = drawKeys('Ed25519');
  const message = new Uint8Array(64).fill(7);
  const signature = new Uint8Array(sign(null, message, privateKeyObject('Ed25519', keys)));
  const key = publicKeyObject('Ed25519', keys);
  return [
    {
      name: 'ed25519 verify libsodium',
      operations,
      block: repeat(operations, () => sodium.crypto_sign_verify_detached(signature, message, keys.publicKey)),
    },
    {
      name: 'ed25519 verify openssl',
      operations,
      block: repeat(operations, () => verify(null, message, key, signature)),
    },
  ];
}

/**
 * What authenticates a sender and hides a message from all but one receiver by standard means: HPKE to that receiver and
 * an Ed25519 signature over what it gave, on the primitives the scheme itself uses.
 */
export function signedHpkeCase(operations: number): Case {
  const seal = hpkeSealer(CHACHA20_POLY1305, new TextEncoder().encode('bench'));
  const publicKey = new Uint8Array(32);
  const secretKey = new Uint8Array(64);
  sodium.crypto_sign_keypair(publicKey, secretKey);
  const message = new Uint8Array(MESSAGE_BYTES);
  const signature = new Uint8Array(64);
  const receivers = Array.from({ length: operations }, () => drawKeys('X25519').publicKey);
  return {
    name: SIGNED_HPKE,
    operations,
    block() {
      for (const receiver of receivers) {
        const { enc, ciphertext } = seal(receiver, message);
        sodium.crypto_sign_detached(signature, Buffer.concat([enc, ciphertext]), secretKey);
      }
    },
  };
}

export const SHAPED_HPKE = 'HPKE-shaped node:crypto';
export const SHAPED_HPKE_SIGNED = `${SHAPED_HPKE} and Ed25519`;
export const SIGNED_HPKE = 'HPKE native and Ed25519';
export const HPKE_CORE_SIGNED = '@hpke/core and Ed25519';
/** Of a 128-byte message: enc, ciphertext, tag and signature; ephemeral key, ciphertext and tag. */
export const BYTES_PER_MESSAGE = { signedHpke: MESSAGE_BYTES + 32 + 16 + 64, sealedBox: MESSAGE_BYTES + 48 };

type CoreSeal = (
  to: { recipientPublicKey: unknown },
  message: ArrayBufferLike,
) => Promise<{ enc: ArrayBuffer; ct: ArrayBuffer }>;

/** One 128-byte message to one receiver by means that offer confidentiality alone. */
export async function encryptionCases(operations: number): Promise<Case[]> {
  const raw = drawKeys('X25519').publicKey;
  const message = new Uint8Array(MESSAGE_BYTES);
  const sealed = new Uint8Array(message.length + 48);
  const suite = new CipherSuite({
    kem: new DhkemX25519HkdfSha256(),
    kdf: new HkdfSha256(),
    aead: new Aes128Gcm(),
  });
  // Its types name the DOM's CryptoKey, which Node's do not declare globally.
  const recipientPublicKey: unknown = await suite.kem.deserializePublicKey(raw.slice().buffer);
  const seal: CoreSeal = suite.seal.bind(suite);
  const signer = privateKeyObject('Ed25519', drawKeys('Ed25519'));
  return [
    { name: 'sealed box', operations, block: repeat(operations, () => sodium.crypto_box_seal(sealed, message, raw)) },
    ...shapedHpkeCases(operations),
    {
      name: '@hpke/core',
      operations: 10,
      block: async () => {
        for (let i = 0; i < 10; i++) await seal({ recipientPublicKey }, message.buffer);
      },
    },
    {
      name: HPKE_CORE_SIGNED,
      operations: 10,
      block: async () => {
        for (let i = 0; i < 10; i++) {
          const { enc, ct } = await seal({ recipientPublicKey }, message.buffer);
          sign(null, Buffer.concat([new Uint8Array(enc), new Uint8Array(ct)]), signer);
        }
      },
    },
  ];
}

/** What Node's own functions offer: RFC 9180's base mode by its cost, to keys parsed beforehand, without and with a signature. */
export function shapedHpkeCases(operations: number): Case[] {
  const receivers = Array.from({ length: operations }, () => publicKeyObject('X25519', drawKeys('X25519')));
  const signer = privateKeyObject('Ed25519', drawKeys('Ed25519'));
  const message = new Uint8Array(MESSAGE_BYTES);
  const sealed = (): void => {
    for (const receiver of receivers) hpkeShaped(receiver, message);
  };
  const signed = (): void => {
    for (const receiver of receivers) sign(null, Buffer.concat(hpkeShaped(receiver, message)), signer);
  };
  return [
    { name: SHAPED_HPKE, operations, block: sealed },
    { name: SHAPED_HPKE_SIGNED, operations, block: signed },
  ];
}

/** A fresh key pair, one agreement, HKDF, one AEAD. */
function hpkeShaped(publicKey: KeyObject, message: Uint8Array): Buffer[] {
  const ephemeral = generateKeyPairSync('x25519');
  const shared = diffieHellman({ privateKey: ephemeral.privateKey, publicKey });
  const key = new Uint8Array(hkdfSync('sha256', shared, new Uint8Array(0), 'bench', 44));
  const cipher = createCipheriv('chacha20-poly1305', key.subarray(0, 32), key.subarray(32), { authTagLength: 16 });
  return [cipher.update(message), cipher.final(), cipher.getAuthTag()];
}
