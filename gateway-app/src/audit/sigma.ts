import { type Header, type Params, decodeSigma, sigmaId, toHex, verifySigma } from '@chargecast/signcryption';

import { CodedError, codeOf, messageOf } from '../common/errors';

/** What can be said of one σ. `code` and `message` are there when it does not hold. */
export interface SigmaVerdict {
  /** Lower-case hex; whatever the bytes are, they have one. */
  readonly id: string;
  readonly holds: boolean;
  readonly code?: string;
  readonly message?: string;
}

export interface SigmaChecks {
  /** Unix seconds at which it must not have expired. */
  readonly at?: number;
  /** One-time key → id of the σ it signed on a chain, lower-case hex. */
  readonly spent?: ReadonlyMap<string, string>;
}

/** Public verification; time and reuse only where asked. */
export function judgeSigma(params: Params, bytes: Uint8Array, { at, spent }: SigmaChecks = {}): SigmaVerdict {
  try {
    const verified = verifySigma(params, bytes);
    const { header } = verified;
    const id = toHex(verified.id);
    if (at !== undefined && header.notAfter <= at) {
      throw new CodedError('E_SIGMA_EXPIRED', `σ expired at ${isoTime(header.notAfter)}`);
    }
    const committed = spent?.get(toHex(header.oneTimeKey));
    if (committed !== undefined && committed !== id) {
      throw new CodedError('E_CREDENTIAL_SPENT', `its one-time credential signed the σ ${committed} on the chain`);
    }
    return { id, holds: true };
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    return { id: toHex(sigmaId(bytes)), holds: false, code, message: messageOf(error) };
  }
}

/** All that σ says to everybody. Bytes are lower-case hex, times Unix seconds. */
export interface SigmaDescription {
  readonly id: string;
  readonly bytes: number;
  readonly version: number;
  readonly suite: number;
  readonly ctx: string;
  readonly limitsVersion: number;
  readonly epoch: number;
  readonly senderClass: number;
  readonly notAfter: number;
  readonly ephemeral: string;
  readonly oneTimeKey: string;
  readonly certificate: string;
  readonly commitment: string;
  readonly entryCount: number;
  readonly entryLength: number;
}

/** @throws SigncryptionError E_SIGMA_VERSION, E_SIGMA_MALFORMED; nothing else is verified */
export function describeSigma(bytes: Uint8Array): SigmaDescription {
  const { header } = decodeSigma(bytes);
  return { id: toHex(sigmaId(bytes)), bytes: bytes.length, ...describeHeader(header) };
}

function describeHeader(header: Header): Omit<SigmaDescription, 'id' | 'bytes'> {
  const { ctx, ephemeral, oneTimeKey, certificate, commitment, ...numbers } = header;
  return {
    ...numbers,
    ctx: toHex(ctx),
    ephemeral: toHex(ephemeral),
    oneTimeKey: toHex(oneTimeKey),
    certificate: toHex(certificate),
    commitment: toHex(commitment),
  };
}

/** UTC; the number itself where no calendar reaches it. */
export function isoTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString();
}
