import { CodedError } from '../common/errors';

/** Shorter ones would be found by chance. */
const SHORTEST = 6;
const PREFIX_BITS = 24;

/**
 * Looks for many byte strings at once: a bitmap over the first three bytes rules out nearly every place, a map over
 * them the rest.
 */
export class PlaintextScanner {
  readonly #bitmap = new Uint8Array(1 << (PREFIX_BITS - 3));
  readonly #needles = new Map<number, Buffer[]>();

  /** @throws CodedError E_ARGUMENT for a needle of fewer than 6 bytes */
  constructor(needles: Iterable<string | Uint8Array>) {
    for (const needle of needles) this.#add(typeof needle === 'string' ? Buffer.from(needle) : Buffer.from(needle));
  }

  /** How many needles occur in the bytes, each place counted. */
  count(bytes: Uint8Array): number {
    let hits = 0;
    const last = bytes.length - SHORTEST;
    let prefix = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
    for (let at = 0; at <= last; at++) {
      prefix = ((prefix << 8) | (bytes[at + 2] as number)) & 0xffffff;
      if (((this.#bitmap[prefix >>> 3] as number) >>> (prefix & 7)) & 1) hits += this.#hitsAt(bytes, at, prefix);
    }
    return hits;
  }

  #add(needle: Buffer): void {
    if (needle.length < SHORTEST) throw new CodedError('E_ARGUMENT', `a needle must have ${SHORTEST} bytes or more`);
    const prefix = needle.readUIntBE(0, 3);
    this.#bitmap[prefix >>> 3] = (this.#bitmap[prefix >>> 3] as number) | (1 << (prefix & 7));
    const same = this.#needles.get(prefix);
    if (same) same.push(needle);
    else this.#needles.set(prefix, [needle]);
  }

  #hitsAt(bytes: Uint8Array, at: number, prefix: number): number {
    const here = Buffer.from(bytes.buffer, bytes.byteOffset + at, bytes.length - at);
    return (this.#needles.get(prefix) ?? []).filter(
      (needle) => needle.length <= here.length && here.compare(needle, 0, needle.length, 0, needle.length) === 0,
    ).length;
  }
}
