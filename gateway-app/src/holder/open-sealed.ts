import {
  ensureWithinLimits,
  ownEntryKey,
  type RecordKeys,
  unsigncrypt,
  type Unsigncrypted,
  verifySigma,
} from '@chargecast/signcryption';
import { CodedError } from '../common/errors';
import { holderRoleCode } from './real-identity';
import { type Holder, type HolderReplica } from './types';

export interface OpenedMessage extends Unsigncrypted {
  /** Y: one message is taken once. */
  readonly oneTimeKey: Uint8Array;
  /** Unix seconds; nobody takes the σ any more afterwards. */
  readonly notAfter: number;
}

/**
 * Opens a σ that came directly, not through the ledger: a report or a receipt.
 * @param at the own clock, Unix seconds
 * @returns undefined if σ holds nothing for this holder
 * @throws SigncryptionError E_SIGMA_… for a σ nobody should take, E_OPEN; CodedError E_EPOCH
 */
export async function openSealed(
  holder: Pick<Holder, 'role' | 'keyOf'>,
  replica: HolderReplica,
  sigma: Uint8Array,
  at: number,
): Promise<OpenedMessage | undefined> {
  const { params } = replica;
  const limits = replica.limits();
  const verified = verifySigma(params, sigma);
  ensureWithinLimits(verified, limits, at);
  const { epoch, oneTimeKey, notAfter } = verified.header;
  const key = holder.keyOf(epoch);
  if (key === undefined) throw new CodedError('E_EPOCH', `epoch ${epoch} is not accepted now; seal in the current one`);
  const opened = await unsigncrypt({
    params,
    limits,
    verified,
    receiver: { f: key.record.f, role: holderRoleCode(holder.role) },
    entryKey: ownEntryKey(params, key, verified.sigma.headerBytes),
    findSender: (f) => findSender(replica, f),
  });
  return opened === null ? undefined : { ...opened, oneTimeKey, notAfter };
}

/** What `unsigncrypt` asks of the local replica: a sender's keys if its record counts. */
export async function findSender(
  replica: Pick<HolderReplica, 'record'>,
  f: Uint8Array,
): Promise<{ readonly keys: RecordKeys; readonly counts: true; readonly revoked: boolean } | undefined> {
  const found = await replica.record(f);
  return found?.keys && { keys: found.keys, counts: true, revoked: found.revoked };
}
