import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { sessionBinding } from './agreement';
import { clampedEquivalent } from './clamping';
import { nativePrimitives } from './primitives/native';
import { portablePrimitives } from './primitives/portable';
import { codeOf } from './testing/codes';
import { littleEndian, ORDER } from './testing/points';
import { hex } from './testing/world';

const value = (bytes: Uint8Array): bigint => bytes.reduceRight((n, byte) => n * 256n + BigInt(byte), 0n);

/** Away from the 2⁻¹²⁴ of all scalars that may have no q̂. */
const usable = fc.bigInt(2n ** 130n, ORDER - 2n ** 130n);

describe('q̂', () => {
  it('is ±q mod ℓ, a multiple of 8 and within [2²⁵⁴, 2²⁵⁵): clamping leaves it alone', () => {
    const edges = [1n, 2n, 3n, 4n, 5n, 6n, 7n, ORDER - 1n, ORDER / 2n, 2n ** 251n, 2n ** 252n - 1n];
    fc.assert(
      fc.property(fc.oneof(usable, fc.constantFrom(...edges)), (q) => {
        const clamped = value(clampedEquivalent(littleEndian(q)));
        expect([q, ORDER - q]).toContain(clamped % ORDER);
        expect(clamped % 8n).toBe(0n);
        expect(clamped >= 2n ** 254n && clamped < 2n ** 255n).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('is refused where neither candidate fits: within 2¹²⁸ of 0 or ℓ', () => {
    const nearOrder = Array.from({ length: 8 }, (_, i) => ORDER - 1n - BigInt(i)).find(
      (q) => (3n * (q % 8n)) % 8n === 7n,
    );
    for (const q of [8n, 2n ** 120n, nearOrder as bigint]) {
      expect(codeOf(() => clampedEquivalent(littleEndian(q)))).toBe('E_REDRAW');
    }
  });

  it('makes stock X25519 agree with the Edwards product', () => {
    fc.assert(
      fc.property(usable, usable, (q, k) => {
        const Q = ed25519.Point.BASE.multiply(q);
        const U = portablePrimitives.toMontgomery(ed25519.Point.BASE.multiply(k).toBytes());
        const expected = portablePrimitives.toMontgomery(Q.multiply(k).toBytes());
        const z = new Uint8Array(32);
        expect(nativePrimitives.x25519(z, clampedEquivalent(littleEndian(q)), U)).toBe(true);
        expect(hex(z)).toBe(hex(expected));
      }),
      { numRuns: 30 },
    );
  });
});

describe('a session binding', () => {
  it('differs for every pile and session, however their bytes are split', () => {
    const pile = new Uint8Array(16).fill(1);
    const other = new Uint8Array(16).fill(2);
    const bindings = [
      sessionBinding(nativePrimitives, pile, Uint8Array.of(1)),
      sessionBinding(nativePrimitives, pile, Uint8Array.of(1, 0)),
      sessionBinding(nativePrimitives, other, Uint8Array.of(1)),
    ].map(hex);
    expect(new Set(bindings).size).toBe(3);
    expect(codeOf(() => sessionBinding(nativePrimitives, pile, new Uint8Array(0)))).toBe('E_ARGUMENT');
    expect(codeOf(() => sessionBinding(nativePrimitives, pile, new Uint8Array(65)))).toBe('E_ARGUMENT');
    expect(codeOf(() => sessionBinding(nativePrimitives, pile.subarray(1), Uint8Array.of(1)))).toBe('E_ARGUMENT');
  });
});
