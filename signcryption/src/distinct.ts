import { compareAt } from './bytes';

/**
 * Whether no two of these equally long, pseudo-random byte strings are equal. A table over their leading bytes: a Set of
 * strings costs several times as much, for every receiver of every σ.
 */
export function areDistinct(values: readonly Uint8Array[]): boolean {
  const mask = 2 ** Math.ceil(Math.log2(2 * values.length + 1)) - 1;
  const slots = new Int32Array(mask + 1).fill(-1);
  return values.every((value, index) => {
    const leading = (value[0] as number) | ((value[1] as number) << 8) | ((value[2] as number) << 16);
    for (let slot = leading & mask; ; slot = (slot + 1) & mask) {
      const other = values[slots[slot] as number];
      if (!other) {
        slots[slot] = index;
        return true;
      }
      if (compareAt(other, 0, value, 0, value.length) === 0) return false;
    }
  });
}
