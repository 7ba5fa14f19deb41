import { type HolderKey, Role } from '@chargecast/signcryption';
import { randomBytes } from 'node:crypto';

import { ensureTimely } from './clock';
import { CodedError } from '../common/errors';
import { insistOn } from './errors';
import { KeySchedule } from './key-schedule';
import * as m from './messages';
import { checkPermit } from './permit';
import { type Established, type Party } from './parties';
import { countingRecord, ensurePlugSigned, signPlug } from './record-proof';
import { SealedFrames } from './sealed-frames';
import { signHandshake } from './signatures';
import { Transcript } from './transcript';
import { x25519, x25519KeyPair } from './x25519';

export interface StationParts extends Party {
  /** The key of the pile's record of an epoch. */
  readonly keyOf: (epoch: number) => HolderKey | undefined;
  /** The provider that issued the station's certificate, by name. */
  readonly provider: string;
  /** Its current encryption key, signed: a `ProviderKey`, encoded. */
  readonly providerKey: Uint8Array;
}

/** Who asks to plug in, as far as the station may know. */
export interface Claimed {
  readonly vehicle: Uint8Array;
  readonly session: Uint8Array;
  readonly isResumed: boolean;
}

/** Seconds from the offer within which the vehicle's proof, and from the proof its confirmation, must follow. */
const STEP_SECONDS = 15;

/**
 * The station's side: the responder of SIGMA-I. It checks the vehicle's record itself and has its own provider check the
 * certificate, which it does not see.
 */
export class StationHandshake {
  readonly offer: Uint8Array;
  readonly #parts: StationParts;
  readonly #key: HolderKey;
  readonly #keys: KeySchedule;
  readonly #transcript: Transcript;
  readonly #offerHash: Uint8Array;
  #deadline: number;
  #step: 'offered' | 'proved' | 'accepted' | 'over' = 'offered';
  #claimed: Claimed | undefined;
  #proofHash = new Uint8Array();
  #commitment = new Uint8Array();
  #accepted = new Uint8Array();

  /**
   * Answers message 1. What is cheap is checked first; the caller has bounded how many are half open.
   * @throws AuthenticationError E_AUTH_MESSAGE, E_AUTH_VERSION, E_AUTH_CLOCK; CodedError E_CHAIN_STALE, E_PILE_RECORD
   */
  constructor(parts: StationParts, helloBytes: Uint8Array) {
    const { now, certificates, credential, keyOf, view, providerKey } = parts;
    const hello = m.decodeHello(helloBytes);
    ensureTimely(hello.time, now());
    certificates.ensureFresh(now());
    const key = keyOf(hello.epoch);
    if (!key)
      throw new CodedError('E_PILE_RECORD', 'the pile is not enrolled in the vehicle’s epoch yet: try again later');
    const ephemeral = x25519KeyPair();
    const shared = x25519(ephemeral.secret, hello.ephemeral);
    ephemeral.secret.fill(0);
    insistOn(shared !== undefined, 'E_AUTH_MESSAGE', 'the vehicle’s ephemeral key is of low order');
    const nonce = Uint8Array.from(randomBytes(m.AUTH_NONCE_BYTES));
    this.#parts = parts;
    this.#key = key;
    this.#deadline = now() + STEP_SECONDS;
    this.#keys = new KeySchedule(shared, hello.nonce, nonce);
    this.#transcript = new Transcript();
    const transcript = this.#transcript;
    const head = transcript.add(helloBytes, m.offerHead({ nonce, ephemeral: ephemeral.publicKey }));
    const pile = key.record.f;
    const identity = { time: now(), certificate: credential.certificate, pile, providerKey };
    const named = transcript.add(m.encodeStationIdentity(identity));
    const signature = signHandshake(credential.key, certificates.ctx, 'station', named);
    const recordSignature = signPlug(view, key, { side: 'pile', pile, transcript: named });
    const mac = this.#keys.confirm('station offer', transcript.add(signature, recordSignature));
    const body = m.encodeOfferBody({ identity, signature, recordSignature, mac });
    const sealed = this.#keys.seal('station offer', head, body);
    this.offer = m.encodeOffer({ nonce, ephemeral: ephemeral.publicKey, sealed });
    this.#offerHash = transcript.add(mac);
  }

  /** Name of the handshake, known to vehicle, station and provider: what a permit is for. Empty before the proof. */
  get id(): Uint8Array {
    return this.#proofHash;
  }

