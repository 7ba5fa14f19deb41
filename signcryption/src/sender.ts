/** The sealed sender: com in the header, C_S behind the entries. K_S, which every entry carries, opens both. */
import { concat } from './bytes';
import { derive } from './hash';
import { type Primitives } from './primitives/types';
import { PSEUDONYM_BYTES, type RecordFields, recordParts } from './record';
import { SENDER_BYTES } from './wire';

export interface SenderProof {
  /** f_S. */
  readonly f: Uint8Array;
  /** σ_in = Sign_{q_S}("in"; τ, f_S). */
  readonly signature: Uint8Array;
}

/** com = BLAKE2b-256(K_S; "com", f_S, role, epoch, X, R, Y). */
export const commitSender = (
  primitives: Primitives,
  K_S: Uint8Array,
  record: RecordFields,
  oneTimeKey: Uint8Array,
): Uint8Array => derive(primitives, K_S, 'com', [...recordParts(record), oneTimeKey], 32);

/** Erased by whoever asks for it. */
const senderKey = (primitives: Primitives, K_S: Uint8Array, hh: Uint8Array): Uint8Array =>
  derive(primitives, K_S, 'snd', [hh]).subarray(0, 32);

/** C_S = AEAD(KDF(K_S; "snd", hh)[0:32]; AD = τ; f_S ‖ σ_in). */
export function sealSender(
  primitives: Primitives,
  K_S: Uint8Array,
  hh: Uint8Array,
  tau: Uint8Array,
  proof: SenderProof,
): Uint8Array {
  const sealed = new Uint8Array(SENDER_BYTES);
  const key = senderKey(primitives, K_S, hh);
  const plaintext = concat(proof.f, proof.signature);
  primitives.aeadSeal(sealed, key, tau, plaintext);
  key.fill(0);
  plaintext.fill(0);
  return sealed;
}

export function openSender(
  primitives: Primitives,
  K_S: Uint8Array,
  hh: Uint8Array,
  tau: Uint8Array,
  sealed: Uint8Array,
): SenderProof | undefined {
  const key = senderKey(primitives, K_S, hh);
  const plaintext = primitives.aeadOpen(key, tau, sealed);
  key.fill(0);
  if (!plaintext) return undefined;
  const proof = { f: plaintext.slice(0, PSEUDONYM_BYTES), signature: plaintext.slice(PSEUDONYM_BYTES) };
  plaintext.fill(0);
  return proof;
}
