/**
 * The other half of who a side is: its record of the scheme, under whose key commands reach it. Signing the same transcript under
 * both keys ties the certificate and the record together, and both to this handshake alone.
 */
import { holds, type PlugClaim, plugStatement, signLedgerStatement } from '@chargecast/protocol';
import { type HolderKey, nodePrimitives, type RecordKeys, Role, toHex } from '@chargecast/signcryption';

import { CodedError } from '../common/errors';
import { SIGNING_ENV } from '../common/signing-env';
import type { ReplicaView } from '../replica';
import { insistOn } from './errors';

export type RecordView = Pick<ReplicaView, 'params' | 'record' | 'epochs'>;

/** Under q; 64 bytes. */
export function signPlug({ params }: RecordView, key: HolderKey, claim: PlugClaim): Uint8Array {
  return Uint8Array.from(Buffer.from(signLedgerStatement(SIGNING_ENV, params, key.q, plugStatement(claim)), 'hex'));
}

/** @throws AuthenticationError E_AUTH_SIGNATURE */
export function ensurePlugSigned(
  { params }: RecordView,
  keys: RecordKeys,
  claim: PlugClaim,
  signature: Uint8Array,
): void {
  const signed = holds(nodePrimitives, params, keys.Q, plugStatement(claim), toHex(signature));
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
