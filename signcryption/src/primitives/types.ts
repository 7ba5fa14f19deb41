/**
 * The operations under the scheme, as one interface. Points and scalars are 32-byte encodings that passed the checks
 * of encoding.ts; implementations may rely on that.
 */

/** Enough for public verification: no secret passes through it. */
export interface VerifierPrimitives {
  readonly name: string;
  /** SHA-512 of the chunks in a row. */
  readonly sha512: (...chunks: readonly Uint8Array[]) => Uint8Array;
  /** Unkeyed BLAKE2b, 64 bytes (RFC 7693), of the chunks in a row. */
  readonly blake2b512: (...chunks: readonly Uint8Array[]) => Uint8Array;
  /**
   * Ed25519's equation without the cofactor: enc(S·B − c·Q) = R's bytes, c = SHA-512(R ‖ Q ‖ message) mod ℓ.
   * The edge cases that implementations differ on are refused before, in signature.ts.
   */
  readonly satisfiesEquation: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;
  /** RFC 8032 canonical, in the prime-order subgroup, not the identity. */
  readonly isGroupElement: (point: Uint8Array) => boolean;
  /** @param wide 64 bytes, little-endian; returns them mod ℓ. */
  readonly reduceScalar: (wide: Uint8Array) => Uint8Array;
  /** scalar·point for group elements and 0 < scalar < ℓ. */
  readonly multiplyPoint: (scalar: Uint8Array, point: Uint8Array) => Uint8Array;
  /** a + b; the identity comes out as its encoding. */
  readonly addPoints: (a: Uint8Array, b: Uint8Array) => Uint8Array;
  /** u = (1 + y)/(1 − y) of a group element (RFC 7748 §4.1). */
  readonly toMontgomery: (point: Uint8Array) => Uint8Array;
}

export interface Primitives extends VerifierPrimitives {
  /** scalar·B for 0 < scalar < ℓ, unclamped. */
  readonly multiplyBase: (scalar: Uint8Array) => Uint8Array;
  readonly addScalars: (a: Uint8Array, b: Uint8Array) => Uint8Array;
  readonly multiplyScalars: (a: Uint8Array, b: Uint8Array) => Uint8Array;
  readonly hmacSha256: (key: Uint8Array, message: Uint8Array) => Uint8Array;
  /** Keyed BLAKE2b (RFC 7693) with a 32-byte key, into `output` of 32 or 64 bytes. */
  readonly keyedBlake2b: (output: Uint8Array, key: Uint8Array, message: Uint8Array) => void;
  /** X25519 (RFC 7748 §5) into `output`; false if the shared value is zero. */
  readonly x25519: (output: Uint8Array, scalar: Uint8Array, u: Uint8Array) => boolean;
  /** X25519 of a clamped scalar and u = 9 into `output`. */
  readonly x25519Base: (output: Uint8Array, scalar: Uint8Array) => void;
  /** ChaCha20-Poly1305 (RFC 8439) with nonce 0: `sealed` = ciphertext ‖ tag; may overlap the plaintext exactly. */
  readonly aeadSeal: (sealed: Uint8Array, key: Uint8Array, associatedData: Uint8Array, plaintext: Uint8Array) => void;
  /** The plaintext, or undefined if the tag does not hold. */
  readonly aeadOpen: (key: Uint8Array, associatedData: Uint8Array, sealed: Uint8Array) => Uint8Array | undefined;
  /** ChaCha20 keystream (RFC 8439 §2.4), nonce 0, counter 0. */
  readonly keystream: (key: Uint8Array, length: number) => Uint8Array;
}
