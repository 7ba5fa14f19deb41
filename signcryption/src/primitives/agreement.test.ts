/** Native, portable and verifier-only primitives give one answer on random, edge and hostile inputs. */
import fc from 'fast-check';
import { isZero } from '../bytes';
import { hasCanonicalY, isCanonicalU, isReducedScalar, isSmallOrder } from '../encoding';
import { Secret } from '../secret';
import { sign, verify } from '../signature';
import {
  cosetOf,
  edgeScalars,
  hostileU,
  littleEndian,
  minusOne,
  nonCanonical,
  ORDER,
  smallOrder,
  torsion,
} from '../testing/points';
import { hex, seededRandom } from '../testing/world';
import { ed25519 } from '@noble/curves/ed25519.js';
import { ready } from './libsodium';
import { nativePrimitives as native } from './native';
import { nodePrimitives as node } from './node';
import { portablePrimitives as portable } from './portable';
import { type Primitives, type VerifierPrimitives } from './types';

beforeAll(ready);

const verifiers = [native, portable, node];
const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const scalar = fc.bigInt(1n, ORDER - 1n);
const runs = { numRuns: 40 };

/** The outcome of an operation that may refuse its input. */
function outcome(operation: () => Uint8Array | boolean): string {
  try {
    const result = operation();
    return typeof result === 'boolean' ? String(result) : hex(result);
  } catch {
    return 'refused';
  }
}

function expectAgreement(operation: (primitives: VerifierPrimitives) => Uint8Array | boolean): string {
  const [first, ...others] = verifiers.map((primitives) => outcome(() => operation(primitives)));
  for (const other of others) expect(other).toBe(first);
  return first as string;
}

describe('points', () => {
  it('of the group are accepted, and none that differs by torsion', () => {
    for (const value of [1n, 2n, 12345n, ORDER - 1n]) {
      const { pure, torsioned } = cosetOf(value);
      expect(expectAgreement((p) => p.isGroupElement(pure))).toBe('true');
      for (const point of torsioned) expect(expectAgreement((p) => p.isGroupElement(point))).toBe('false');
    }
  });

  it('P + (0, −1) is refused: libsodium before 1.0.21 let it pass (CVE-2025-69277)', () => {
    const point = ed25519.Point.BASE.multiply(987654321n).add(minusOne).toBytes();
    expect(expectAgreement((p) => p.isGroupElement(point))).toBe('false');
  });

  it('of small order, non-canonical or of the wrong length are refused', () => {
    for (const point of [...smallOrder, ...nonCanonical, new Uint8Array(31), new Uint8Array(33)]) {
      expect(expectAgreement((p) => p.isGroupElement(point))).toBe('false');
    }
  });

  it('random bytes are judged alike', () => {
    fc.assert(
      fc.property(bytes(32), (point) => void expectAgreement((p) => p.isGroupElement(point))),
      runs,
    );
  });

  it('multiply, add and convert alike', () => {
    fc.assert(
      fc.property(scalar, scalar, (a, b) => {
        const A = native.multiplyBase(littleEndian(a));
        const B = portable.multiplyBase(littleEndian(b));
        expect(hex(A)).toBe(hex(portable.multiplyBase(littleEndian(a))));
        expectAgreement((p) => p.multiplyPoint(littleEndian(b), A));
        expectAgreement((p) => p.addPoints(A, B));
        expectAgreement((p) => p.toMontgomery(A));
      }),
      runs,
    );
  });

  it('a point and its negative add to the identity', () => {
    const A = cosetOf(5n).pure;
    const negative = cosetOf(ORDER - 5n).pure;
    expect(expectAgreement((p) => p.addPoints(A, negative))).toBe(hex(littleEndian(1n)));
  });
});

describe('scalars', () => {
  it('reduce, add and multiply alike', () => {
    fc.assert(
      fc.property(bytes(64), scalar, scalar, (wide, a, b) => {
        expectAgreement((p) => p.reduceScalar(wide));
        const [x, y] = [littleEndian(a), littleEndian(b)];
        expect(hex(native.addScalars(x, y))).toBe(hex(littleEndian((a + b) % ORDER)));
        expect(hex(native.multiplyScalars(x, y))).toBe(hex(littleEndian((a * b) % ORDER)));
        expect(hex(portable.addScalars(x, y))).toBe(hex(littleEndian((a + b) % ORDER)));
        expect(hex(portable.multiplyScalars(x, y))).toBe(hex(littleEndian((a * b) % ORDER)));
      }),
      runs,
    );
  });

  it('are reduced below ℓ, and only there', () => {
    for (const edge of edgeScalars) {
      const value = edge.reduceRight((n, byte) => n * 256n + BigInt(byte), 0n);
      expect(isReducedScalar(edge)).toBe(value < ORDER);
    }
  });
});

