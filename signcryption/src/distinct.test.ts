import fc from 'fast-check';
import { DistinctBytes } from './distinct';
import { hex } from './testing/world';

function areDistinct(values: readonly Uint8Array[]): boolean {
  const seen = new DistinctBytes(values.length);
  return values.every((value) => seen.add(value));
}

describe('DistinctBytes', () => {
  it('agrees with a set of strings, also where leading bytes collide', () => {
    const value = fc.tuple(fc.nat(3), fc.nat(1)).map(([a, b]) => Uint8Array.of(a, 0, 0, b));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 12 }), (values) => {
        expect(areDistinct(values)).toBe(new Set(values.map(hex)).size === values.length);
      }),
      { numRuns: 300 },
    );
  });

  it('finds the one repetition among a thousand', () => {
    const values = Array.from({ length: 1000 }, (_, i) => Uint8Array.of(i & 255, i >> 8, 0, 0));
    expect(areDistinct(values)).toBe(true);
    expect(areDistinct([...values, Uint8Array.of(7, 3, 0, 0)])).toBe(false);
  });
});
