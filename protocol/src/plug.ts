/**
 * What pile and vehicle sign of a handshake, each under its own record's q. The first byte tells the sides apart, so that
 * neither signature can be reflected; the transcript hash ties both to one handshake and to the certificates in it.
 */
import { ensureLength, u8 } from '@chargecast/signcryption/bytes';
import { type Statement } from './authority';
import { PSEUDONYM_BYTES, SESSION_BYTES } from './reports';

export const TRANSCRIPT_BYTES = 32;

export type PlugClaim =
  | {
      readonly side: 'pile';
      /** f of the pile. */
      readonly pile: Uint8Array;
      /** Hash of the handshake so far. */
      readonly transcript: Uint8Array;
    }
  | {
      readonly side: 'vehicle';
      /** f of the vehicle. */
      readonly vehicle: Uint8Array;
      /** f of the pile. */
      readonly pile: Uint8Array;
      readonly session: Uint8Array;
      /** Hash of the handshake so far. */
      readonly transcript: Uint8Array;
    };

/** Throws `E_ARGUMENT` for a part of the wrong length. */
export function plugStatement(claim: PlugClaim): Statement {
  const { pile, transcript } = claim;
  ensureLength(pile, PSEUDONYM_BYTES, 'the pile’s f');
  ensureLength(transcript, TRANSCRIPT_BYTES, 'the transcript hash');
  if (claim.side === 'pile') return { tag: 'plug', parts: [u8(1), pile, transcript] };
  const { vehicle, session } = claim;
  ensureLength(vehicle, PSEUDONYM_BYTES, 'the vehicle’s f');
  ensureLength(session, SESSION_BYTES, 'the session id');
  return { tag: 'plug', parts: [u8(2), vehicle, pile, session, transcript] };
}