describe('encodings judged from bytes', () => {
  it('finds every small-order spelling and no other', () => {
    for (const point of smallOrder) expect(isSmallOrder(point)).toBe(true);
    expect(nonCanonical.filter((point) => isSmallOrder(point))).toHaveLength(4);
    fc.assert(
      fc.property(scalar, (a) => expect(isSmallOrder(portable.multiplyBase(littleEndian(a)))).toBe(false)),
      runs,
    );
  });

  it('finds every y ≥ p', () => {
    for (const point of nonCanonical) expect(hasCanonicalY(point)).toBe(false);
    for (const point of torsion) expect(hasCanonicalY(point.toBytes())).toBe(true);
  });

  it('takes u only above 0 and below p', () => {
    const P = 2n ** 255n - 19n;
    for (const u of hostileU) {
      const value = u.reduceRight((n, byte) => n * 256n + BigInt(byte), 0n);
      expect(isCanonicalU(u)).toBe(value > 0n && value < P);
    }
  });
});

describe('X25519', () => {
  it('agrees on random and hostile u, the zero result included', () => {
    const clamped = littleEndian(2n ** 254n + 8n * 1234567n);
    const both = (u: Uint8Array): void => {
      const [a, b] = [new Uint8Array(32), new Uint8Array(32)];
      const [x, y] = [native.x25519(a, clamped, u), portable.x25519(b, clamped, u)];
      expect(x).toBe(y);
      if (x) expect(hex(a)).toBe(hex(b));
      if (x) expect(isZero(a)).toBe(false);
    };
    for (const u of hostileU) both(u);
    fc.assert(fc.property(bytes(32), both), runs);
  });

  it('of the base is X25519 of u = 9', () => {
    const base = Uint8Array.of(9, ...new Uint8Array(31));
    const publicKeys = (p: Primitives, k: Uint8Array): string[] => {
      const [byTable, byLadder] = [new Uint8Array(32), new Uint8Array(32)];
      p.x25519Base(byTable, k);
      p.x25519(byLadder, k, base);
      return [hex(byTable), hex(byLadder)];
    };
    const alike = (k: Uint8Array): void => {
      k[0] = (k[0] as number) & 0xf8;
      k[31] = ((k[31] as number) & 0x7f) | 0x40;
      expect(new Set([...publicKeys(native, k), ...publicKeys(portable, k)]).size).toBe(1);
    };
    fc.assert(fc.property(bytes(32), alike), runs);
  });
});

describe('symmetric primitives', () => {
  it('hash every length alike, about the one where the native ones change hands too', () => {
    for (const length of [0, 1, 111, 112, 128, 511, 512, 513, 5000]) {
      const input = new Uint8Array(length).fill(length);
      expectAgreement((p) => p.sha512(input));
      expectAgreement((p) => p.blake2b512(input));
    }
  });

  it('agree and refuse every flipped byte', () => {
    fc.assert(
      fc.property(bytes(32), fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (key, ad, text) => {
        const [a, b] = [new Uint8Array(text.length + 16), new Uint8Array(text.length + 16)];
        native.aeadSeal(a, key, ad, text);
        portable.aeadSeal(b, key, ad, text);
        expect(hex(a)).toBe(hex(b));
        expect(hex(native.aeadOpen(key, ad, a) ?? new Uint8Array(1))).toBe(hex(text));
        expect(hex(portable.aeadOpen(key, ad, a) ?? new Uint8Array(1))).toBe(hex(text));
        const at = (key[0] as number) % a.length;
        a[at] = (a[at] as number) ^ 1;
        expect(native.aeadOpen(key, ad, a)).toBeUndefined();
        expect(portable.aeadOpen(key, ad, a)).toBeUndefined();
        const [c, d] = [new Uint8Array(64), new Uint8Array(64)];
        native.keyedBlake2b(c, key, text);
        portable.keyedBlake2b(d, key, text);
        expect(hex(c)).toBe(hex(d));
        expect(hex(native.hmacSha256(key, text))).toBe(hex(portable.hmacSha256(key, text)));
        expect(hex(native.keystream(key, text.length))).toBe(hex(portable.keystream(key, text.length)));
        expectAgreement((p) => p.sha512(text, ad));
        expectAgreement((p) => p.blake2b512(text, ad));
      }),
      runs,
    );
    expect(native.aeadOpen(new Uint8Array(32), new Uint8Array(0), new Uint8Array(15))).toBeUndefined();
    expect(portable.aeadOpen(new Uint8Array(32), new Uint8Array(0), new Uint8Array(15))).toBeUndefined();
  });
});

