/**
 * Charging records as they travel to the data chain and stand in its state. A record says which meter delivered how much
 * energy when; which vehicle, under which terms and at what price it says to nobody who has not been shown more:
 *
 *   transaction = SHA-256("transaction", session, u32 index)[0:16]    who does not know the session cannot link it
 *   vehicle     = SHA-256("vehicle", f, session, transaction)         opened with (f, session): by the vehicle's centre
 *   C           = SHA-256("certificate", ID, blinding)                the provider's word, which names no vehicle to the pile
 *   subject     = SHA-256("subject", C, session, transaction)         opened with (ID, blinding, session): by the owner
 *   terms       = SHA-256("terms", salt, tariff digest)               opened with (salt, tariff)
 *
 * with the framing of the scheme's H under the tag "charging". The session id is 16 random bytes known to the pile, the
 * vehicle, its centre and the key centre.
 */
import { createHash } from 'node:crypto';
import { frame, fromHex, toHex, u32, u64, utf8 } from '@chargecast/signcryption/bytes';
import { decodeSignature, type Statement } from './authority';
import { ProtocolError } from './errors';
import { array, type Decoder, hex, integer, object, optional } from './json';
import { COMMAND_ID_BYTES, PSEUDONYM_BYTES, SESSION_BYTES } from './reports';

export const TRANSACTION_BYTES = 16;
export const COMMITMENT_SALT_BYTES = 32;
export const BLINDING_BYTES = 32;
const DIGEST_BYTES = 32;
const MAX_REGISTER = 1_000_000_000_000;
const MAX_READINGS = 256;
export const MAX_CHARGING_RECORDS = 128;

/** What the meter showed at one moment. */
export interface MeterReading {
  /** Unix seconds. */
  readonly at: number;
  /** Registers in whole Wh: taken from the grid, given back to it. Both only grow. */
  readonly importWh: number;
  readonly exportWh: number;
}

export interface ChargingRecord {
  /** `chargingTransaction`, hex. */
  readonly transaction: string;
  /** f of the pile whose meter it was, hex. */
  readonly meter: string;
  /** `vehicleCommitment`, hex. */
  readonly vehicle: string;
  /** `subjectCommitment`, hex: whose permission a reader needs. */
  readonly subject: string;
  /** `termsCommitment` the centre announced before energy flowed, hex; absent if it announced none. */
  readonly terms?: string;
  /** By time: the first begins the transaction, the last ends it; at least two. */
  readonly readings: readonly MeterReading[];
}

/** A record under the signature of the pile. */
export interface ChargingRecordEntry extends ChargingRecord {
  /** Sign_q("meter"; …) of {@link chargingStatement}, hex. */
  readonly signature: string;
}

const decodeReading: Decoder<MeterReading> = object<MeterReading>({
  at: integer(0, 253_402_300_799),
  importWh: integer(0, MAX_REGISTER),
  exportWh: integer(0, MAX_REGISTER),
});

const readingList = array(decodeReading, MAX_READINGS, 2);

/** Readings in order of time, registers that only grow. */
export const decodeReadings: Decoder<MeterReading[]> = (value, at) => {
  const readings = readingList(value, at);
  const fault = readings.findIndex((reading, i) => i > 0 && !follows(readings[i - 1] as MeterReading, reading));
  if (fault > 0) {
    throw new ProtocolError('E_DECODE', `${at}[${fault}] must not be earlier or show less than the reading before it`);
  }
  return readings;
};

const follows = (before: MeterReading, after: MeterReading): boolean =>
  after.at >= before.at && after.importWh >= before.importWh && after.exportWh >= before.exportWh;

export const decodeChargingRecordEntry: Decoder<ChargingRecordEntry> = object<ChargingRecordEntry>({
  transaction: hex(TRANSACTION_BYTES),
  meter: hex(PSEUDONYM_BYTES),
  vehicle: hex(DIGEST_BYTES),
  subject: hex(DIGEST_BYTES),
  terms: optional(hex(DIGEST_BYTES)),
  readings: decodeReadings,
  signature: decodeSignature,
});

export const decodeChargingRecordEntries: Decoder<ChargingRecordEntry[]> = array(
  decodeChargingRecordEntry,
  MAX_CHARGING_RECORDS,
  1,
);

