import {
  BLINDING_BYTES,
  type Certificate,
  type CertificateOpening,
  certificateCommitment,
  readCertificate,
} from '@chargecast/protocol';
import { concat } from '@chargecast/signcryption/bytes';
import { type HolderKey, Role, toHex } from '@chargecast/signcryption';
import { randomBytes } from 'node:crypto';

import { ensureTimely } from './clock';
import { insistOn } from './errors';
import { hpkeSeal } from './hpke';
import { KeySchedule } from './key-schedule';
import * as m from './messages';
import { type Established, identityInfo, type Party } from './parties';
import { checkPermit } from './permit';
import { checkProviderKey } from './provider-key';
import { countingRecord, ensurePlugSigned, signPlug } from './record-proof';
import { SealedFrames } from './sealed-frames';
import { holdsHandshake, signHandshake } from './signatures';
import { Transcript } from './transcript';
import { x25519, x25519KeyPair } from './x25519';

export interface VehicleParts extends Party {
  /** The key of its record of the scheme. */
  readonly key: HolderKey;
  /** Name of the pile in the process that serves it. */
  readonly pile: string;
  /** Whether a station of this certificate is the one the vehicle means to plug in at. */
  readonly isMeant: (station: Certificate) => boolean;
  /** A session to go on with after a broken connection, at the pile of this f. */
  readonly resumed?: { readonly pile: Uint8Array; readonly session: Uint8Array; readonly blinding: Uint8Array };
}

interface Offered {
  readonly keys: KeySchedule;
  readonly offerHash: Uint8Array;
  readonly body: m.OfferBody;
  readonly station: Certificate;
  readonly provider: Uint8Array;
}

interface Proved extends Omit<Established, 'frames' | 'commitment'> {
  readonly keys: KeySchedule;
  readonly offerHash: Uint8Array;
  readonly proofHash: Uint8Array;
  readonly station: Certificate;
}

/**
 * The vehicle's side: the initiator of SIGMA-I. It names itself only after the station has proven who it is, and names its
 * certificate to the station's provider alone.
 */
export class VehicleHandshake {
  readonly hello: Uint8Array;
  readonly #parts: VehicleParts;
  readonly #ephemeral = x25519KeyPair();
  readonly #nonce = Uint8Array.from(randomBytes(m.AUTH_NONCE_BYTES));
  readonly #blinding: Uint8Array;
  readonly #transcript = new Transcript();
  #offered = false;
  #proved: Proved | undefined;

