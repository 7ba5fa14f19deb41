import { holds, PLUG_NONCE_BYTES, plugStatement, type PlugTranscript, signLedgerStatement } from '@chargecast/protocol';
import { type HolderKey, nodePrimitives, Role, toHex } from '@chargecast/signcryption';

import { CodedError } from '../common/errors';
import { SIGNING_ENV } from '../common/signing-env';
import type { ReplicaView } from '../replica';
import type { PlugChallenge, PlugHello, PlugProof } from '../rpc';

const SESSION_BYTES = 16;
const PSEUDONYM_BYTES = 16;

/** The vehicle's half of the plug-in: it names itself by its pseudonym, checks who the pile is, and proves who it is. */
export class PlugIn {
  readonly hello: PlugHello;
  readonly #view: Pick<ReplicaView, 'params' | 'record' | 'epochs'>;
  readonly #key: HolderKey;
  readonly #resumed: OpenPlug | undefined;

  /**
   * @param pile name of the pile in the process that serves it
   * @param resumed the session to go on with after a broken connection
   */
  constructor(
    view: Pick<ReplicaView, 'params' | 'record' | 'epochs'>,
    key: HolderKey,
    pile: string,
    resumed?: OpenPlug,
  ) {
    this.#view = view;
    this.#key = key;
    this.#resumed = resumed;
    this.hello = {
      vehicle: key.record.f,
      nonce: SIGNING_ENV.random(PLUG_NONCE_BYTES),
      resumeSession: resumed?.session ?? new Uint8Array(),
      pile,
    };
  }

  /**
   * Checks the pile's challenge against its record in the vehicle's own replica.
   * @throws CodedError E_PLUG_CHALLENGE, E_PILE_RECORD, E_PLUG_SESSION if another pile or session answers than the resumed one
   */
  async answer(challenge: PlugChallenge): Promise<{ readonly proof: PlugProof; readonly plug: OpenPlug }> {
    const transcript = this.#transcript(challenge);
    const found = await this.#view.record(transcript.pile);
    const accepted = found && this.#view.epochs().accepted.includes(found.record.epoch);
    if (!found?.keys || found.revoked || found.record.role !== Role.CP || !accepted) {
      throw new CodedError('E_PILE_RECORD', 'no record of this pile counts: do not plug in here, or try again later');
    }
    const { params } = this.#view;
    const { signature } = challenge;
    const signed =
      signature.length === 64 &&
      holds(nodePrimitives, params, found.keys.Q, plugStatement('pile', transcript), toHex(signature));
    if (!signed) throw new CodedError('E_PLUG_CHALLENGE', 'the pile is not the one it says it is: do not plug in here');
    const proof = signLedgerStatement(SIGNING_ENV, params, this.#key.q, plugStatement('vehicle', transcript));
    return {
      proof: { signature: Buffer.from(proof, 'hex') },
      plug: { pile: transcript.pile, session: transcript.session },
    };
  }

  #transcript({ pile, session, nonce }: PlugChallenge): PlugTranscript {
    if (pile.length !== PSEUDONYM_BYTES || session.length !== SESSION_BYTES || nonce.length !== PLUG_NONCE_BYTES) {
      throw new CodedError('E_PLUG_CHALLENGE', 'the challenge is malformed: do not plug in here');
    }
    const resumed = this.#resumed;
    if (resumed && !(equal(resumed.pile, pile) && equal(resumed.session, session))) {
      throw new CodedError('E_PLUG_SESSION', 'another pile or session answered than the one to go on with');
    }
    return {
      vehicle: this.hello.vehicle,
      pile: Uint8Array.from(pile),
      session: Uint8Array.from(session),
      vehicleNonce: this.hello.nonce,
      pileNonce: Uint8Array.from(nonce),
    };
  }
}

/** The pile and session both sides have signed. */
export interface OpenPlug {
  /** f of the pile, 16 bytes. */
  readonly pile: Uint8Array;
  /** 16 bytes. */
  readonly session: Uint8Array;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a).equals(b);
}
