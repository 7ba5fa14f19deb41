/**
 * The bytes of σ = hdr ‖ entries ‖ C_S ‖ σ_out; grammar in docs/wire.md. One value has one encoding, every length is
 * known from the header, and nothing is allocated before the total has been compared.
 */
import { bytesOf, concat, ensureLength, u32, u64, u8 } from './bytes';
import { ensure, SigncryptionError } from './errors';
import { Reader } from './reader';

export const VERSION = 1;
export const LOCATOR_BYTES = 32;
export const HEADER_BYTES = 223;
/** C_S = AEAD(f_S ‖ σ_in). */
export const SENDER_BYTES = 96;
/** L ‖ tag ‖ f ‖ K_S ‖ u32 length: what an entry carries besides the padded message. */
export const ENTRY_OVERHEAD = 100;
/** Bounds of the format itself; limits in force are narrower. They keep any σ far below Fabric's 100 MB message. */
export const MAX_ENTRIES = 8192;
export const MAX_ENTRY_BYTES = 65_536;
export const MAX_SIGMA_BYTES = 4 * 1024 * 1024;

/** C_S ‖ σ_out. */
export const TRAILER_BYTES = SENDER_BYTES + 64;

export interface Header {
  readonly version: number;
  readonly suite: number;
  readonly ctx: Uint8Array;
  readonly limitsVersion: number;
  readonly epoch: number;
  /** The class of senders the one-time credential speaks for. */
  readonly senderClass: number;
  /** Seconds since 1970, UTC. */
  readonly notAfter: number;
  /** U = X25519(k, 9). */
  readonly ephemeral: Uint8Array;
  /** Y, the one-time verification key. */
  readonly oneTimeKey: Uint8Array;
  /** cert: the KGC's signature over (epoch, class, Y). */
  readonly certificate: Uint8Array;
  /** com: the sealed sender's record and Y under K_S. */
  readonly commitment: Uint8Array;
  readonly entryCount: number;
  /** Bytes of one entry, locator included. */
  readonly entryLength: number;
}

/** A decoded σ: views into the encoding it came from. */
export interface Sigma {
  readonly bytes: Uint8Array;
  readonly header: Header;
  readonly headerBytes: Uint8Array;
  /** All entries, L ‖ C each, ascending by L. */
  readonly body: Uint8Array;
  /** C_S. */
  readonly sealedSender: Uint8Array;
  /** σ_out. */
  readonly signature: Uint8Array;
}

export const sigmaBytes = (entryCount: number, entryLength: number): number =>
  HEADER_BYTES + entryCount * entryLength + TRAILER_BYTES;

export function encodeHeader(header: Header): Uint8Array {
  ensureLength(header.ctx, 32, 'ctx');
  ensureLength(header.ephemeral, 32, 'U');
  ensureLength(header.oneTimeKey, 32, 'Y');
  ensureLength(header.certificate, 64, 'cert');
  ensureLength(header.commitment, 32, 'com');
  return concat(
    u8(header.version),
    u8(header.suite),
    header.ctx,
    u32(header.limitsVersion),
    u64(header.epoch),
    u8(header.senderClass),
    u64(header.notAfter),
    header.ephemeral,
    header.oneTimeKey,
    header.certificate,
    header.commitment,
    u32(header.entryCount),
    u32(header.entryLength),
  );
}

/**
 * @param bytes exactly HEADER_BYTES bytes
 * @throws E_SIGMA_VERSION for another version, E_SIGMA_MALFORMED for the rest
 */
export function decodeHeader(bytes: Uint8Array): Header {
  const reader = new Reader(bytes, 'E_SIGMA_MALFORMED');
  const version = reader.u8();
  ensure(version === VERSION, 'E_SIGMA_VERSION', `only wire version ${VERSION} is known`);
  const header = {
    version,
    suite: reader.u8(),
    ctx: reader.copy(32),
    limitsVersion: reader.u32(),
    epoch: reader.u64(),
    senderClass: reader.u8(),
    notAfter: reader.u64(),
    ephemeral: reader.copy(32),
    oneTimeKey: reader.copy(32),
    certificate: reader.copy(64),
    commitment: reader.copy(32),
    entryCount: reader.u32(),
    entryLength: reader.u32(),
  };
  reader.end();
  checkShape(header.entryCount, header.entryLength);
  return header;
}

function checkShape(entryCount: number, entryLength: number): void {
  const shaped =
    entryCount >= 1 &&
    entryCount <= MAX_ENTRIES &&
    entryLength >= ENTRY_OVERHEAD &&
    entryLength <= MAX_ENTRY_BYTES &&
    sigmaBytes(entryCount, entryLength) <= MAX_SIGMA_BYTES;
  ensure(shaped, 'E_SIGMA_MALFORMED', 'entry count or length is out of bounds');
}

/** @throws E_SIGMA_MALFORMED if a part has not the size the header states */
export function encodeSigma(parts: {
  readonly header: Header;
  readonly body: Uint8Array;
  readonly sealedSender: Uint8Array;
  readonly signature: Uint8Array;
}): Uint8Array {
  const { header, body, sealedSender, signature } = parts;
  checkShape(header.entryCount, header.entryLength);
  const sized =
    body.length === header.entryCount * header.entryLength &&
    sealedSender.length === SENDER_BYTES &&
    signature.length === 64;
  if (!sized) throw new SigncryptionError('E_SIGMA_MALFORMED', 'a part has not the size the header states');
  return concat(encodeHeader(header), body, sealedSender, signature);
}

/**
 * @returns views into `input`, which must not change afterwards
 * @throws E_SIGMA_VERSION, E_SIGMA_MALFORMED
 */
export function decodeSigma(input: Uint8Array): Sigma {
  ensure(input instanceof Uint8Array, 'E_SIGMA_MALFORMED', 'σ must be bytes');
  const bytes = bytesOf(input);
  ensure(bytes.length >= HEADER_BYTES, 'E_SIGMA_MALFORMED', 'σ is shorter than its header');
  const headerBytes = bytes.subarray(0, HEADER_BYTES);
  const header = decodeHeader(headerBytes);
  const expected = sigmaBytes(header.entryCount, header.entryLength);
  ensure(bytes.length === expected, 'E_SIGMA_MALFORMED', 'σ has not the length its header states');
  const bodyEnd = expected - TRAILER_BYTES;
  return {
    bytes,
    header,
    headerBytes,
    body: bytes.subarray(HEADER_BYTES, bodyEnd),
    sealedSender: bytes.subarray(bodyEnd, bodyEnd + SENDER_BYTES),
    signature: bytes.subarray(bodyEnd + SENDER_BYTES),
  };
}
