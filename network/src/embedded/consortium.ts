import { type ChaincodeLink } from './chaincode-link';
import { type Channel } from './channel';
import { type Endorsement, type Endorser } from './endorser';
import { type Identities } from './identities';
import { type BlockOptions, type LimitOptions, type Log } from './options';
import { type AccessPolicy } from './policies';
import { accessDenied, ProposalCheck, type ProposalRefusal } from './proposal-check';
import { type Proposal } from './proposal';
import { type StateSnapshot } from './store';

/** A chaincode as every organisation runs it. */
export interface Chaincode {
  readonly name: string;
  readonly version: string;
  /** By MSP id. */
  readonly links: ReadonlyMap<string, ChaincodeLink>;
}

export interface ConsortiumParts {
  readonly identities: Identities;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly endorsers: ReadonlyMap<string, Endorser>;
  readonly chaincodes: ReadonlyMap<string, Chaincode>;
  readonly blocks: BlockOptions;
  readonly limits: LimitOptions;
  readonly log: Log;
}

/** The virtual organisations and what they share; the services in front of it answer clients. */
export class Consortium {
  readonly identities: Identities;
  readonly blocks: BlockOptions;
  readonly limits: LimitOptions;
  readonly log: Log;
  readonly #channels: ReadonlyMap<string, Channel>;
  readonly #endorsers: ReadonlyMap<string, Endorser>;
  readonly #chaincodes: ReadonlyMap<string, Chaincode>;
  readonly #check: ProposalCheck;

  constructor({ identities, channels, endorsers, chaincodes, blocks, limits, log }: ConsortiumParts) {
    this.identities = identities;
    this.blocks = blocks;
    this.limits = limits;
    this.log = log;
    this.#channels = channels;
    this.#endorsers = endorsers;
    this.#chaincodes = chaincodes;
    this.#check = new ProposalCheck(identities, limits.authenticationWindow);
  }

  channel(name: string): Channel | undefined {
    return this.#channels.get(name);
  }

  /** The organisation's endorser; every gateway belongs to an organisation with one. */
  endorser(mspId: string): Endorser {
    const endorser = this.#endorsers.get(mspId);
    if (!endorser) throw new RangeError(`${mspId} has no peer`);
    return endorser;
  }

  /** Organisations that execute a chaincode on a channel, `preferred` first; none where it is not defined there. */
  endorsersFor(channel: string, chaincode: string, preferred: string): readonly Endorser[] {
    const found = this.#channels.get(channel);
    if (!found?.chaincodes.includes(chaincode)) return [];
    const { endorsers } = found.policies;
    const ordered = endorsers.includes(preferred)
      ? [preferred, ...endorsers.filter((mspId) => mspId !== preferred)]
      : endorsers;
    return ordered.map((mspId) => this.endorser(mspId));
  }

  refusal(proposal: Proposal): ProposalRefusal | undefined {
    const channel = this.channel(proposal.channelId);
    if (!channel) return { stage: 'precondition', message: `channel '${proposal.channelId}' not found` };
    return this.#check.refusal(proposal, channel, Date.now());
  }

  execute(endorser: Endorser, proposal: Proposal, snapshot: StateSnapshot): Promise<Endorsement> {
    const chaincode = this.#chaincodes.get(proposal.chaincodeName);
    const link = chaincode?.links.get(endorser.mspId);
    if (!chaincode || !link) throw new RangeError(`${proposal.chaincodeName} is not run by ${endorser.mspId}`);
    return endorser.process(proposal, chaincode.version, link, snapshot);
  }

  /** @returns undefined if the signed data come from one who may, else Fabric's text of the refusal */
  denies(
    channelName: string,
    policy: AccessPolicy,
    signed: { readonly data: Uint8Array; readonly identity: Uint8Array; readonly signature: Uint8Array },
  ): string | undefined {
    const channel = this.channel(channelName);
    if (!channel) return `Failed to get policy manager for channel [${channelName}]`;
    const identity = this.identities.find(signed.identity);
    const current = identity && !identity.isExpired(Date.now());
    const signer = current && identity.verify(signed.data, signed.signature) ? identity : undefined;
    const refusal = channel.policies.refuses(signer, policy);
    return refusal && accessDenied(channelName, policy, refusal);
  }
}
