import { type Identity } from './identities';
import {
  type ChaincodeOptions,
  type ChannelOptions,
  type EndorsementPolicy,
  type OrganisationOptions,
} from './options';

/** Fabric's channel policies of these names. */
export type AccessPolicy = 'Readers' | 'Writers';

/** Who may do what on one channel: as in the channels of the Fabric network, any member of an organisation. */
export class ChannelPolicies {
  /** MSP ids of the members. */
  readonly members: readonly string[];
  /** MSP ids of the members that endorse. */
  readonly endorsers: readonly string[];
  /** The channel's policy `Endorsement`, for chaincodes without one of their own: a majority of the members with a peer. */
  readonly endorsement: EndorsementPolicy;
  readonly #ofChaincodes: ReadonlyMap<string, EndorsementPolicy>;
  readonly #readOnly: ReadonlySet<string>;

  constructor(
    channel: ChannelOptions,
    organisations: readonly OrganisationOptions[],
    chaincodes: readonly Pick<ChaincodeOptions, 'name' | 'endorsement'>[],
  ) {
    const all = organisations.map(({ mspId }) => mspId);
    this.members = channel.members ?? all;
    this.endorsers = organisations
      .filter(({ mspId, peer }) => peer !== undefined && this.members.includes(mspId))
      .map(({ mspId }) => mspId);
    this.endorsement = { organisations: this.endorsers, quorum: Math.floor(this.endorsers.length / 2) + 1 };
    this.#ofChaincodes = new Map(
      chaincodes.flatMap(({ name, endorsement }): [string, EndorsementPolicy][] =>
        endorsement ? [[name, endorsement]] : [],
      ),
    );
    this.#readOnly = new Set(channel.readOnlyMembers ?? []);
  }

  isMember(mspId: string): boolean {
    return this.members.includes(mspId);
  }

  mayWrite(mspId: string): boolean {
    return this.isMember(mspId) && !this.#readOnly.has(mspId);
  }

  /** @returns undefined if satisfied, else Fabric's text of the refusal */
  refuses(identity: Identity | undefined, policy: AccessPolicy): string | undefined {
    return identity && this.#satisfies(identity, policy)
      ? undefined
      : `implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the '${policy}' sub-policies to be satisfied`;
  }

  #satisfies(identity: Identity, policy: AccessPolicy): boolean {
    if (identity.fault !== undefined || identity.kind === undefined) return false;
    return policy === 'Writers' ? this.mayWrite(identity.mspId) : this.isMember(identity.mspId);
  }

  endorsementOf(chaincode: string): EndorsementPolicy {
    return this.#ofChaincodes.get(chaincode) ?? this.endorsement;
  }

  /** @param identities whose signatures over the endorsement were verified */
  isEndorsed(chaincode: string, identities: readonly Identity[]): boolean {
    const { organisations, quorum } = this.endorsementOf(chaincode);
    const peers = identities.filter(({ kind, fault }) => kind === 'peer' && fault === undefined);
    const signed = new Set(peers.map(({ mspId }) => mspId));
    return organisations.filter((mspId) => this.isMember(mspId) && signed.has(mspId)).length >= quorum;
  }
}
