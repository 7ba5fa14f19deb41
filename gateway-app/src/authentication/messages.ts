/**
 * The messages of the handshake (docs/authentication.md has them as a table). Integers little-endian; `var` is u32 length ‖ bytes.
 * Times are Unix seconds. A `…Body` travels sealed inside the message before it.
 */
import { BLINDING_BYTES } from '@chargecast/protocol';
import { concat, u64, u8, utf8 } from '@chargecast/signcryption/bytes';

import { insistOn } from './errors';
import { HASH_BYTES } from './hkdf';
import { SESSION_BYTES } from './key-schedule';
import { SIGNATURE_BYTES } from './signatures';
import { decode, expectType, readVariable, variable } from './wire';
import { X25519_BYTES } from './x25519';

export const VERSION = 1;
/** X25519, ECDSA P-256 with SHA-256, HKDF-SHA256, ChaCha20-Poly1305, HPKE of the same. */
export const SUITE = 1;
export const AUTH_NONCE_BYTES = 32;
export const PSEUDONYM_BYTES = 16;
const MAX_NAME_BYTES = 64;

const TYPE = { hello: 1, offer: 2, proof: 3, request: 4, permit: 5, acceptance: 6, confirmation: 7 } as const;

/** 1, EV → CS, in clear: u8 type ‖ u8 version ‖ u8 suite ‖ u64 time ‖ u64 epoch ‖ nonce ‖ ephemeral key ‖ var pile's name. */
export interface Hello {
  readonly time: number;
  /** Key epoch of the vehicle's record: the pile answers under its own record of that epoch. */
  readonly epoch: number;
  readonly nonce: Uint8Array;
  readonly ephemeral: Uint8Array;
  /** Name of the pile in the process that serves it. */
  readonly pile: string;
}

export function encodeHello({ time, epoch, nonce, ephemeral, pile }: Hello): Uint8Array {
  return concat(u8(TYPE.hello), u8(VERSION), u8(SUITE), u64(time), u64(epoch), nonce, ephemeral, variable(utf8(pile)));
}

export function decodeHello(bytes: Uint8Array): Hello {
  return decode(bytes, (reader) => {
    expectType(reader, TYPE.hello);
    const same = reader.u8() === VERSION && reader.u8() === SUITE;
    insistOn(same, 'E_AUTH_VERSION', 'another version of the handshake: run the same version on both sides');
    const [time, epoch] = [reader.u64(), reader.u64()];
    const [nonce, ephemeral] = [reader.copy(AUTH_NONCE_BYTES), reader.copy(X25519_BYTES)];
    return { time, epoch, nonce, ephemeral, pile: Buffer.from(readVariable(reader, MAX_NAME_BYTES)).toString('utf8') };
  });
}

/** 2, CS → EV: u8 type ‖ nonce ‖ ephemeral key ‖ var sealed {@link OfferBody}. */
export interface Offer {
  readonly nonce: Uint8Array;
  readonly ephemeral: Uint8Array;
  readonly sealed: Uint8Array;
}

/** What of an offer is in clear, and in the transcript before its body. */
export function offerHead({ nonce, ephemeral }: Pick<Offer, 'nonce' | 'ephemeral'>): Uint8Array {
  return concat(u8(TYPE.offer), nonce, ephemeral);
}

export function encodeOffer(offer: Offer): Uint8Array {
  return concat(offerHead(offer), variable(offer.sealed));
}

export function decodeOffer(bytes: Uint8Array): Offer {
  return decode(bytes, (reader) => {
    expectType(reader, TYPE.offer);
    const [nonce, ephemeral] = [reader.copy(AUTH_NONCE_BYTES), reader.copy(X25519_BYTES)];
    return { nonce, ephemeral, sealed: readVariable(reader) };
  });
}

/** Who the station says it is: u64 time ‖ var certificate ‖ f of the pile ‖ var encryption key of its provider. */
export interface StationIdentity {
  readonly time: number;
  readonly certificate: Uint8Array;
  /** f of the pile's record. */
  readonly pile: Uint8Array;
  /** A `ProviderKey`, encoded. */
  readonly providerKey: Uint8Array;
}

export function encodeStationIdentity({ time, certificate, pile, providerKey }: StationIdentity): Uint8Array {
  return concat(u64(time), variable(certificate), pile, variable(providerKey));
}

