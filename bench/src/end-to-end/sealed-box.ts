import sodium from 'sodium-native';

/** What a user would pick instead: libsodium's sealed box for one receiver, as text for a contract's argument. */
export class SealedBox {
  readonly #publicKey = Buffer.alloc(sodium.crypto_box_PUBLICKEYBYTES);
  readonly #secretKey = Buffer.alloc(sodium.crypto_box_SECRETKEYBYTES);

  constructor() {
    sodium.crypto_box_keypair(this.#publicKey, this.#secretKey);
  }

  seal(plaintext: Uint8Array): string {
    const sealed = Buffer.alloc(plaintext.length + sodium.crypto_box_SEALBYTES);
    sodium.crypto_box_seal(sealed, Buffer.from(plaintext), this.#publicKey);
    return sealed.toString('base64');
  }

  /** @throws Error if it was sealed for another */
  open(text: string): Uint8Array {
    const sealed = Buffer.from(text, 'base64');
    const plaintext = Buffer.alloc(sealed.length - sodium.crypto_box_SEALBYTES);
    if (!sodium.crypto_box_seal_open(plaintext, sealed, this.#publicKey, this.#secretKey)) {
      throw new Error('the sealed box does not open');
    }
    return plaintext;
  }
}
