/** Secret bytes that JSON, string conversion and inspection show nothing of. */
export class Secret {
  readonly #bytes: Uint8Array;

  /** Copies the bytes; the caller may erase its own copy. */
  constructor(bytes: Uint8Array) {
    this.#bytes = Uint8Array.from(bytes);
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
