import { type AuthenticationKey, type Certificate, certificateCommitment } from '@chargecast/protocol';
import { concat, fromHex } from '@chargecast/signcryption/bytes';
import { toHex } from '@chargecast/signcryption';

import { RateLimit, ReplayCache } from './admission-limits';
import { type Certificates } from './certificates';
import { ensureTimely, MAX_SKEW_SECONDS } from './clock';
import { insistOn } from './errors';
import { hpkeOpen } from './hpke';
import * as m from './messages';
import { identityInfo } from './parties';
import { givePermit } from './permit';
import { holdsHandshake } from './signatures';
import type { X25519KeyPair } from './x25519';

export interface AdmissionParts {
  /** The provider's name on the chain. */
  readonly provider: string;
  /** Its newest system key. */
  readonly signingKey: AuthenticationKey;
  readonly certificates: Certificates;
  /** Encryption keys that may still be in use, newest first. */
  readonly encryptionKeys: () => readonly X25519KeyPair[];
  /** Seconds a permit is good for. */
  readonly permitSeconds: number;
  /** Handshakes a second, and at once, of one station's process. */
  readonly rate: { readonly perSecond: number; readonly burst: number };
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

/** A vehicle let in at a station. */
export interface Admission {
  /** Message 5. */
  readonly permit: Uint8Array;
  /** The handshake it is for. */
  readonly id: Uint8Array;
  readonly vehicle: Certificate;
  readonly station: Certificate;
  /** Unix seconds. */
  readonly until: number;
}

const MAX_REMEMBERED = 200_000;

/**
 * The provider's side: judges for its own stations whether a vehicle, its own or another provider's, may charge. It knows vehicles
 * and providers from the certification chain alone.
 */
export class Admissions {
  readonly #parts: AdmissionParts;
  readonly #rate: RateLimit;
  readonly #judged = new ReplayCache(MAX_REMEMBERED);
  /** What an earlier process judged is not known here: nothing from before its start is taken. */
  readonly #since: number;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
    this.#rate = new RateLimit(parts.rate.perSecond, parts.rate.burst, parts.nowMs);
    this.#since = this.#now();
  }

  /**
   * Judges message 4; the cheap checks come first.
   * @param peer the station's process, as its connection proves it
   * @throws AuthenticationError; CodedError E_CHAIN_STALE, E_CERTIFICATE_…
   */
  async admit(peer: string, requestBytes: Uint8Array): Promise<Admission> {
    const { certificates, provider, signingKey, permitSeconds } = this.#parts;
    const now = this.#now();
    this.#rate.take(peer);
    const request = m.decodeAdmissionRequest(requestBytes);
    ensureTimely(request.time, now);
    certificates.ensureFresh(now);
    const station = await certificates.check(request.certificate, 'pile', now);
    insistOn(station.provider === provider, 'E_AUTH_PEER', 'the station belongs to another provider: ask that one');
    const content = m.admissionRequestHead(request);
    const asked = holdsHandshake(station.publicKey, certificates.ctx, 'request', content, request.signature);
    insistOn(asked, 'E_AUTH_SIGNATURE', 'the request is not signed by the station it names');
    const { vehicle, blinding } = await this.#identify(request, now);
    const id = request.proofHash;
    const until = Math.min(now + permitSeconds, vehicle.expiresAt, station.expiresAt);
    const commitment = fromHex(certificateCommitment({ subject: vehicle.id, blinding: toHex(blinding) }));
    const permit = givePermit(signingKey, certificates.ctx, { ...request, time: now, until, commitment });
    return { permit, id, vehicle, station, until };
  }

  async #identify(
    { offerHash, identity }: m.AdmissionRequest,
    now: number,
  ): Promise<{ readonly vehicle: Certificate; readonly blinding: Uint8Array }> {
    const { certificates } = this.#parts;
    const { signature, ...named } = m.decodeVehicleIdentity(this.#open(identity, offerHash));
    const { time, certificate, blinding } = named;
    ensureTimely(time, now);
    insistOn(
      time >= this.#since,
      'E_AUTH_REPLAY',
      'the handshake began before this provider’s process: begin a new one',
    );
    const vehicle = await certificates.check(certificate, 'vehicle', now);
    const content = concat(offerHash, m.vehicleIdentityHead(named));
    const signed = holdsHandshake(vehicle.publicKey, certificates.ctx, 'vehicle', content, signature);
    insistOn(signed, 'E_AUTH_SIGNATURE', 'the vehicle does not hold the key of its certificate');
    this.#judged.first(toHex(offerHash), time + MAX_SKEW_SECONDS + 1, now);
    return { vehicle, blinding };
  }

  #open(identity: Uint8Array, offerHash: Uint8Array): Uint8Array {
    const info = identityInfo(this.#parts.provider);
    for (const key of this.#parts.encryptionKeys()) {
      const opened = hpkeOpen(key, info, offerHash, identity);
      if (opened) return opened;
    }
    insistOn(
      false,
      'E_AUTH_KEYS',
      'the vehicle’s identity was sealed for another handshake or to an old key: begin anew',
    );
  }

  #now(): number {
    return Math.floor(this.#parts.nowMs() / 1000);
  }
}
