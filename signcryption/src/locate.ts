/**
 * Step 1 of unsigncrypt: where the entry with a given locator stands. Locators are sorted and pseudo-random, so their
 * leading bits are a perfect enough hash: one table slot for a quarter of an entry, O(1) expected at any count.
 */
import { compareAt } from './bytes';
import { LOCATOR_BYTES, type Sigma } from './wire';

export class LocatorIndex {
  readonly #body: Uint8Array;
  readonly #entryLength: number;
  readonly #shift: number;
  /** first[b] = index of the first entry whose leading bits are b or more. */
  readonly #first: Uint16Array;

  constructor({ body, header }: Sigma) {
    const { entryCount, entryLength } = header;
    const bits = Math.min(16, 2 + Math.ceil(Math.log2(entryCount + 1)));
    this.#body = body;
    this.#entryLength = entryLength;
    this.#shift = 32 - bits;
    this.#first = new Uint16Array(2 ** bits + 1);
    let slot = 0;
    for (let entry = 0; entry < entryCount; entry++) {
      const leading = leadingBits(body, entry * entryLength) >>> this.#shift;
      while (slot <= leading) this.#first[slot++] = entry;
    }
    this.#first.fill(entryCount, slot);
  }

  /** @returns the entry's index, or undefined: "not for me" */
  find(locator: Uint8Array): number | undefined {
    const slot = leadingBits(locator, 0) >>> this.#shift;
    let low = this.#first[slot] as number;
    let high = this.#first[slot + 1] as number;
    // A sender who grinds its locators into one slot makes this a bisection, not a scan.
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = compareAt(this.#body, middle * this.#entryLength, locator, 0, LOCATOR_BYTES);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return undefined;
  }
}

function leadingBits(bytes: Uint8Array, at: number): number {
  const [a, b, c, d] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]] as [number, number, number, number];
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}
