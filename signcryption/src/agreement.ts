/** One receiver's key agreement on stock X25519. */
import { ensureLength } from './bytes';
import { clampedEquivalent } from './clamping';
import { ensure, SigncryptionError } from './errors';
import { derive, hash } from './hash';
import { type Primitives, type VerifierPrimitives } from './primitives/types';
import { type HolderKey } from './holder';

const NO_BIND = new Uint8Array(0);

/** What opens one entry of one σ: (L ‖ key) of the receiver, for that header alone. */
export interface EntryKey {
  /** Where the entry stands, 32 bytes. */
  readonly locator: Uint8Array;
  /** The AEAD key, 32 bytes. */
  readonly key: Uint8Array;
}

/** hh = H("hdr", hdr), 64 bytes. */
export const headerDigest = (primitives: VerifierPrimitives, headerBytes: Uint8Array): Uint8Array =>
  hash(primitives, 'hdr', headerBytes);

/**
 * bind = H("sess", f_CP, session id): an entry for a vehicle opens in one charging session at one pile.
 * @param pile f of the pile's record
 * @param sessionId 1 to 64 bytes
 */
export function sessionBinding(primitives: VerifierPrimitives, pile: Uint8Array, sessionId: Uint8Array): Uint8Array {
  ensureLength(pile, 16, 'f of the pile');
  ensure(sessionId.length >= 1 && sessionId.length <= 64, 'E_ARGUMENT', 'a session id must be 1 to 64 bytes');
  return Uint8Array.from(hash(primitives, 'sess', pile, sessionId));
}

/**
 * (L ‖ key) = KDF(z; "entry", hh, f, Q, bind), z = X25519(q̂, U).
 * @throws E_OPEN if z is zero
 */
export function agree(
  primitives: Primitives,
  holder: HolderKey,
  headerBytes: Uint8Array,
  ephemeral: Uint8Array,
  bind: Uint8Array = NO_BIND,
): EntryKey {
  const scalar = clampedEquivalent(holder.q.reveal());
  const z = new Uint8Array(32);
  const agreed = primitives.x25519(z, scalar, ephemeral);
  scalar.fill(0);
  if (!agreed) throw new SigncryptionError('E_OPEN', 'the header’s ephemeral key has small order');
  const parts = [headerDigest(primitives, headerBytes), holder.record.f, holder.Q, bind];
  const derived = derive(primitives, z, 'entry', parts);
  z.fill(0);
  const entryKey = { locator: derived.slice(0, 32), key: derived.slice(32) };
  derived.fill(0);
  return entryKey;
}
