/**
 * From one Diffie–Hellman value to every key of a handshake and its session (HKDF-SHA256, RFC 5869; labels as in TLS 1.3, RFC
 * 8446 §7.1). Each key serves one message or one direction; each is bound to the transcript up to where it is first used.
 */
import { concat } from '@chargecast/signcryption/bytes';
import { timingSafeEqual } from 'node:crypto';

import { KEY_BYTES, NONCE_BYTES, open, seal } from './aead';
import { insistOn } from './errors';
import { expandLabel, extract, HASH_BYTES, hmacSha256 } from './hkdf';

export const SESSION_BYTES = 16;

export type Side = 'vehicle' | 'station';
export type SealedPart = 'station offer' | 'vehicle proof' | 'station acceptance';
export type Confirmation = SealedPart | 'vehicle confirmation';

const EMPTY = new Uint8Array(0);
const ZERO_NONCE = new Uint8Array(NONCE_BYTES);

/** Key and nonce base of one direction of the open session. */
export interface TrafficKey {
  readonly key: Uint8Array;
  readonly nonceBase: Uint8Array;
}

export class KeySchedule {
  readonly #secret: Uint8Array;

  /** As in IKEv2 (RFC 7296 §2.14): the nonces are the salt, vehicle's first. */
  constructor(shared: Uint8Array, vehicleNonce: Uint8Array, stationNonce: Uint8Array) {
    this.#secret = extract(concat(vehicleNonce, stationNonce), shared);
    shared.fill(0);
  }

  /** @param transcript hash up to what is sealed, which is its associated data as well */
  seal(part: SealedPart, transcript: Uint8Array, plaintext: Uint8Array): Uint8Array {
    return seal(this.#onceKey(part, transcript), ZERO_NONCE, transcript, plaintext);
  }

  /** @throws AuthenticationError E_AUTH_KEYS */
  open(part: SealedPart, transcript: Uint8Array, sealed: Uint8Array): Uint8Array {
    const plaintext = open(this.#onceKey(part, transcript), ZERO_NONCE, transcript, sealed);
    insistOn(
      plaintext !== undefined,
      'E_AUTH_KEYS',
      'a message of another handshake, or changed on its way: begin anew',
    );
    return plaintext;
  }

  /** The key confirmation over a transcript: what SIGMA's MAC is, under a key of its own a message. */
  confirm(confirmation: Confirmation, transcript: Uint8Array): Uint8Array {
    return hmacSha256(expandLabel(this.#secret, `${confirmation} mac`, EMPTY, HASH_BYTES), transcript);
  }

  /** @throws AuthenticationError E_AUTH_KEYS */
  ensureConfirmed(confirmation: Confirmation, transcript: Uint8Array, mac: Uint8Array): void {
    const holds = mac.length === HASH_BYTES && timingSafeEqual(mac, this.confirm(confirmation, transcript));
    insistOn(holds, 'E_AUTH_KEYS', 'the other side holds other keys: someone may stand in between; begin anew');
  }

  /** Name of a new charging session: both sides' contributions are in it, so neither can choose or repeat one. */
  sessionId(offered: Uint8Array): Uint8Array {
    return expandLabel(this.#secret, 'session id', offered, SESSION_BYTES);
  }

  /** Keys of the open session, bound to the whole handshake; the handshake's own secret is erased. */
  traffic(confirmed: Uint8Array): Readonly<Record<Side, TrafficKey>> {
    const of = (side: Side): TrafficKey => ({
      key: expandLabel(this.#secret, `${side} traffic key`, confirmed, KEY_BYTES),
      nonceBase: expandLabel(this.#secret, `${side} traffic nonce`, confirmed, NONCE_BYTES),
    });
    const keys = { vehicle: of('vehicle'), station: of('station') };
    this.#secret.fill(0);
    return keys;
  }

  #onceKey(part: SealedPart, transcript: Uint8Array): Uint8Array {
    return expandLabel(this.#secret, `${part} key`, transcript, KEY_BYTES);
  }
}