/** var {@link StationIdentity} ‖ ECDSA signature ‖ signature under the pile's record ‖ key confirmation. */
export interface OfferBody {
  readonly identity: StationIdentity;
  readonly signature: Uint8Array;
  readonly recordSignature: Uint8Array;
  readonly mac: Uint8Array;
}

export function encodeOfferBody({ identity, signature, recordSignature, mac }: OfferBody): Uint8Array {
  return concat(variable(encodeStationIdentity(identity)), signature, recordSignature, mac);
}

export function decodeOfferBody(bytes: Uint8Array): OfferBody {
  return decode(bytes, (reader) => ({
    identity: decode(readVariable(reader), (inner) => ({
      time: inner.u64(),
      certificate: readVariable(inner),
      pile: inner.copy(PSEUDONYM_BYTES),
      providerKey: readVariable(inner),
    })),
    signature: reader.copy(SIGNATURE_BYTES),
    recordSignature: reader.copy(SIGNATURE_BYTES),
    mac: reader.copy(HASH_BYTES),
  }));
}

/** 3, EV → CS: u8 type ‖ var sealed {@link ProofBody}. */
export function encodeProof(sealed: Uint8Array): Uint8Array {
  return concat(u8(TYPE.proof), variable(sealed));
}

export function decodeProof(bytes: Uint8Array): Uint8Array {
  return decode(bytes, (reader) => {
    expectType(reader, TYPE.proof);
    return readVariable(reader);
  });
}

/** What the station may know of the vehicle: f ‖ session id ‖ u8 resumed ‖ var {@link VehicleIdentity} sealed to the provider. */
export interface VehiclePart {
  /** f of the vehicle's record: another one each key epoch. */
  readonly vehicle: Uint8Array;
  readonly session: Uint8Array;
  readonly isResumed: boolean;
  readonly identity: Uint8Array;
}

export function encodeVehiclePart({ vehicle, session, isResumed, identity }: VehiclePart): Uint8Array {
  return concat(vehicle, session, u8(isResumed ? 1 : 0), variable(identity));
}

/** var {@link VehiclePart} ‖ signature under the vehicle's record ‖ key confirmation. */
export interface ProofBody {
  readonly part: VehiclePart;
  readonly recordSignature: Uint8Array;
  readonly mac: Uint8Array;
}

export function encodeProofBody({ part, recordSignature, mac }: ProofBody): Uint8Array {
  return concat(variable(encodeVehiclePart(part)), recordSignature, mac);
}

export function decodeProofBody(bytes: Uint8Array): ProofBody {
  return decode(bytes, (reader) => ({
    part: decode(readVariable(reader), (inner) => {
      const [vehicle, session, resumed] = [inner.copy(PSEUDONYM_BYTES), inner.copy(SESSION_BYTES), inner.u8()];
      insistOn(resumed <= 1, 'E_AUTH_MESSAGE', 'a flag is 0 or 1');
      return { vehicle, session, isResumed: resumed === 1, identity: readVariable(inner) };
    }),
    recordSignature: reader.copy(SIGNATURE_BYTES),
    mac: reader.copy(HASH_BYTES),
  }));
}

/** Who the vehicle is, for a provider's eyes only: u64 time ‖ var certificate ‖ blinding ‖ ECDSA signature. */
export interface VehicleIdentity {
  readonly time: number;
  readonly certificate: Uint8Array;
  /** 32 bytes, the same for all of a session: what hides the certificate in the provider's commitment. */
  readonly blinding: Uint8Array;
  readonly signature: Uint8Array;
}

/** What of it is signed, with the hash of the offer before it. */
export function vehicleIdentityHead({ time, certificate, blinding }: Omit<VehicleIdentity, 'signature'>): Uint8Array {
  return concat(u64(time), variable(certificate), blinding);
}

export function encodeVehicleIdentity(identity: VehicleIdentity): Uint8Array {
  return concat(vehicleIdentityHead(identity), identity.signature);
}

export function decodeVehicleIdentity(bytes: Uint8Array): VehicleIdentity {
  return decode(bytes, (reader) => ({
    time: reader.u64(),
    certificate: readVariable(reader),
    blinding: reader.copy(BLINDING_BYTES),
    signature: reader.copy(SIGNATURE_BYTES),
  }));
}

