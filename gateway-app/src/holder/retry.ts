import { Backoff } from '../common/abort';
import { CodedError, codeOf } from '../common/errors';
import { RpcError } from '../rpc';

/** Refusals that time mends by itself: the other side starts, catches up, or gets its ledger back. */
const MENDED_BY_TIME = new Set([
  'E_LEDGER_UNAVAILABLE',
  'E_LEDGER_TIMEOUT',
  'E_COMMIT_UNKNOWN',
  'E_SUBMIT',
  'E_MVCC',
  'E_REPLICA_EMPTY',
  'E_NOT_INITIALISED',
  'E_RECORD_NOT_COUNTED',
  'E_PROVIDER_UNKNOWN',
  'E_APPROVALS_MISSING',
  'E_ACKS_TOO_FEW',
  'E_CSS_FULL',
  'E_SLOT_STALE',
]);

export function isPassing(error: unknown): boolean {
  if (error instanceof RpcError && error.transient) return true;
  return isPassingCode(codeOf(error) ?? '');
}

export const isPassingCode = (code: string): boolean => MENDED_BY_TIME.has(code);

export interface Patience {
  readonly signal: AbortSignal;
  /** Unix milliseconds. */
  readonly until: number;
}

/**
 * Repeats `work` with growing waits while it fails for a passing reason.
 * @throws its error when that is not passing or patience ends; CodedError E_CANCELLED when the signal aborts
 */
export async function insist<T>(work: () => Promise<T>, { signal, until }: Patience): Promise<T> {
  const backoff = new Backoff(50, 1000);
  for (;;) {
    if (signal.aborted) throw new CodedError('E_CANCELLED', 'given up because the process is stopping');
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error) || Date.now() >= until) throw error;
      await backoff.wait(signal);
    }
  }
}
