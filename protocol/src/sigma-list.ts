/**
 * σ of one submission as one argument: (u32le length ‖ σ)*. An argument stands in the envelope once and under every
 * endorsement, for endorsers sign a hash of it; what a chaincode writes or announces travels back from each endorser besides.
 */
import { concat, u32 } from '@chargecast/signcryption/bytes';
import { ProtocolError } from './errors';

export const MAX_SIGMAS = 64;
export const MAX_SUBMISSION_BYTES = 4 * 1024 * 1024;

const LENGTH_BYTES = 4;

export function encodeSigmaList(sigmas: readonly Uint8Array[]): Uint8Array {
  return concat(...sigmas.flatMap((sigma) => [u32(sigma.length), sigma]));
}

/**
 * Views into `bytes`, in order.
 * @throws ProtocolError `E_SIGMA_LIST`, `E_TOO_MANY`, `E_TOO_LARGE`
 */
export function decodeSigmaList(bytes: Uint8Array): Uint8Array[] {
  const sigmas: Uint8Array[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length;) {
    const start = at + LENGTH_BYTES;
    const end = start <= bytes.length ? start + view.getUint32(at, true) : Infinity;
    if (end > bytes.length) throw malformed();
    if (sigmas.length === MAX_SIGMAS) {
      throw new ProtocolError('E_TOO_MANY', `a submission holds at most ${MAX_SIGMAS} σ; send the rest in another`);
    }
    sigmas.push(bytes.subarray(start, end));
    at = end;
  }
  if (sigmas.length === 0) throw malformed();
  if (bytes.length - sigmas.length * LENGTH_BYTES > MAX_SUBMISSION_BYTES) {
    throw new ProtocolError('E_TOO_LARGE', `a submission holds at most ${MAX_SUBMISSION_BYTES} bytes; send fewer σ`);
  }
  return sigmas;
}

const malformed = (): ProtocolError =>
  new ProtocolError('E_SIGMA_LIST', 'the argument is one or more σ, each behind its length in four bytes');
