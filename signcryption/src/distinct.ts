import { compareAt } from './bytes';

/**
 * Equally long, pseudo-random byte strings, each at most once. A table over their leading bytes: a Set of strings costs
 * several times as much, for every receiver of every σ.
 */
export class DistinctBytes {
  readonly #slots: (Uint8Array | undefined)[];

  /** @param capacity as many as will be added */
  constructor(capacity: number) {
    this.#slots = new Array<Uint8Array | undefined>(2 ** Math.ceil(Math.log2(2 * capacity + 1))).fill(undefined);
  }

  /** @returns false if the bytes were added before */
  add(value: Uint8Array): boolean {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = ((value[0] as number) | ((value[1] as number) << 8) | ((value[2] as number) << 16)) & mask;
    for (let other = slots[slot]; other; other = slots[slot]) {
      if (compareAt(other, 0, value, 0, value.length) === 0) return false;
      slot = (slot + 1) & mask;
    }
    slots[slot] = value;
    return true;
  }
}
