/**
 * ChaCha20-Poly1305 does not commit to its key: this finds one C_S that authenticates under two. The tag is linear in a
 * ciphertext block once both one-time keys (r, s) are known, so one block can be solved for.
 */
import { concat } from '../bytes';
import { derive } from '../hash';
import { type Primitives } from '../primitives/types';
import { littleEndian } from './points';

const P = 2n ** 130n - 5n;
const WORD = 2n ** 128n;
const value = (bytes: Uint8Array): bigint => bytes.reduceRight((n, byte) => n * 256n + BigInt(byte), 0n);
const mod = (n: bigint): bigint => ((n % P) + P) % P;

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let [b, e] = [mod(base), exponent]; e > 0n; e >>= 1n, b = mod(b * b)) if (e & 1n) result = mod(result * b);
  return result;
}

function oneTimeKey(primitives: Primitives, key: Uint8Array): { r: bigint; s: bigint } {
  const block = primitives.keystream(key, 32);
  return { r: value(block.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn, s: value(block.subarray(16)) };
}

const polynomial = (blocks: readonly bigint[], r: bigint): bigint =>
  blocks.reduce((sum, block) => mod((sum + block) * r), 0n);

/** 96 bytes that `openSender` authenticates under both keys; neither plaintext makes sense. */
export function collide(
  primitives: Primitives,
  hh: Uint8Array,
  tau: Uint8Array,
  first: Uint8Array,
  second: Uint8Array,
): Uint8Array {
  const keys = [first, second].map((K_S) => derive(primitives, K_S, 'snd', [hh]).slice(0, 32));
  const [a, b] = keys.map((key) => oneTimeKey(primitives, key)) as [{ r: bigint; s: bigint }, { r: bigint; s: bigint }];
  const blocks = (bytes: Uint8Array): bigint[] =>
    Array.from({ length: bytes.length / 16 }, (_, i) => value(bytes.subarray(16 * i, 16 * i + 16)) + WORD);
  for (let attempt = 0; attempt < 1000; attempt++) {
    const ciphertext = new Uint8Array(80).fill(attempt & 255);
    ciphertext[0] = attempt >> 8;
    // tau (4 blocks), ciphertext (5), lengths (1); the last ciphertext block is the unknown, at r².
    const known = [...blocks(tau), ...blocks(ciphertext.subarray(0, 64)), 0n, 64n + (80n << 64n) + WORD];
    const target = mod(polynomial(known, b.r) + b.s - polynomial(known, a.r) - a.s);
    const solved = mod(target * power(a.r * a.r - b.r * b.r, P - 2n)) - WORD;
    if (solved < 0n || solved >= WORD) continue;
    ciphertext.set(littleEndian(solved, 16), 64);
    const all = [...blocks(tau), ...blocks(ciphertext), 64n + (80n << 64n) + WORD];
    const tags = [a, b].map(({ r, s }) => (polynomial(all, r) + s) % WORD);
    if (tags[0] === tags[1]) return concat(ciphertext, littleEndian(tags[0] as bigint, 16));
  }
  throw new Error('no collision found');
}
