/**
 * X25519 clamps its scalar and q is not clamped, so q is replaced by a q̂ ≡ ±q (mod ℓ) that clamping leaves alone; the
 * sign is lost in u anyway, and torsion dies with the factor 8.
 */
import { ensureLength, fromHex } from './bytes';
import { ensure } from './errors';

/** ℓ, little-endian. */
const ORDER = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');

/**
 * q̂ ∈ {v, 8ℓ − v}, v = q + t·ℓ, t = 3·(q mod 8) mod 8, with q̂ ≡ 0 (mod 8) and 2²⁵⁴ ≤ q̂ < 2²⁵⁵; byte carries and a
 * mask, no branch on q.
 * @throws E_REDRAW for about one q in 2¹²⁶: enrol with another x
 */
export function clampedEquivalent(q: Uint8Array): Uint8Array {
  ensureLength(q, 32, 'q');
  const t = (3 * ((q[0] as number) & 7)) & 7;
  const v = new Uint8Array(33);
  const w = new Uint8Array(33);
  let carry = 0;
  let borrow = 0;
  for (let i = 0; i < 33; i++) {
    const order = i < 32 ? (ORDER[i] as number) : 0;
    carry += (i < 32 ? (q[i] as number) : 0) + t * order;
    v[i] = carry & 0xff;
    carry >>>= 8;
    // 8ℓ, byte by byte: three bits of the byte below move up.
    const below = i > 0 ? (ORDER[i - 1] as number) >>> 5 : 0;
    borrow = (((order << 3) & 0xff) | below) - (v[i] as number) - borrow;
    w[i] = borrow & 0xff;
    borrow >>>= 31;
  }
  const takeV = -(((v[31] as number) >>> 6) & 1 & ~((v[31] as number) >>> 7) & ~(v[32] as number));
  const clamped = new Uint8Array(32);
  for (let i = 0; i < 32; i++) clamped[i] = ((v[i] as number) & takeV) | ((w[i] as number) & ~takeV);
  const top = (clamped[31] as number) & 0xc0;
  v.fill(0);
  w.fill(0);
  ensure(top === 0x40 && ((clamped[0] as number) & 7) === 0, 'E_REDRAW', 'q has no clamped equivalent; enrol again');
  return clamped;
}
