/**
 * The ledger record (f, role, epoch, X, R, rec): from it everybody derives the holder's public key
 * Q = X + b·D, D = R + h·P, as MuSig aggregates keys, so that neither side can cancel the other's.
 */
import { concat, ensureLength, equal, u64, u8 } from './bytes';
import { ensure, SigncryptionError } from './errors';
import { hash, hashToScalar } from './hash';
import { type Params } from './params';
import { type VerifierPrimitives } from './primitives/types';
import { Reader } from './reader';
import { isRole, type Role } from './roles';
import { verify } from './signature';

export const PSEUDONYM_BYTES = 16;
export const RECORD_BYTES = 153;

/** What a record says before its own signature. */
export interface RecordFields {
  /** The pseudo-identity, 16 bytes. */
  readonly f: Uint8Array;
  readonly role: Role;
  readonly epoch: number;
  /** X = xB, the holder's part. */
  readonly X: Uint8Array;
  /** R = rB, the KGC's part. */
  readonly R: Uint8Array;
}

export interface LedgerRecord extends RecordFields {
  /** Sign_q("rec"; f, role, epoch, X, R). */
  readonly rec: Uint8Array;
}

/** A verified record with what is computed from it once and kept. */
export interface RecordKeys {
  readonly record: LedgerRecord;
  /** Q, Edwards encoding: signatures of the holder verify under it. */
  readonly Q: Uint8Array;
  /** u(Q), Montgomery encoding: messages are sealed to it. */
  readonly u: Uint8Array;
}

export const recordParts = (r: RecordFields): readonly Uint8Array[] => [r.f, u8(r.role), u64(r.epoch), r.X, r.R];

export function encodeRecord(record: LedgerRecord): Uint8Array {
  ensureLength(record.f, PSEUDONYM_BYTES, 'f');
  ensureLength(record.X, 32, 'X');
  ensureLength(record.R, 32, 'R');
  ensureLength(record.rec, 64, 'rec');
  return concat(...recordParts(record), record.rec);
}

/** @throws E_RECORD_MALFORMED; the keys and the signature are checked by {@link verifyRecord} */
export function decodeRecord(bytes: Uint8Array): LedgerRecord {
  const reader = new Reader(bytes, 'E_RECORD_MALFORMED');
  const f = reader.copy(PSEUDONYM_BYTES);
  const role = reader.u8();
  ensure(isRole(role), 'E_RECORD_MALFORMED', 'unknown role');
  const record = { f, role, epoch: reader.u64(), X: reader.copy(32), R: reader.copy(32), rec: reader.copy(64) };
  reader.end();
  return record;
}

/** H("rec", record), 64 bytes: what approvals sign. */
export const recordDigest = (primitives: VerifierPrimitives, record: LedgerRecord): Uint8Array =>
  hash(primitives, 'rec', encodeRecord(record));

/** h = Hs("h", ctx, role, epoch, f, X, R): binds the KGC's share to the whole record. */
export function shareCoefficient(primitives: VerifierPrimitives, params: Params, r: RecordFields): Uint8Array {
  return hashToScalar(primitives, 'h', params.ctx, u8(r.role), u64(r.epoch), r.f, r.X, r.R);
}

/** b = Hs("b", ctx, role, epoch, f, X, R, D): the rogue-key coefficient. */
export function aggregationCoefficient(
  primitives: VerifierPrimitives,
  params: Params,
  r: RecordFields,
  D: Uint8Array,
): Uint8Array {
  return hashToScalar(primitives, 'b', params.ctx, u8(r.role), u64(r.epoch), r.f, r.X, r.R, D);
}

/** D = R + h·P: the public side of the partial key. */
export function partialPublicKey(primitives: VerifierPrimitives, params: Params, r: RecordFields): Uint8Array {
  const h = shareCoefficient(primitives, params, r);
  return primitives.addPoints(r.R, primitives.multiplyPoint(h, params.masterPublicKey));
}

/**
 * Q from a record's fields.
 * @throws E_POINT if X, R, D or Q is not a group element
 */
export function aggregateKey(primitives: VerifierPrimitives, params: Params, r: RecordFields): Uint8Array {
  for (const point of [r.X, r.R]) {
    ensure(primitives.isGroupElement(point), 'E_POINT', 'X and R must be elements of the prime-order group');
  }
  const D = partialPublicKey(primitives, params, r);
  ensure(!isIdentity(D), 'E_POINT', 'D is the identity');
  const b = aggregationCoefficient(primitives, params, r, D);
  const Q = primitives.addPoints(r.X, primitives.multiplyPoint(b, D));
  ensure(!isIdentity(Q), 'E_POINT', 'Q is the identity');
  return Q;
}

const IDENTITY = Uint8Array.of(1, ...new Uint8Array(31));
const isIdentity = (point: Uint8Array): boolean => equal(point, IDENTITY);

/**
 * Checks a record by itself; whether it counts is {@link ./support}'s question.
 * @throws E_RECORD_MALFORMED if a key is not a group element, E_RECORD_SIGNATURE if `rec` does not hold under Q
 */
export function verifyRecord(primitives: VerifierPrimitives, params: Params, record: LedgerRecord): RecordKeys {
  let Q: Uint8Array;
  try {
    encodeRecord(record);
    Q = aggregateKey(primitives, params, record);
  } catch (error) {
    throw new SigncryptionError('E_RECORD_MALFORMED', 'a key of the record is not usable', { cause: error });
  }
  const holds = verify(primitives, Q, record.rec, 'rec', params.ctx, ...recordParts(record));
  ensure(holds, 'E_RECORD_SIGNATURE', 'the record is not signed by the key it describes');
  return { record, Q, u: primitives.toMontgomery(Q) };
}
