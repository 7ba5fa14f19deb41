import { u32 } from '@chargecast/signcryption/bytes';
import { createHash, type Hash } from 'node:crypto';

/** The running hash over all parts of a handshake in their order, each framed by its length: both sides keep one. */
export class Transcript {
  readonly #hash: Hash = createHash('sha256').update('chargecast auth 1');

  /** @returns the hash up to and with these parts, 32 bytes */
  add(...parts: readonly Uint8Array[]): Uint8Array {
    for (const part of parts) this.#hash.update(u32(part.length)).update(part);
    return new Uint8Array(this.#hash.copy().digest());
  }
}
