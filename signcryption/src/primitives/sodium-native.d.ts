/** The part of sodium-native that native.ts and the benchmarks use; the package ships no types. Failures throw. */
declare module 'sodium-native' {
  interface SodiumNative {
    crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
    crypto_core_ed25519_is_valid_point(point: Uint8Array): boolean;
    crypto_core_ed25519_add(sum: Uint8Array, a: Uint8Array, b: Uint8Array): void;
    crypto_core_ed25519_scalar_reduce(scalar: Uint8Array, wide: Uint8Array): void;
    crypto_core_ed25519_scalar_add(sum: Uint8Array, a: Uint8Array, b: Uint8Array): void;
    crypto_scalarmult(this: void, shared: Uint8Array, scalar: Uint8Array, u: Uint8Array): void;
    crypto_scalarmult_ed25519_noclamp(product: Uint8Array, scalar: Uint8Array, point: Uint8Array): void;
    crypto_scalarmult_ed25519_base_noclamp(product: Uint8Array, scalar: Uint8Array): void;
    crypto_sign_ed25519_pk_to_curve25519(u: Uint8Array, point: Uint8Array): void;
    crypto_generichash(this: void, output: Uint8Array, input: Uint8Array, key?: Uint8Array): void;
    crypto_aead_chacha20poly1305_ietf_encrypt(
      this: void,
      sealed: Uint8Array,
      plaintext: Uint8Array,
      associatedData: Uint8Array,
      secretNonce: null,
      nonce: Uint8Array,
      key: Uint8Array,
    ): number;
    crypto_aead_chacha20poly1305_ietf_decrypt(
      plaintext: Uint8Array,
      secretNonce: null,
      sealed: Uint8Array,
      associatedData: Uint8Array,
      nonce: Uint8Array,
      key: Uint8Array,
    ): number;
    crypto_scalarmult_base(publicKey: Uint8Array, scalar: Uint8Array): void;
    crypto_hash_sha512(this: void, output: Uint8Array, input: Uint8Array): void;
    crypto_hash_sha256(output: Uint8Array, input: Uint8Array): void;
    crypto_sign_keypair(publicKey: Uint8Array, secretKey: Uint8Array): void;
    crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void;
    randombytes_buf(buffer: Uint8Array): void;
    readonly crypto_box_PUBLICKEYBYTES: number;
    readonly crypto_box_SECRETKEYBYTES: number;
    readonly crypto_box_SEALBYTES: number;
    crypto_box_keypair(publicKey: Uint8Array, secretKey: Uint8Array): void;
    crypto_box_seal(sealed: Uint8Array, message: Uint8Array, publicKey: Uint8Array): void;
    /** @returns false if it was sealed for another key */
    crypto_box_seal_open(
      message: Uint8Array,
      sealed: Uint8Array,
      publicKey: Uint8Array,
      secretKey: Uint8Array,
    ): boolean;
  }
  const sodium: SodiumNative;
  export default sodium;
}
