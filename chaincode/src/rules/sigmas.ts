/** Verification in endorsement: what of a submission may stand on the chain. Nothing here reads state or a clock. */
import { type Epochs, type Outcome, ProtocolError, type RevocationItem } from '@chargecast/protocol';
import { toHex } from '@chargecast/signcryption/bytes';
import { type Params } from '@chargecast/signcryption/params';
import { nodePrimitives } from '@chargecast/signcryption/primitives/node';
import { ensureWithinLimits, sigmaId, type VerifiedSigma, verifySigma } from '@chargecast/signcryption/verify';
import { decodeHeader, HEADER_BYTES } from '@chargecast/signcryption/wire';
import { isCoded } from '../refusal';
import { type RulesInForce } from './governance';

/** A σ that passed every check which needs no nullifier. */
export interface Candidate {
  readonly id: string;
  /** Y, hex: its nullifier's key. */
  readonly oneTimeKey: string;
  readonly verified: VerifiedSigma;
}

export interface RefusedSigma {
  readonly id: string;
  readonly refusal: Outcome;
}

export const COMMITTED: Outcome = { status: 'committed' };

export function refused(error: unknown): Outcome {
  if (!isCoded(error)) throw error;
  return { status: 'refused', code: error.code, message: error.message };
}

/** All checks that need no nullifier: stateless verification, epoch, limits, time, class. */
export function examine(
  params: Params,
  rules: RulesInForce,
  time: number,
  sigma: Uint8Array,
): Candidate | RefusedSigma {
  try {
    const verified = verifySigma(nodePrimitives, params, sigma);
    const { header } = verified;
    ensureEpochAccepted(rules.epochs, header.epoch, header.notAfter, time);
    ensureWithinLimits(verified, rules.limits, time);
    if (!rules.limits.allowed.some(({ senderClass }) => senderClass === header.senderClass)) {
      throw new ProtocolError('E_CLASS', `sender class ${header.senderClass} may address nobody under these limits`);
    }
    return { id: toHex(verified.id), verified, oneTimeKey: toHex(header.oneTimeKey) };
  } catch (error) {
    return { id: toHex(sigmaId(nodePrimitives, sigma)), refusal: refused(error) };
  }
}

/** Y in hex as these bytes state it, whoever made them; undefined where they state none. */
export function claimedKey(sigma: Uint8Array): string | undefined {
  try {
    return toHex(decodeHeader(sigma.subarray(0, HEADER_BYTES)).oneTimeKey);
  } catch {
    return undefined;
  }
}

function ensureEpochAccepted(epochs: Epochs, epoch: number, notAfter: number, time: number): void {
  const accepted = epochs.accepted.find((entry) => entry.epoch === epoch);
  if (!accepted) {
    throw new ProtocolError('E_EPOCH', `epoch ${epoch} is not accepted; seal under epoch ${epochs.current}`);
  }
  const { closeAt } = accepted;
  if (closeAt !== undefined && (time > closeAt || notAfter > closeAt)) {
    throw new ProtocolError('E_EPOCH', `epoch ${epoch} closes before σ expires; seal under epoch ${epochs.current}`);
  }
}

/** What the chain holds on a candidate's one-time key. */
export interface KeyHistory {
  readonly spent: boolean;
  readonly revocation: RevocationItem | undefined;
}

/** The last word on a candidate. `taken` holds the one-time keys of σ committed before it in this submission. */
export function decide(candidate: Candidate, history: KeyHistory, taken: ReadonlySet<string>, time: number): Outcome {
  if (history.spent || taken.has(candidate.oneTimeKey)) {
    return refused(
      new ProtocolError('E_CREDENTIAL_SPENT', 'this one-time credential has signed a σ; seal anew with another'),
    );
  }
  if (history.revocation && history.revocation.body.effective <= time) {
    return refused(new ProtocolError('E_CREDENTIAL_REVOKED', 'this one-time credential is revoked; ask for new ones'));
  }
  return COMMITTED;
}