  /**
   * Checks message 3: under this handshake's keys, by a vehicle whose record counts here.
   * @returns who it is, and message 4 for the provider
   * @throws AuthenticationError; CodedError E_VEHICLE_RECORD
   */
  async prove(proofBytes: Uint8Array): Promise<{ readonly claimed: Claimed; readonly request: Uint8Array }> {
    this.#advance('offered', 'proved');
    const { view } = this.#parts;
    const { f: pile, epoch } = this.#key.record;
    const sealed = m.decodeProof(proofBytes);
    const { part, recordSignature, mac } = m.decodeProofBody(this.#keys.open('vehicle proof', this.#offerHash, sealed));
    const { vehicle, session, isResumed, identity } = part;
    const named = this.#transcript.add(m.encodeVehiclePart(part));
    this.#keys.ensureConfirmed('vehicle proof', this.#transcript.add(recordSignature), mac);
    const derived = isResumed || Buffer.from(this.#keys.sessionId(this.#offerHash)).equals(session);
    insistOn(derived, 'E_AUTH_KEYS', 'a new session must have the id that both sides’ keys give it');
    const record = await countingRecord(view, vehicle, Role.EV);
    insistOn(record.record.epoch === epoch, 'E_AUTH_MESSAGE', 'the vehicle’s record is of another epoch than it said');
    const claim = { side: 'vehicle', vehicle, pile, session, transcript: named } as const;
    ensurePlugSigned(view, record, claim, recordSignature);
    this.#proofHash = Uint8Array.from(this.#transcript.add(mac));
    this.#claimed = { vehicle, session, isResumed };
    return { claimed: this.#claimed, request: this.#request(identity) };
  }

  /**
   * Checks the provider's answer (message 5).
   * @returns message 6
   * @throws AuthenticationError E_AUTH_SIGNATURE, E_AUTH_PERMIT, E_AUTH_CLOCK
   */
  async accept(permitBytes: Uint8Array): Promise<Uint8Array> {
    this.#advance('proved', 'accepted');
    const { certificates, provider, now } = this.#parts;
    const judged = { offerHash: this.#offerHash, proofHash: this.#proofHash };
    this.#commitment = Uint8Array.from(await checkPermit(permitBytes, provider, certificates, judged, now()));
    const mac = this.#keys.confirm('station acceptance', this.#transcript.add(permitBytes));
    const body = m.encodeAcceptanceBody(permitBytes, mac);
    const sealed = this.#keys.seal('station acceptance', this.#proofHash, body);
    this.#accepted = Uint8Array.from(this.#transcript.add(mac));
    return m.encodeAcceptance(sealed);
  }

  /** Checks message 7: only now is the session open. @throws AuthenticationError E_AUTH_KEYS */
  complete(confirmationBytes: Uint8Array): Established {
    this.#advance('accepted', 'over');
    const confirmation = m.decodeConfirmation(confirmationBytes);
    this.#keys.ensureConfirmed('vehicle confirmation', this.#accepted, confirmation);
    const traffic = this.#keys.traffic(this.#transcript.add(confirmation));
    const frames = new SealedFrames(traffic.station, traffic.vehicle);
    return { ...(this.#claimed as Claimed), pile: this.#key.record.f, commitment: this.#commitment, frames };
  }

  #request(identity: Uint8Array): Uint8Array {
    const { credential, certificates, now } = this.#parts;
    const request = {
      time: now(),
      offerHash: this.#offerHash,
      proofHash: this.#proofHash,
      certificate: credential.certificate,
      identity,
    };
    const signature = signHandshake(credential.key, certificates.ctx, 'request', m.admissionRequestHead(request));
    return m.encodeAdmissionRequest({ ...request, signature });
  }

  /** A handshake goes forward only, one message a step, and not for long; what fails is over. */
  #advance(from: 'offered' | 'proved' | 'accepted', to: 'proved' | 'accepted' | 'over'): void {
    const { now } = this.#parts;
    const [step, late] = [this.#step, now() > this.#deadline];
    this.#step = 'over';
    insistOn(step === from, 'E_AUTH_MESSAGE', 'a message out of turn: begin anew');
    insistOn(!late, 'E_AUTH_LATE', 'the vehicle took too long: begin anew');
    this.#deadline = now() + STEP_SECONDS;
    this.#step = to;
  }
}
