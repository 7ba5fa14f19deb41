import { type Identity, type MemberKind } from './identities';
import { type ChannelOptions, type OrganisationOptions } from './options';

/** Fabric's channel policies of these names; `Endorsement` is a majority of the members with a peer. */
export type AccessPolicy = 'Readers' | 'Writers';

const KINDS: Readonly<Record<AccessPolicy, readonly MemberKind[]>> = {
  Readers: ['admin', 'peer', 'client'],
  Writers: ['admin', 'client'],
};

/** Who may do what on one channel. */
export class ChannelPolicies {
  /** MSP ids of the members. */
  readonly members: readonly string[];
  /** MSP ids of the members that endorse. */
  readonly endorsers: readonly string[];
  /** Distinct organisations whose endorsement a transaction needs. */
  readonly quorum: number;
  readonly #readOnly: ReadonlySet<string>;

  constructor(channel: ChannelOptions, organisations: readonly OrganisationOptions[]) {
    const all = organisations.map(({ mspId }) => mspId);
    this.members = channel.members ?? all;
    this.endorsers = organisations
      .filter(({ mspId, peer }) => peer !== undefined && this.members.includes(mspId))
      .map(({ mspId }) => mspId);
    this.quorum = Math.floor(this.endorsers.length / 2) + 1;
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
    const admitted = policy === 'Writers' ? this.mayWrite(identity.mspId) : this.isMember(identity.mspId);
    return admitted && KINDS[policy].includes(identity.kind);
  }

  /** @param identities whose signatures over the endorsement were verified */
  isEndorsed(identities: readonly Identity[]): boolean {
    const peers = identities.filter(({ kind, fault }) => kind === 'peer' && fault === undefined);
    const organisations = new Set(peers.map(({ mspId }) => mspId));
    return this.endorsers.filter((mspId) => organisations.has(mspId)).length >= this.quorum;
  }
}
