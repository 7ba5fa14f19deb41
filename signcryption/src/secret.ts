const NONE = new Uint8Array(0);

/** Secret bytes that JSON, string conversion and inspection show nothing of. */
export class Secret {
  #bytes: Uint8Array;

  /** Copies the bytes; the caller may erase its own copy. */
  constructor(bytes: Uint8Array) {
    this.#bytes = Uint8Array.from(bytes);
  }

  /** Keeps the bytes themselves, which nobody else may hold on to: no second copy is left. */
  static of(bytes: Uint8Array): Secret {
    const secret = new Secret(NONE);
    secret.#bytes = bytes;
    return secret;
  }

  /** The live bytes, not a copy, so that {@link erase} reaches them. */
  reveal(): Uint8Array {
    return this.#bytes;
  }

  erase(): void {
    this.#bytes.fill(0);
  }

  toJSON(): string {
    return '[secret]';
  }

  toString(): string {
    return '[secret]';
  }
}
