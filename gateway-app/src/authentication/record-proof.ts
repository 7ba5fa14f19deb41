/**
 * The other half of who a side is: its record of the scheme, under whose key commands reach it. Signing the same transcript under
 * both keys ties the certificate and the record together, and both to this handshake alone.
 */
import { holds, signLedgerStatement, type Statement } from '@chargecast/protocol';
import { type HolderKey, nodePrimitives, type RecordKeys, Role, toHex } from '@chargecast/signcryption';
import { ensureLength, u8 } from '@chargecast/signcryption/bytes';

import { CodedError } from '../common/errors';
import { SIGNING_ENV } from '../common/signing-env';
import type { ReplicaView } from '../replica';
import { insistOn } from './errors';
import { HASH_BYTES } from './hkdf';
import { SESSION_BYTES } from './key-schedule';
import { PSEUDONYM_BYTES } from './messages';

export type RecordView = Pick<ReplicaView, 'params' | 'record' | 'epochs'>;

/** What is signed: the side, f of it, the transcript, and by the vehicle pile and session as well. */
export type PlugClaim =
  | { readonly side: 'pile'; readonly pile: Uint8Array; readonly transcript: Uint8Array }
  | {
      readonly side: 'vehicle';
      readonly vehicle: Uint8Array;
      readonly pile: Uint8Array;
      readonly session: Uint8Array;
      readonly transcript: Uint8Array;
    };

function statement(claim: PlugClaim): Statement {
  ensureLength(claim.pile, PSEUDONYM_BYTES, 'the pile’s f');
  ensureLength(claim.transcript, HASH_BYTES, 'the transcript hash');
  if (claim.side === 'pile') return { tag: 'plug', parts: [u8(1), claim.pile, claim.transcript] };
  ensureLength(claim.vehicle, PSEUDONYM_BYTES, 'the vehicle’s f');
  ensureLength(claim.session, SESSION_BYTES, 'the session id');
  return { tag: 'plug', parts: [u8(2), claim.vehicle, claim.pile, claim.session, claim.transcript] };
}

/** Under q; 64 bytes. */
export function signPlug({ params }: RecordView, key: HolderKey, claim: PlugClaim): Uint8Array {
  return Uint8Array.from(Buffer.from(signLedgerStatement(SIGNING_ENV, params, key.q, statement(claim)), 'hex'));
}

/** @throws AuthenticationError E_AUTH_SIGNATURE */
export function ensurePlugSigned(
  { params }: RecordView,
  keys: RecordKeys,
  claim: PlugClaim,
  signature: Uint8Array,
): void {
  const signed = holds(nodePrimitives, params, keys.Q, statement(claim), toHex(signature));
  insistOn(signed, 'E_AUTH_SIGNATURE', `the ${claim.side} did not prove to be the one it named`);
}

const ASKED = {
  [Role.CP]: {
    code: 'E_PILE_RECORD',
    advice: 'no record of this pile counts: do not plug in here, or try again later',
  },
  [Role.EV]: {
    code: 'E_VEHICLE_RECORD',
    advice: 'no record of this vehicle counts here yet: enrol, or plug in again later',
  },
} as const;

/** @throws CodedError E_PILE_RECORD, E_VEHICLE_RECORD unless it counts, is not revoked and of an accepted epoch */
export async function countingRecord(view: RecordView, f: Uint8Array, role: keyof typeof ASKED): Promise<RecordKeys> {
  const found = await view.record(f);
  const accepted = found && view.epochs().accepted.includes(found.record.epoch);
  if (found?.keys && !found.revoked && found.record.role === role && accepted) return found.keys;
  throw new CodedError(ASKED[role].code, ASKED[role].advice);
}
