import { toHex } from '@chargecast/signcryption/bytes';
import { SigncryptionError, type SigncryptionErrorCode } from '@chargecast/signcryption/errors';
import { type Params } from '@chargecast/signcryption/params';
import { portablePrimitives } from '@chargecast/signcryption/primitives/portable';
import { sigmaId, type VerifiedSigma, verifySigma } from '@chargecast/signcryption/verify';
import { decodeSigma } from '@chargecast/signcryption/wire';

import { type Check, type SigmaFacts, type SigmaReport } from './report';

interface Step {
  readonly name: string;
  readonly meaning: string;
  /** Codes by which the library refuses at this step. */
  readonly codes: readonly SigncryptionErrorCode[];
}

/** In the order in which the library checks; the first that fails ends it. */
const STEPS: readonly Step[] = [
  {
    name: 'Structure',
    meaning: 'Version, counts and lengths stand in the header, and the bytes fit them to the last one.',
    codes: ['E_SIGMA_VERSION', 'E_SIGMA_MALFORMED'],
  },
  { name: 'Suite', meaning: 'It uses the cryptographic suite of these params.', codes: ['E_SIGMA_SUITE'] },
  {
    name: 'Context',
    meaning: 'It was sealed for this network, this key centre and these channels, and for no others.',
    codes: ['E_SIGMA_CONTEXT'],
  },
  {
    name: 'Ephemeral key',
    meaning: 'The value from which receivers derive their keys has its one spelling and is not degenerate.',
    codes: ['E_SIGMA_EPHEMERAL'],
  },
  {
    name: 'One-time key',
    meaning: 'The verification key is usable: of the right form and not of small order.',
    codes: ['E_SIGMA_KEY'],
  },
  {
    name: 'Entries',
    meaning: 'Locators ascend strictly: no entry stands twice, and their order says nothing of receivers.',
    codes: ['E_SIGMA_ORDER'],
  },
  {
    name: 'Credential',
    meaning: 'The key centre certified this one-time key for this epoch and class of senders.',
    codes: ['E_SIGMA_CERTIFICATE'],
  },
  {
    name: 'Signature',
    meaning: 'Whoever holds the one-time key sealed exactly these bytes; nothing was changed, added or left out since.',
    codes: ['E_SIGMA_SIGNATURE'],
  },
];

/** Public verification with the library's portable implementation, told step by step. */
export function reportSigma(params: Params, bytes: Uint8Array): SigmaReport {
  const started = performance.now();
  const verdict = verdictOf(params, bytes);
  const milliseconds = performance.now() - started;
  const refused = verdict instanceof SigncryptionError;
  const facts = factsOf(bytes);
  return {
    kind: 'sigma',
    holds: !refused,
    id: toHex(refused ? sigmaId(portablePrimitives, bytes) : verdict.id),
    bytes: bytes.length,
    ...(facts && { facts }),
    checks: checksOf(refused ? verdict : undefined),
    milliseconds,
  };
}

function verdictOf(params: Params, bytes: Uint8Array): VerifiedSigma | SigncryptionError {
  try {
    return verifySigma(portablePrimitives, params, bytes);
  } catch (error) {
    if (error instanceof SigncryptionError) return error;
    throw error;
  }
}

function checksOf(refusal: SigncryptionError | undefined): Check[] {
  const failedAt = refusal ? STEPS.findIndex(({ codes }) => codes.includes(refusal.code)) : STEPS.length;
  if (refusal && failedAt < 0) throw refusal;
  return STEPS.map(({ name, meaning }, index) => {
    if (index < failedAt) return { name, meaning, result: 'holds' };
    if (index > failedAt || !refusal) {
      return { name, meaning, result: 'unchecked', detail: 'not reached: a check before it fails' };
    }
    return { name, meaning, result: 'fails', code: refusal.code, detail: refusal.message };
  });
}

function factsOf(bytes: Uint8Array): SigmaFacts | undefined {
  try {
    const { header } = decodeSigma(bytes);
    const { version, suite, limitsVersion, epoch, senderClass, notAfter, entryCount, entryLength } = header;
    const { ephemeral, oneTimeKey, certificate, commitment } = header;
    return {
      version,
      suite,
      limitsVersion,
      epoch,
      senderClass,
      notAfter,
      entryCount,
      entryLength,
      ephemeral: toHex(ephemeral),
      oneTimeKey: toHex(oneTimeKey),
      certificate: toHex(certificate),
      commitment: toHex(commitment),
    };
  } catch (error) {
    if (error instanceof SigncryptionError) return undefined;
    throw error;
  }
}
