/** hashes.json, signatures.json and merkle.json: what has no keys of its own. */
import { clampedEquivalent } from '../clamping';
import { concat, frame, fromHex, u32, utf8 } from '../bytes';
import { bodyHash, derive, hash, hashToScalar } from '../hash';
import { merkleRoot, proveInclusion, RECORD_TREE, REVOCATION_TREE, SIGMA_TREE } from '../merkle';
import { type Primitives } from '../primitives/types';
import { Secret } from '../secret';
import { sign, verify } from '../signature';
import { type Json, recordingEnv, toJson } from './recorder';

const ORDER = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');

export function hashVectors(primitives: Primitives): Json {
  const cases: [string, Uint8Array[]][] = [
    ['empty', []],
    ['empty', [new Uint8Array(0)]],
    ['ab', [utf8('c')]],
    ['a', [utf8('bc')]],
    ['parts', [utf8('one'), new Uint8Array(0), u32(7), new Uint8Array(200).fill(5)]],
    ['long', [new Uint8Array(5000).fill(9)]],
  ];
  const key = Uint8Array.from({ length: 32 }, (_, i) => i);
  return toJson({
    key,
    cases: cases.map(([tag, parts]) => ({
      tag,
      parts,
      framed: frame(tag, parts),
      H: hash(primitives, tag, ...parts),
      Hs: hashToScalar(primitives, tag, ...parts),
      HB: bodyHash(primitives, tag, ...parts),
      KDF: derive(primitives, key, tag, parts),
      KDF32: derive(primitives, key, tag, parts, 32),
    })),
    clamped: clampedVectors(primitives),
  });
}

function clampedVectors(primitives: Primitives): Json {
  const scalars = Array.from({ length: 16 }, (_, i) => hashToScalar(primitives, 'vector-scalar', u32(i)));
  return toJson(scalars.map((q) => ({ q, qClamped: clampedEquivalent(q) })));
}

/** Signatures at the edges where stock verifiers part ways, with this scheme's one answer. */
export function signatureVectors(primitives: Primitives): Json {
  const env = recordingEnv(primitives, 'signatures');
  const ctx = new Uint8Array(32).fill(1);
  const parts = [utf8('first'), utf8('second')];
  const secret = hashToScalar(primitives, 'vector-signer');
  const publicKey = primitives.multiplyBase(secret);
  const signature = sign(env, new Secret(secret), 'in', ctx, ...parts);
  const [random] = env.drawn();
  const [R, S] = [signature.slice(0, 32), signature.slice(32)];
  const identity = Uint8Array.of(1, ...new Uint8Array(31));
  const minusOne = fromHex('ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f');
  const eighth = fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05');
  const overflow = fromHex('eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f');
  const zero = new Uint8Array(32);
  const cases: [string, Uint8Array, Uint8Array][] = [
    ['honest', publicKey, signature],
    ['S + ℓ', publicKey, concat(R, addOrder(S))],
    ['S = ℓ', publicKey, concat(R, ORDER)],
    ['R is the identity, S = 0', publicKey, concat(identity, zero)],
    ['R is the identity, S = c·q', publicKey, zeroNonce(primitives, secret, publicKey, ctx, parts)],
    ['R has order 2', publicKey, concat(minusOne, S)],
    ['R has order 8', publicKey, concat(eighth, S)],
    ['R non-canonical', publicKey, concat(overflow, S)],
    ['R with torsion, signed over that R', publicKey, torsioned(primitives, secret, publicKey, ctx, parts, eighth)],
    ['key is the identity', identity, concat(R, S)],
    ['key is the identity, R the identity, S = 0', identity, concat(identity, zero)],
    ['key has order 8', eighth, signature],
    ['key non-canonical', overflow, signature],
    ['another key', primitives.multiplyBase(hashToScalar(primitives, 'vector-other')), signature],
    ['a changed bit', publicKey, concat(R, Uint8Array.of((S[0] as number) ^ 1, ...S.slice(1)))],
  ];
  return toJson({
    tag: 'in',
    ctx,
    parts,
    message: hash(primitives, 'sig-in', ctx, ...parts),
    secret,
    random,
    cases: cases.map(([name, key, each]) => ({
      name,
      publicKey: key,
      signature: each,
      valid: verify(primitives, key, each, 'in', ctx, ...parts),
    })),
  });
}

/** A nonce of zero: the equation holds, and S gives q away. */
function zeroNonce(
  primitives: Primitives,
  secret: Uint8Array,
  publicKey: Uint8Array,
  ctx: Uint8Array,
  parts: readonly Uint8Array[],
): Uint8Array {
  const R = Uint8Array.of(1, ...new Uint8Array(31));
  const message = hash(primitives, 'sig-in', ctx, ...parts);
  const c = primitives.reduceScalar(primitives.sha512(R, publicKey, message));
  return concat(R, primitives.multiplyScalars(c, secret));
}

/** R′ = rB + T, c and S honest over R′: the equation times the cofactor would hold. */
function torsioned(
  primitives: Primitives,
  secret: Uint8Array,
  publicKey: Uint8Array,
  ctx: Uint8Array,
  parts: readonly Uint8Array[],
  T: Uint8Array,
): Uint8Array {
  const r = hashToScalar(primitives, 'vector-nonce');
  const R = primitives.addPoints(primitives.multiplyBase(r), T);
  const message = hash(primitives, 'sig-in', ctx, ...parts);
  const c = primitives.reduceScalar(primitives.sha512(R, publicKey, message));
  return concat(R, primitives.addScalars(r, primitives.multiplyScalars(c, secret)));
}

function addOrder(S: Uint8Array): Uint8Array {
  let carry = 0;
  return Uint8Array.from(S, (byte, i) => {
    carry += byte + (ORDER[i] as number);
    const low = carry & 255;
    carry >>= 8;
    return low;
  });
}

export function merkleVectors(primitives: Primitives): Json {
  const trees = { sigma: SIGMA_TREE, record: RECORD_TREE, revocation: REVOCATION_TREE };
  const items = Array.from({ length: 7 }, (_, i) => hash(primitives, 'vector-item', u32(i)).slice(0, 32));
  return toJson(
    Object.entries(trees).map(([name, tags]) => ({
      name,
      tags,
      items,
      roots: [0, 1, 2, 3, 5, 7].map((count) => ({ count, root: merkleRoot(primitives, tags, items.slice(0, count)) })),
      proofs: [0, 3, 4, 6].map((index) => proveInclusion(primitives, tags, items, index)),
    })),
  );
}
