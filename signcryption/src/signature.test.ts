import { nativePrimitives, ready } from './primitives/native';
import { Secret } from './secret';
import { publicKeyOf, sign, verify } from './signature';
import { littleEndian } from './testing/points';
import { hex, seededRandom } from './testing/world';

beforeAll(ready);

const env = { primitives: nativePrimitives, random: seededRandom('signature') };
const ctx = new Uint8Array(32).fill(1);
const part = new Uint8Array(8).fill(2);

it('derives a key’s public key once, whatever a caller does to the copy it was given', () => {
  let multiplications = 0;
  const multiplyBase = (scalar: Uint8Array): Uint8Array => {
    multiplications++;
    return nativePrimitives.multiplyBase(scalar);
  };
  const counting = { ...env, primitives: { ...nativePrimitives, multiplyBase } };
  const secret = new Secret(littleEndian(31337n));
  const Q = publicKeyOf(counting.primitives, secret);
  publicKeyOf(counting.primitives, secret).fill(7);
  for (let i = 0; i < 3; i++) {
    const signature = sign(counting, secret, 'in', ctx, part);
    expect(verify(nativePrimitives, Q, signature, 'in', ctx, part)).toBe(true);
  }
  // Q once, and each signature's nonce.
  expect(multiplications).toBe(4);
});

it('knows a public key by its secret, not by who asked last', () => {
  const bytes = littleEndian(5n);
  const first = Secret.of(bytes);
  const Q = publicKeyOf(env.primitives, first);
  const second = new Secret(littleEndian(6n));
  expect(hex(publicKeyOf(env.primitives, second))).not.toBe(hex(Q));
  expect(hex(publicKeyOf(env.primitives, new Secret(bytes)))).toBe(hex(Q));
});
