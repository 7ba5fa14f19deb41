/**
 * What pile and vehicle sign when the vehicle plugs in, each under its own q, over one transcript. The first byte tells
 * the sides apart, so that neither answer can be reflected.
 */
import { ensureLength, u8 } from '@chargecast/signcryption/bytes';
import { type Statement } from './authority';
import { PSEUDONYM_BYTES, SESSION_BYTES } from './reports';

export const PLUG_NONCE_BYTES = 32;

export interface PlugTranscript {
  /** f of the vehicle. */
  readonly vehicle: Uint8Array;
  /** f of the pile. */
  readonly pile: Uint8Array;
  readonly session: Uint8Array;
  readonly vehicleNonce: Uint8Array;
  readonly pileNonce: Uint8Array;
}

const SIDES = { pile: 1, vehicle: 2 } as const;

/** Throws `E_ARGUMENT` for a part of the wrong length. */
export function plugStatement(side: keyof typeof SIDES, transcript: PlugTranscript): Statement {
  const { vehicle, pile, session, vehicleNonce, pileNonce } = transcript;
  ensureLength(vehicle, PSEUDONYM_BYTES, 'the vehicle’s f');
  ensureLength(pile, PSEUDONYM_BYTES, 'the pile’s f');
  ensureLength(session, SESSION_BYTES, 'the session id');
  ensureLength(vehicleNonce, PLUG_NONCE_BYTES, 'the vehicle’s nonce');
  ensureLength(pileNonce, PLUG_NONCE_BYTES, 'the pile’s nonce');
  return { tag: 'plug', parts: [u8(SIDES[side]), vehicle, pile, session, vehicleNonce, pileNonce] };
}
