import { holds, PLUG_NONCE_BYTES, plugStatement, type PlugTranscript, signLedgerStatement } from '@chargecast/protocol';
import { type HolderKey, nodePrimitives, type Params, Role, toHex } from '@chargecast/signcryption';

import { CodedError } from '../common/errors';
import { SIGNING_ENV } from '../common/signing-env';
import type { ReplicaView } from '../replica';
import type { PlugChallenge, PlugHello, PlugProof } from '../rpc';

const PSEUDONYM_BYTES = 16;

/** The pile's half of the plug-in: challenge under q_CP, then the vehicle's proof under q_EV, over one transcript. */
export class PlugIn {
  readonly transcript: PlugTranscript;
  readonly challenge: PlugChallenge;
  readonly #params: Params;
  readonly #vehicleKey: Uint8Array;

  private constructor(params: Params, transcript: PlugTranscript, signature: Uint8Array, vehicleKey: Uint8Array) {
    this.#params = params;
    this.#vehicleKey = vehicleKey;
    this.transcript = transcript;
    const { pile, session, pileNonce } = transcript;
    this.challenge = { pile, session, nonce: pileNonce, signature };
  }

  /**
   * @param pile the pile's key of an epoch: it answers in the vehicle's, so that centres find both in one
   * @param session 16 bytes, new or the one resumed
   * @throws CodedError E_PLUG_HELLO, E_VEHICLE_RECORD if the vehicle's record does not count, is revoked or of a closed epoch
   */
  static async begin(
    view: Pick<ReplicaView, 'params' | 'record' | 'epochs'>,
    pile: (epoch: number) => HolderKey | undefined,
    hello: PlugHello,
    session: Uint8Array,
  ): Promise<PlugIn> {
    const vehicle = Uint8Array.from(hello.vehicle);
    if (vehicle.length !== PSEUDONYM_BYTES || hello.nonce.length !== PLUG_NONCE_BYTES) {
      throw new CodedError('E_PLUG_HELLO', 'a hello names a vehicle by 16 bytes and brings a nonce of 32');
    }
    const found = await view.record(vehicle);
    const accepted = found && view.epochs().accepted.includes(found.record.epoch);
    if (!found?.keys || found.revoked || found.record.role !== Role.EV || !accepted) {
      throw new CodedError(
        'E_VEHICLE_RECORD',
        'no record of this vehicle counts here yet: enrol, or plug in again later',
      );
    }
    const key = pile(found.record.epoch);
    if (!key) throw new CodedError('E_PILE_RECORD', 'the pile is not enrolled in the vehicle’s epoch yet: try again');
    const transcript: PlugTranscript = {
      vehicle,
      pile: key.record.f,
      session,
      vehicleNonce: Uint8Array.from(hello.nonce),
      pileNonce: SIGNING_ENV.random(PLUG_NONCE_BYTES),
    };
    const signed = signLedgerStatement(SIGNING_ENV, view.params, key.q, plugStatement('pile', transcript));
    return new PlugIn(view.params, transcript, Buffer.from(signed, 'hex'), found.keys.Q);
  }

  /** @throws CodedError E_PLUG_PROOF unless the vehicle signed this very transcript */
  prove({ signature }: PlugProof): void {
    const statement = plugStatement('vehicle', this.transcript);
    const proven =
      signature.length === 64 && holds(nodePrimitives, this.#params, this.#vehicleKey, statement, toHex(signature));
    if (!proven) throw new CodedError('E_PLUG_PROOF', 'the vehicle did not prove to be the one it named');
  }
}
