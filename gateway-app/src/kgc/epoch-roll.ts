import { type Authority, type Epochs, type EpochsItem, governanceStatement } from '@chargecast/protocol';

import { CodedError } from '../common/errors';
import { type ReplicaView } from '../replica';
import { type GovernanceStep } from '../rpc';
import { type ConsentParts, gatherConsent } from './consent';
import { type Issuance } from './issuance';
import { steps } from './steps';

export interface EpochRollParts extends ConsentParts {
  readonly issuance: Pick<Issuance, 'govern'>;
  readonly replica: Pick<ReplicaView, 'epochs' | 'limits'>;
  /** Unix seconds. */
  readonly now: () => number;
}

/**
 * Opens the next epoch. Both are accepted for `overlap` seconds: in these every holder enrols anew and every session
 * moves; afterwards nothing of the old epoch opens, for its keys are erased.
 * @throws CodedError E_EPOCH_OVERLAP; what {@link gatherConsent} throws
 */
export function rollEpoch(parts: EpochRollParts, overlap: number, signal: AbortSignal): AsyncIterable<GovernanceStep> {
  return steps(async (tell) => {
    const { maxTtl } = parts.replica.limits();
    if (!Number.isSafeInteger(overlap) || overlap < maxTtl) {
      const text = `messages live up to ${maxTtl} s: both epochs must be accepted for at least so long`;
      throw new CodedError('E_EPOCH_OVERLAP', text);
    }
    const { version } = parts.replica.epochs();
    const body = nextEpochs(parts.replica.epochs(), parts.now(), overlap);
    const item = { kind: 'epochs', version: version + 1, body } as const;
    const signature = await parts.issuance.govern(governanceStatement(item));
    const authority: Authority[] = [{ by: 'kgc', signature }];
    const at = { kind: item.kind, subject: String(body.current) };
    await gatherConsent<EpochsItem>(parts, item, authority, signal, (consent) => tell(at, consent));
    tell(at);
  });
}

/** The current epoch closes after the overlap, those closing already stay as announced, closed ones go. */
export function nextEpochs(
  { current, schedule }: Pick<ReturnType<ReplicaView['epochs']>, 'current' | 'schedule'>,
  now: number,
  overlap: number,
): Epochs {
  const open = schedule.filter(({ closeAt }) => closeAt === undefined || closeAt >= now);
  const closing = open.map(({ epoch, closeAt }) => ({ epoch, closeAt: closeAt ?? now + overlap }));
  return { current: current + 1, accepted: [...closing, { epoch: current + 1 }] };
}
