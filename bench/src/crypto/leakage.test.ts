import { clampedEquivalent } from '@chargecast/signcryption/clamping';
import { LEAK, leakageOf, takesNegative, welch } from './leakage';

const noise = (seed: number): number[] => Array.from({ length: 2000 }, (_, i) => 100 + ((i * 7919 + seed) % 101));

describe('leakage', () => {
  it('Welch’s t is small between equal samples and large between shifted ones', () => {
    expect(Math.abs(welch(noise(1), noise(50)))).toBeLessThan(1);
    expect(
      welch(
        noise(1).map((value) => value + 10),
        noise(1),
      ),
    ).toBeGreaterThan(LEAK);
    expect(welch([1, 1, 1], [1, 1, 1])).toBe(0);
  });

  it('finds a comparison that ends early', () => {
    const spin = (turns: number) => (): number => {
      let x = 0;
      for (let i = 0; i < turns; i++) x = (x * 31 + i) | 0;
      return x;
    };
    expect(leakageOf(spin(2000), spin(20_000))).toBeGreaterThan(LEAK);
  });

  it('tells the two ways to a clamped scalar apart', () => {
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    for (let i = 1; i < 50; i++) {
      const q = Uint8Array.from({ length: 32 }, (_, at) => (at < 31 ? (i * 37 + at * 11) & 255 : i % 16));
      const clamped = clampedEquivalent(q).reduceRight((n, byte) => n * 256n + BigInt(byte), 0n);
      const value = q.reduceRight((n, byte) => n * 256n + BigInt(byte), 0n);
      expect((clamped - value) % order === 0n).toBe(!takesNegative(q));
    }
  });
});
