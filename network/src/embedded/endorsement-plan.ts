import { status } from '@grpc/grpc-js';
import { type peer } from '@hyperledger/fabric-protos';

import { type Endorsement, type Endorser, isEndorsed } from './endorser';
import { type NodeFailure, RpcError } from './rpc-error';

export interface Collected {
  readonly responsePayload: Uint8Array;
  readonly endorsements: readonly peer.Endorsement[];
}

/** An organisation that may be asked. */
export interface Candidate {
  readonly endorser: Endorser;
  ask(): Promise<Endorsement>;
}

const NOT_ENOUGH = 'failed to collect enough transaction endorsements, see attached details for more info';
const FIRST_FAILED = 'failed to endorse transaction, see attached details for more info';
const MISMATCH = 'ProposalResponsePayloads do not match';

/**
 * Endorsements of `quorum` organisations that agree with the first one, which speaks for the client's side. As on Fabric, no
 * more are asked than are needed, all at once; the others only where one fails or disagrees.
 * @throws RpcError ABORTED naming each organisation that failed or disagreed
 */
export async function collectAgreeing(candidates: readonly Candidate[], quorum: number): Promise<Collected> {
  const [first, ...others] = candidates as readonly [Candidate, ...Candidate[]];
  const collection = new Collection(quorum);
  const begun = first.ask();
  const round = asked(others.splice(0, quorum - 1));
  const answer = await begun;
  if (!isEndorsed(answer)) throw new RpcError(status.ABORTED, FIRST_FAILED, [failure(first.endorser, answer.message)]);
  collection.add(first.endorser, answer);
  await collection.addAll(round);
  return collection.complete(others);
}

/** Endorsements of all organisations. @throws RpcError ABORTED naming each one that failed or disagreed */
export async function collectAll(candidates: readonly Candidate[]): Promise<Collected> {
  const collection = new Collection(candidates.length);
  await collection.addAll(asked(candidates));
  return collection.collected();
}

interface Asked {
  readonly endorser: Endorser;
  readonly answer: Promise<Endorsement>;
}

const asked = (candidates: readonly Candidate[]): readonly Asked[] =>
  candidates.map((candidate) => ({ endorser: candidate.endorser, answer: candidate.ask() }));

class Collection {
  readonly #quorum: number;
  readonly #endorsements: peer.Endorsement[] = [];
  readonly #failures: NodeFailure[] = [];
  #payload: Uint8Array | undefined;

  constructor(quorum: number) {
    this.#quorum = quorum;
  }

  add(endorser: Endorser, answer: Endorsement): void {
    if (!isEndorsed(answer)) {
      this.#failures.push(failure(endorser, answer.message));
      return;
    }
    this.#payload ??= answer.payload;
    if (Buffer.compare(this.#payload, answer.payload) === 0) this.#endorsements.push(answer.endorsement);
    else this.#failures.push(failure(endorser, MISMATCH));
  }

  async addAll(round: readonly Asked[]): Promise<void> {
    for (const { endorser, answer } of round) this.add(endorser, await answer);
  }

  /** In rounds of as many as are missing, until the quorum is reached or out of reach; all that fail are named. */
  async complete(others: Candidate[]): Promise<Collected> {
    for (let missing = this.#missing; missing > 0 && missing <= others.length; missing = this.#missing) {
      await this.addAll(asked(others.splice(0, missing)));
    }
    return this.collected();
  }

  /** @throws RpcError ABORTED where endorsements are missing */
  collected(): Collected {
    if (!this.#payload || this.#missing > 0) throw new RpcError(status.ABORTED, NOT_ENOUGH, this.#failures);
    return { responsePayload: this.#payload, endorsements: this.#endorsements };
  }

  get #missing(): number {
    return this.#quorum - this.#endorsements.length;
  }
}

export function failure({ address, mspId }: Endorser, message: string): NodeFailure {
  return { address, mspId, message };
}