/** 4, CS → ESP: u8 type ‖ u64 time ‖ hash of the offer ‖ hash of the proof ‖ var certificate ‖ var identity ‖ signature. */
export interface AdmissionRequest {
  readonly time: number;
  /** Transcript hash the vehicle signed for the provider: up to the whole offer. */
  readonly offerHash: Uint8Array;
  /** Transcript hash up to the whole proof: what the permit is for. */
  readonly proofHash: Uint8Array;
  readonly certificate: Uint8Array;
  /** {@link VehicleIdentity} as sealed by the vehicle. */
  readonly identity: Uint8Array;
  readonly signature: Uint8Array;
}

export function admissionRequestHead(request: Omit<AdmissionRequest, 'signature'>): Uint8Array {
  const { time, offerHash, proofHash, certificate, identity } = request;
  return concat(u8(TYPE.request), u64(time), offerHash, proofHash, variable(certificate), variable(identity));
}

export function encodeAdmissionRequest(request: AdmissionRequest): Uint8Array {
  return concat(admissionRequestHead(request), request.signature);
}

export function decodeAdmissionRequest(bytes: Uint8Array): AdmissionRequest {
  return decode(bytes, (reader) => {
    expectType(reader, TYPE.request);
    return {
      time: reader.u64(),
      offerHash: reader.copy(HASH_BYTES),
      proofHash: reader.copy(HASH_BYTES),
      certificate: readVariable(reader),
      identity: readVariable(reader),
      signature: reader.copy(SIGNATURE_BYTES),
    };
  });
}

/**
 * 5, ESP → CS → EV: u8 type ‖ u64 time ‖ u64 until ‖ hash of the offer ‖ hash of the proof ‖ commitment ‖ signature of the
 * provider.
 */
export interface Permit {
  readonly time: number;
  readonly until: number;
  readonly offerHash: Uint8Array;
  readonly proofHash: Uint8Array;
  /** To the vehicle's certificate (`certificateCommitment`), 32 bytes: what the station's records are made out to. */
  readonly commitment: Uint8Array;
  readonly signature: Uint8Array;
}

export function permitHead({ time, until, offerHash, proofHash, commitment }: Omit<Permit, 'signature'>): Uint8Array {
  return concat(u8(TYPE.permit), u64(time), u64(until), offerHash, proofHash, commitment);
}

export function encodePermit(permit: Permit): Uint8Array {
  return concat(permitHead(permit), permit.signature);
}

export function decodePermit(bytes: Uint8Array): Permit {
  return decode(bytes, (reader) => {
    expectType(reader, TYPE.permit);
    const [time, until] = [reader.u64(), reader.u64()];
    const [offerHash, proofHash] = [reader.copy(HASH_BYTES), reader.copy(HASH_BYTES)];
    const commitment = reader.copy(HASH_BYTES);
    return { time, until, offerHash, proofHash, commitment, signature: reader.copy(SIGNATURE_BYTES) };
  });
}

/** 6, CS → EV: u8 type ‖ var sealed (var permit ‖ key confirmation). */
export function encodeAcceptance(sealed: Uint8Array): Uint8Array {
  return concat(u8(TYPE.acceptance), variable(sealed));
}

export function decodeAcceptance(bytes: Uint8Array): Uint8Array {
  return decode(bytes, (reader) => {
    expectType(reader, TYPE.acceptance);
    return readVariable(reader);
  });
}

export function encodeAcceptanceBody(permit: Uint8Array, mac: Uint8Array): Uint8Array {
  return concat(variable(permit), mac);
}

export function decodeAcceptanceBody(bytes: Uint8Array): { readonly permit: Uint8Array; readonly mac: Uint8Array } {
  return decode(bytes, (reader) => ({ permit: readVariable(reader), mac: reader.copy(HASH_BYTES) }));
}

/** 7, EV → CS: u8 type ‖ key confirmation. */
export function encodeConfirmation(mac: Uint8Array): Uint8Array {
  return concat(u8(TYPE.confirmation), mac);
}

export function decodeConfirmation(bytes: Uint8Array): Uint8Array {
  return decode(bytes, (reader) => {
    expectType(reader, TYPE.confirmation);
    return reader.copy(HASH_BYTES);
  });
}
