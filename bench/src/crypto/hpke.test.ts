/** What a standard HPKE library opens is HPKE. */
import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { AES_128_GCM, CHACHA20_POLY1305, hpkeSealer } from './hpke';

/** Its types name the DOM's CryptoKey, which Node's do not declare globally. */
interface Suite {
  readonly kem: {
    generateKeyPair(): Promise<{ publicKey: unknown; privateKey: unknown }>;
    serializePublicKey(key: unknown): Promise<ArrayBuffer>;
  };
  open(
    from: { recipientKey: unknown; enc: ArrayBufferLike; info: ArrayBufferLike },
    sealed: ArrayBufferLike,
  ): Promise<ArrayBuffer>;
}

const info = new TextEncoder().encode('chargecast bench');
const message = new TextEncoder().encode('one command');

it('what it seals, @hpke/core opens', async () => {
  const made = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() });
  const suite = made as unknown as Suite;
  const keys = await suite.kem.generateKeyPair();
  const to = new Uint8Array(await suite.kem.serializePublicKey(keys.publicKey));
  const { enc, ciphertext } = hpkeSealer(AES_128_GCM, info)(to, message);
  const sealed = { recipientKey: keys.privateKey, enc: enc.slice().buffer, info: info.slice().buffer };
  const opened = await suite.open(sealed, Uint8Array.from(ciphertext).buffer);
  expect(Buffer.from(opened).toString()).toBe('one command');
  const flipped = Uint8Array.from(ciphertext);
  flipped[0] = (flipped[0] as number) ^ 1;
  await expect(suite.open(sealed, flipped.buffer)).rejects.toThrow();
});

it('draws a fresh key for every message', () => {
  const seal = hpkeSealer(CHACHA20_POLY1305, info);
  const to = new Uint8Array(32).fill(9);
  const [first, second] = [seal(to, message), seal(to, message)];
  expect(Buffer.from(first.enc).equals(second.enc)).toBe(false);
  expect(first.ciphertext).toHaveLength(message.length + 16);
  expect(Buffer.from(first.ciphertext).equals(second.ciphertext)).toBe(false);
});
