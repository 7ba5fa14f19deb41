import { common } from '@hyperledger/fabric-protos';

import { type Channel } from './channel';
import { type Identities } from './identities';
import { type Proposal, transactionId } from './proposal';

/**
 * Why a proposal is not executed. `unauthenticated`: refused before it was looked at, as Fabric's authentication
 * filters do; its gateway then takes the peer for unavailable. `precondition`: looked at and refused.
 */
export interface ProposalRefusal {
  readonly stage: 'unauthenticated' | 'precondition';
  readonly message: string;
}

const PROPOSAL_TYPES: readonly number[] = [common.HeaderType.ENDORSER_TRANSACTION, common.HeaderType.CONFIG];

/** Who may propose, checked once for all organisations: their answers could not differ. */
export class ProposalCheck {
  readonly #identities: Identities;
  readonly #window: number;

  /** @param window ms a proposal's timestamp may lie from the clock */
  constructor(identities: Identities, window: number) {
    this.#identities = identities;
    this.#window = window;
  }

  refusal(proposal: Proposal, channel: Channel, now: number): ProposalRefusal | undefined {
    const unauthenticated = this.#expiry(proposal, now) ?? timestampFault(proposal, now, this.#window);
    if (unauthenticated !== undefined) return { stage: 'unauthenticated', message: unauthenticated };
    const invalid = structureFault(proposal) ?? this.#creatorFault(proposal, channel);
    if (invalid !== undefined) return { stage: 'precondition', message: `error validating proposal: ${invalid}` };
    const refused = duplicate(proposal, channel) ?? this.#policyFault(proposal, channel);
    return refused === undefined ? undefined : { stage: 'precondition', message: refused };
  }

  #expiry({ creator }: Proposal, now: number): string | undefined {
    return this.#identities.find(creator)?.isExpired(now) ? 'proposal client identity expired' : undefined;
  }

  #creatorFault({ creator, signed, channelId }: Proposal, { policies }: Channel): string | undefined {
    const identity = this.#identities.find(creator);
    const denied = `access denied: channel [${channelId}]`;
    if (!identity?.certified || !policies.isMember(identity.mspId)) {
      return `${denied} creator org unknown, creator is malformed`;
    }
    return identity.verify(signed.getProposalBytes_asU8(), signed.getSignature_asU8())
      ? undefined
      : `${denied} creator org [${identity.mspId}]`;
  }

  #policyFault({ creator }: Proposal, { name, policies }: Channel): string | undefined {
    const refusal = policies.refuses(this.#identities.find(creator), 'Writers');
    return refusal && accessDenied(name, 'Writers', refusal);
  }
}

/** Fabric's text of a failed access check on a channel. */
export function accessDenied(channel: string, policy: string, reason: string): string {
  return `Failed evaluating policy on signed data during check policy on channel [${channel}] with policy [/Channel/Application/${policy}]: [${reason}]`;
}

/** @param header with a timestamp; one without is taken for 1970, as Fabric does */
export function timestampOf(header: common.ChannelHeader): number {
  const timestamp = header.getTimestamp();
  return timestamp ? timestamp.getSeconds() * 1000 + Math.floor(timestamp.getNanos() / 1e6) : 0;
}

function timestampFault({ channelHeader }: Proposal, now: number, window: number): string | undefined {
  const stamp = timestampOf(channelHeader);
  if (Math.abs(stamp - now) <= window) return undefined;
  return `request unauthorized due to incorrect timestamp ${seconds(stamp)}, peer time ${seconds(now)}, peer.authentication.timewindow ${duration(window)}`;
}

function structureFault({ channelHeader, nonce, creator, txId, signed }: Proposal): string | undefined {
  if (!PROPOSAL_TYPES.includes(channelHeader.getType())) return `invalid header type ${channelHeader.getType()}`;
  if (channelHeader.getEpoch() !== 0) return 'epoch is non-zero';
  if (nonce.length === 0) return 'nonce is empty';
  if (creator.length === 0) return 'creator is empty';
  const expected = transactionId(nonce, creator);
  if (txId !== expected) return `incorrectly computed txid '${txId}' -- expected '${expected}'`;
  return signed.getSignature_asU8().length === 0 ? 'empty signature bytes' : undefined;
}

function duplicate({ txId, creator }: Proposal, channel: Channel): string | undefined {
  if (!channel.transaction(txId)) return undefined;
  return `duplicate transaction found [${txId}]. Creator [${Buffer.from(creator).toString('hex')}]`;
}

/** RFC 3339 in UTC, to the second. */
function seconds(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** As Go prints a duration, e.g. `1m0s`. */
function duration(milliseconds: number): string {
  const total = milliseconds / 1000;
  const [hours, minutes, rest] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  if (hours > 0) return `${hours}h${minutes}m${rest}s`;
  return minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}
