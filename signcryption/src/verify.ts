/**
 * Public verification: params and σ show that an authorised sender of a class sealed exactly these bytes. No secret, no
 * state, no time; what the chain or a clock decides besides is {@link ensureWithinLimits} and the ledger's own rules.
 */
import { compareAt, equal, u64, u8 } from './bytes';
import { isCanonicalU } from './encoding';
import { ensure } from './errors';
import { bodyHash, hash } from './hash';
import { type Limits } from './limits';
import { LocatorIndex } from './locate';
import { type Params } from './params';
import { type VerifierPrimitives } from './primitives/types';
import { isAcceptableKey, verify } from './signature';
import { decodeSigma, type Header, HEADER_BYTES, LOCATOR_BYTES, type Sigma, TRAILER_BYTES } from './wire';

/** What public verification established; only {@link verifySigma} makes one. */
export class VerifiedSigma {
  /** Makes the type nominal: an object of the same shape is not a verified σ. */
  readonly #verified = true;
  readonly #primitives: VerifierPrimitives;
  #id: Uint8Array | undefined;
  #locators: LocatorIndex | undefined;

  private constructor(
    primitives: VerifierPrimitives,
    /** τ = HB("body", hdr, all L ‖ C). */
    readonly tau: Uint8Array,
    readonly sigma: Sigma,
  ) {
    this.#primitives = primitives;
  }

  /** {@link sigmaId}. */
  get id(): Uint8Array {
    return (this.#id ??= idOf(this.#primitives, this.tau, this.sigma.bytes));
  }

  /** Step 1 of unsigncrypt: the index of the entry with this locator; the table behind it is built on first use. */
  locate(locator: Uint8Array): number | undefined {
    this.#locators ??= new LocatorIndex(this.sigma);
    return this.#locators.find(locator);
  }

  get header(): Header {
    return this.sigma.header;
  }

  static isVerified(value: unknown): value is VerifiedSigma {
    return typeof value === 'object' && value !== null && #verified in value && value.#verified;
  }

  /** @throws SigncryptionError with the E_SIGMA_… code of the first check that fails */
  static verify(primitives: VerifierPrimitives, params: Params, bytes: Uint8Array): VerifiedSigma {
    const sigma = decodeSigma(bytes);
    const { header } = sigma;
    ensure(header.suite === params.suite, 'E_SIGMA_SUITE', 'σ is of another suite');
    ensure(equal(header.ctx, params.ctx), 'E_SIGMA_CONTEXT', 'σ belongs to other params or another channel');
    ensure(isCanonicalU(header.ephemeral), 'E_SIGMA_EPHEMERAL', 'U is not a canonical u-coordinate above 0');
    ensure(isAcceptableKey(header.oneTimeKey), 'E_SIGMA_KEY', 'Y is not a usable verification key');
    ensure(isAscending(sigma), 'E_SIGMA_ORDER', 'the locators do not strictly ascend');
    const certified = verify(
      primitives,
      params.masterPublicKey,
      header.certificate,
      'cred',
      params.ctx,
      ...credentialParts(header),
    );
    ensure(certified, 'E_SIGMA_CERTIFICATE', 'the one-time key is not certified by the KGC for this epoch and class');
    const tau = bodyDigest(primitives, sigma.headerBytes, sigma.body);
    const sealed = hash(primitives, 'cs', sigma.sealedSender);
    const signed = verify(primitives, header.oneTimeKey, sigma.signature, 'out', params.ctx, tau, sealed);
    ensure(signed, 'E_SIGMA_SIGNATURE', 'σ was not signed by its one-time key or was changed since');
    return new VerifiedSigma(primitives, tau, sigma);
  }
}

/** @see VerifiedSigma.verify */
export const verifySigma = (primitives: VerifierPrimitives, params: Params, bytes: Uint8Array): VerifiedSigma =>
  VerifiedSigma.verify(primitives, params, bytes);

/** What cert signs: coarse, equal for all of a class, naming nobody. */
export const credentialParts = (c: Pick<Header, 'epoch' | 'senderClass' | 'oneTimeKey'>): readonly Uint8Array[] => [
  u64(c.epoch),
  u8(c.senderClass),
  c.oneTimeKey,
];

/**
 * H("id", τ, C_S ‖ σ_out)[0:32]: it depends on every byte, and who has τ need not hash the body again. Bytes too short
 * to be a σ have the id H("id", bytes)[0:32].
 */
export function sigmaId(primitives: VerifierPrimitives, bytes: Uint8Array): Uint8Array {
  const bodyEnd = bytes.length - TRAILER_BYTES;
  if (bodyEnd < HEADER_BYTES) return hash(primitives, 'id', bytes).slice(0, 32);
  const header = bytes.subarray(0, HEADER_BYTES);
  return idOf(primitives, bodyDigest(primitives, header, bytes.subarray(HEADER_BYTES, bodyEnd)), bytes);
}

/** The same, of a σ whose τ is known. */
export const idOf = (primitives: VerifierPrimitives, tau: Uint8Array, sigma: Uint8Array): Uint8Array =>
  hash(primitives, 'id', tau, sigma.subarray(sigma.length - TRAILER_BYTES)).slice(0, 32);

/** τ = HB("body", hdr, all L ‖ C). */
export const bodyDigest = (primitives: VerifierPrimitives, headerBytes: Uint8Array, body: Uint8Array): Uint8Array =>
  bodyHash(primitives, 'body', headerBytes, body);

function isAscending({ header, body }: Sigma): boolean {
  for (let at = header.entryLength; at < body.length; at += header.entryLength) {
    if (compareAt(body, at - header.entryLength, body, at, LOCATOR_BYTES) >= 0) return false;
  }
  return true;
}

/**
 * The checks that need the limits in force and a time: the transaction's on the chain, the block's for a receiver.
 * @param at seconds
 * @throws E_SIGMA_LIMITS, E_SIGMA_EXPIRED, E_SIGMA_TTL
 */
export function ensureWithinLimits(verified: VerifiedSigma, limits: Limits, at: number): void {
  const { header, sigma } = verified;
  ensure(header.limitsVersion === limits.version, 'E_SIGMA_LIMITS', `limits version ${limits.version} is in force`);
  const bucketed =
    limits.entryCounts.includes(header.entryCount) &&
    limits.entryLengths.includes(header.entryLength) &&
    sigma.bytes.length <= limits.maxSigmaBytes;
  ensure(bucketed, 'E_SIGMA_LIMITS', 'entry count, entry length or size is not one the limits allow');
  ensureTimely(header, limits, at);
}

/** 0 < notAfter − at ≤ maxTtl. */
export function ensureTimely(header: Header, limits: Limits, at: number): void {
  ensure(header.notAfter > at, 'E_SIGMA_EXPIRED', 'σ has expired');
  ensure(header.notAfter - at <= limits.maxTtl, 'E_SIGMA_TTL', 'σ claims to live longer than the limits allow');
}