  constructor(parts: VehicleParts) {
    this.#parts = parts;
    const { pile, now, key, resumed } = parts;
    this.#blinding = resumed?.blinding ?? Uint8Array.from(randomBytes(BLINDING_BYTES));
    const { epoch } = key.record;
    const { publicKey: ephemeral } = this.#ephemeral;
    this.hello = m.encodeHello({ time: now(), epoch, nonce: this.#nonce, ephemeral, pile });
    this.#transcript.add(this.hello);
  }

  /**
   * @returns message 3
   * @throws AuthenticationError; CodedError E_CHAIN_STALE, E_CERTIFICATE_…, E_PILE_RECORD: the vehicle has told nothing of itself yet
   */
  async prove(offerBytes: Uint8Array): Promise<Uint8Array> {
    insistOn(!this.#offered, 'E_AUTH_MESSAGE', 'a second offer in one handshake');
    this.#offered = true;
    const offered = await this.#check(m.decodeOffer(offerBytes));
    const { keys, offerHash, body, station } = offered;
    const { view, key, resumed } = this.#parts;
    const { pile } = body.identity;
    const part: m.VehiclePart = {
      vehicle: key.record.f,
      session: resumed?.session ?? keys.sessionId(offerHash),
      isResumed: resumed !== undefined,
      identity: this.#identify(offered),
    };
    const named = this.#transcript.add(m.encodeVehiclePart(part));
    const { vehicle, session, isResumed } = part;
    const claim = { side: 'vehicle', vehicle, pile, session, transcript: named } as const;
    const recordSignature = signPlug(view, key, claim);
    const mac = keys.confirm('vehicle proof', this.#transcript.add(recordSignature));
    const sealed = keys.seal('vehicle proof', offerHash, m.encodeProofBody({ part, recordSignature, mac }));
    const proofHash = this.#transcript.add(mac);
    this.#proved = { keys, offerHash, proofHash, vehicle, pile, session, isResumed, station };
    return m.encodeProof(sealed);
  }

  /**
   * Checks the permit of the station's provider and that the station holds the same keys over all of it.
   * @returns message 7, the open session, and the station's certificate
   */
  async complete(acceptanceBytes: Uint8Array): Promise<{
    readonly confirmation: Uint8Array;
    readonly established: Established;
    /** Opens the established commitment. */
    readonly shown: CertificateOpening;
    readonly station: Certificate;
  }> {
    const proved = this.#proved;
    insistOn(proved !== undefined, 'E_AUTH_MESSAGE', 'an acceptance before any proof');
    this.#proved = undefined;
    const { keys, offerHash, proofHash, station, ...who } = proved;
    const sealed = m.decodeAcceptance(acceptanceBytes);
    const { permit, mac } = m.decodeAcceptanceBody(keys.open('station acceptance', proofHash, sealed));
    const { certificates, now } = this.#parts;
    const commitment = await checkPermit(permit, station.provider, certificates, { offerHash, proofHash }, now());
    const { id: subject } = readCertificate(this.#parts.credential.certificate);
    const shown = { subject, blinding: toHex(this.#blinding) };
    insistOn(
      certificateCommitment(shown) === toHex(commitment),
      'E_AUTH_PERMIT',
      'the provider commits to another certificate: do not charge here',
    );
    keys.ensureConfirmed('station acceptance', this.#transcript.add(permit), mac);
    const accepted = this.#transcript.add(mac);
    const confirmation = keys.confirm('vehicle confirmation', accepted);
    const traffic = keys.traffic(this.#transcript.add(confirmation));
    const frames = new SealedFrames(traffic.vehicle, traffic.station);
    return {
      confirmation: m.encodeConfirmation(confirmation),
      established: { ...who, commitment, frames },
      shown,
      station,
    };
  }

  async #check(offer: m.Offer): Promise<Offered> {
    const { view, certificates, now, isMeant, resumed } = this.#parts;
    const shared = x25519(this.#ephemeral.secret, offer.ephemeral);
    this.#ephemeral.secret.fill(0);
    insistOn(shared !== undefined, 'E_AUTH_MESSAGE', 'the station’s ephemeral key is of low order');
    const keys = new KeySchedule(shared, this.#nonce, offer.nonce);
    const head = this.#transcript.add(m.offerHead(offer));
    const body = m.decodeOfferBody(keys.open('station offer', head, offer.sealed));
    const { identity, signature, recordSignature, mac } = body;
    ensureTimely(identity.time, now());
    certificates.ensureFresh(now());
    const station = await certificates.check(identity.certificate, 'pile', now());
    const named = this.#transcript.add(m.encodeStationIdentity(identity));
    const signed = holdsHandshake(station.publicKey, certificates.ctx, 'station', named, signature);
    insistOn(signed, 'E_AUTH_SIGNATURE', 'the station does not hold the key of its certificate: do not plug in here');
    const record = await countingRecord(view, identity.pile, Role.CP);
    ensurePlugSigned(view, record, { side: 'pile', pile: identity.pile, transcript: named }, recordSignature);
    keys.ensureConfirmed('station offer', this.#transcript.add(signature, recordSignature), mac);
    const same = !resumed || Buffer.from(resumed.pile).equals(identity.pile);
    insistOn(same && isMeant(station), 'E_AUTH_PEER', 'another pile answered than the one to plug in at');
    const { publicKey } = await checkProviderKey(identity.providerKey, station.provider, certificates, now());
    return { keys, body, station, provider: publicKey, offerHash: this.#transcript.add(mac) };
  }

  /** The certificate and a signature over the whole offer, which only the station's provider can read. */
  #identify({ offerHash, station, provider }: Offered): Uint8Array {
    const { credential, certificates, now } = this.#parts;
    const identity = { time: now(), certificate: credential.certificate, blinding: this.#blinding };
    const content = concat(offerHash, m.vehicleIdentityHead(identity));
    const signature = signHandshake(credential.key, certificates.ctx, 'vehicle', content);
    const plaintext = m.encodeVehicleIdentity({ ...identity, signature });
    const sealed = hpkeSeal(provider, identityInfo(station.provider), offerHash, plaintext);
    insistOn(sealed !== undefined, 'E_AUTH_MESSAGE', 'the provider’s encryption key is of low order');
    return sealed;
  }
}