describe('the one verification rule', () => {
  const ctx = new Uint8Array(32).fill(1);
  const part = new Uint8Array(10).fill(2);
  const env = { primitives: portable, random: seededRandom('rule') };
  const q = 424242n;
  const key = portable.multiplyBase(littleEndian(q));
  const good = sign(env, new Secret(littleEndian(q)), 'in', ctx, part);
  const judge = (publicKey: Uint8Array, signature: Uint8Array): string =>
    expectAgreement((p) => verify(p, publicKey, signature, 'in', ctx, part));

  it('accepts honest signatures from either implementation', () => {
    expect(judge(key, good)).toBe('true');
    const other = sign({ ...env, primitives: native }, new Secret(littleEndian(q)), 'in', ctx, part);
    expect(judge(key, other)).toBe('true');
  });

  it('refuses S + ℓ, a flipped byte, and wrong lengths', () => {
    const S = good.slice(32).reduceRight((n, byte) => n * 256n + BigInt(byte), 0n);
    expect(judge(key, Uint8Array.of(...good.slice(0, 32), ...littleEndian(S + ORDER)))).toBe('false');
    for (let i = 0; i < 64; i++) {
      const flipped = Uint8Array.from(good);
      flipped[i] = (flipped[i] as number) ^ 4;
      expect(judge(key, flipped)).toBe('false');
    }
    expect(judge(key, good.slice(0, 63))).toBe('false');
    expect(judge(key.slice(0, 31), good)).toBe('false');
  });

  /** M of what `good` signs, caught where the rule hands it on. */
  function signedMessage(): Uint8Array {
    let message = new Uint8Array(0);
    const spy: VerifierPrimitives = {
      ...portable,
      satisfiesEquation: (_key, M) => {
        message = Uint8Array.from(M);
        return true;
      },
    };
    verify(spy, key, good, 'in', ctx, part);
    return message;
  }

  /** What a signer can make who knows q and wants this R = rB + torsion. */
  function forge(R: Uint8Array, r: bigint): Uint8Array {
    const c = portable.reduceScalar(portable.sha512(R, key, signedMessage()));
    const challenge = c.reduceRight((n, byte) => n * 256n + BigInt(byte), 0n);
    return Uint8Array.of(...R, ...littleEndian((r + challenge * q) % ORDER));
  }

  it('refuses R with torsion: the cofactored equation would accept it', () => {
    const r = 777n;
    for (const t of torsion.slice(1)) {
      const R = ed25519.Point.BASE.multiply(r).add(t).toBytes();
      expect(judge(key, forge(R, r))).toBe('false');
    }
    expect(judge(key, forge(ed25519.Point.BASE.multiply(r).toBytes(), r))).toBe('true');
  });

  it('refuses R = identity under a nonce of zero, where the equation holds', () => {
    const signature = forge(littleEndian(1n), 0n);
    expect(portable.satisfiesEquation(key, signedMessage(), signature)).toBe(true);
    expect(judge(key, signature)).toBe('false');
  });

  it('refuses small-order R, small-order keys and non-canonical keys, also with S = 0', () => {
    const zeroS = new Uint8Array(32);
    for (const R of [...smallOrder, ...nonCanonical]) {
      expect(judge(key, Uint8Array.of(...R, ...zeroS))).toBe('false');
      expect(judge(R, good)).toBe('false');
      expect(judge(R, Uint8Array.of(...R, ...zeroS))).toBe('false');
    }
  });

  it('judges random keys and signatures alike', () => {
    fc.assert(
      fc.property(bytes(32), bytes(64), (k, s) => void judge(k, s)),
      { numRuns: 100 },
    );
  });

  it('does not let one tag or context pass for another', () => {
    for (const primitives of verifiers) {
      expect(verify(primitives, key, good, 'out', ctx, part)).toBe(false);
      expect(verify(primitives, key, good, 'in', new Uint8Array(32), part)).toBe(false);
      expect(verify(primitives, key, good, 'in', ctx, part, new Uint8Array(0))).toBe(false);
    }
  });
});