/** Wh taken from the grid less Wh given back, by the registers: negative for a net discharge. */
export function recordedEnergyWh({ readings }: Pick<ChargingRecord, 'readings'>): number {
  const [first, last] = [readings[0], readings.at(-1)];
  if (!first || !last) return 0;
  return last.importWh - first.importWh - (last.exportWh - first.exportWh);
}

/** What the pile signs: all of the record. */
export function chargingStatement(record: ChargingRecord): Statement {
  const { transaction, meter, vehicle, subject, terms, readings } = record;
  return {
    tag: 'meter',
    parts: [
      fromHex(transaction, TRANSACTION_BYTES),
      fromHex(meter, PSEUDONYM_BYTES),
      fromHex(vehicle, DIGEST_BYTES),
      fromHex(subject, DIGEST_BYTES),
      terms === undefined ? new Uint8Array() : fromHex(terms, DIGEST_BYTES),
      ...readings.flatMap(({ at, importWh, exportWh }) => [u64(at), u64(importWh), u64(exportWh)]),
    ],
  };
}

function digest(...parts: readonly Uint8Array[]): Buffer {
  return createHash('sha256').update(frame('charging', parts)).digest();
}

/**
 * @param session 16 bytes hex
 * @param index of the transaction in its session: a vehicle that stays plugged in may charge several times
 */
export function chargingTransaction(session: string, index = 0): string {
  return toHex(digest(utf8('transaction'), fromHex(session, SESSION_BYTES), u32(index)).subarray(0, TRANSACTION_BYTES));
}

/** One transaction of a session, as who was there knows it. */
interface Charged {
  readonly session: string;
  readonly index?: number;
}

function committed(what: 'vehicle' | 'subject', whose: Uint8Array, { session, index = 0 }: Charged): string {
  const transaction = fromHex(chargingTransaction(session, index), TRANSACTION_BYTES);
  return toHex(digest(utf8(what), whose, fromHex(session, SESSION_BYTES), transaction));
}

/** @param vehicle its f, 16 bytes hex */
export function vehicleCommitment({ vehicle, ...charged }: Charged & { readonly vehicle: string }): string {
  return committed('vehicle', fromHex(vehicle, PSEUDONYM_BYTES), charged);
}

/** Whose certificate was shown, hidden from who does not know the blinding. */
export interface CertificateOpening {
  /** ID of the vehicle's certificate, 16 bytes hex. */
  readonly subject: string;
  /** 32 random bytes the vehicle chose for the session, hex. */
  readonly blinding: string;
}

/** C, 32 bytes hex. */
export function certificateCommitment({ subject, blinding }: CertificateOpening): string {
  return toHex(digest(utf8('certificate'), fromHex(subject, PSEUDONYM_BYTES), fromHex(blinding, BLINDING_BYTES)));
}

/** @param certificate {@link certificateCommitment} of the session, hex */
export function subjectCommitment({ certificate, ...charged }: Charged & { readonly certificate: string }): string {
  return committed('subject', fromHex(certificate, DIGEST_BYTES), charged);
}

/** Whose record it is, for a reader to show. */
export type SubjectOpening = CertificateOpening & Charged;

export const decodeSubjectOpening: Decoder<SubjectOpening> = object<SubjectOpening>({
  subject: hex(PSEUDONYM_BYTES),
  blinding: hex(BLINDING_BYTES),
  session: hex(SESSION_BYTES),
  index: optional(integer(0, 0xffff_ffff)),
});

export function opensSubject(opening: SubjectOpening, { subject }: Pick<ChargingRecord, 'subject'>): boolean {
  return subjectCommitment({ ...opening, certificate: certificateCommitment(opening) }) === subject;
}

/**
 * @param salt 32 random bytes, hex
 * @param tariffDigest 32 bytes, hex
 */
export function termsCommitment(salt: string, tariffDigest: string): string {
  return toHex(digest(utf8('terms'), fromHex(salt, COMMITMENT_SALT_BYTES), fromHex(tariffDigest, DIGEST_BYTES)));
}

/** One command id for one purpose of one transaction, as random as the salt: made twice, it is the same command. */
export function chargingCommandId(salt: string, purpose: 'start' | 'bill', transaction: string): string {
  const parts = [utf8(purpose), fromHex(salt, COMMITMENT_SALT_BYTES), fromHex(transaction, TRANSACTION_BYTES)];
  return toHex(digest(utf8('command'), ...parts).subarray(0, COMMAND_ID_BYTES));
}
