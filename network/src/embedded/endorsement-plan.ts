import { status } from '@grpc/grpc-js';
import { type peer } from '@hyperledger/fabric-protos';

import { type Endorsement, type Endorser, isEndorsed } from './endorser';
import { type NodeFailure, RpcError } from './rpc-error';

export interface Collected {
  readonly responsePayload: Uint8Array;
  readonly endorsements: readonly peer.Endorsement[];
}

export interface Asked {
  readonly endorser: Endorser;
  readonly answer: Promise<Endorsement>;
}

const NOT_ENOUGH = 'failed to collect enough transaction endorsements, see attached details for more info';
const FIRST_FAILED = 'failed to endorse transaction, see attached details for more info';
const MISMATCH = 'ProposalResponsePayloads do not match';

/**
 * Endorsements of `quorum` organisations that agree with the first one asked, which speaks for the client's side; the
 * others' answers count as they come.
 * @throws RpcError ABORTED naming each organisation that failed or disagreed
 */
export async function collectAgreeing(asked: readonly Asked[], quorum: number): Promise<Collected> {
  const [first, ...others] = asked as readonly [Asked, ...Asked[]];
  const answer = await first.answer;
  if (!isEndorsed(answer)) throw new RpcError(status.ABORTED, FIRST_FAILED, [failure(first.endorser, answer.message)]);
  const collection = new Collection(quorum);
  collection.add(first.endorser, answer);
  return collection.complete(others);
}

/** Endorsements of all organisations asked. @throws RpcError ABORTED naming each one that failed or disagreed */
export function collectAll(asked: readonly Asked[]): Promise<Collected> {
  return new Collection(asked.length).complete(asked);
}

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

  async complete(asked: readonly Asked[]): Promise<Collected> {
    const pending = new Map(
      asked.map(({ endorser, answer }) => [endorser, answer.then((result) => ({ endorser, result }))]),
    );
    while (this.#endorsements.length < this.#quorum && pending.size > 0) {
      const { endorser, result } = await Promise.race(pending.values());
      pending.delete(endorser);
      this.add(endorser, result);
    }
    if (!this.#payload || this.#endorsements.length < this.#quorum) {
      throw new RpcError(status.ABORTED, NOT_ENOUGH, this.#failures);
    }
    return { responsePayload: this.#payload, endorsements: this.#endorsements };
  }
}

export function failure({ address, mspId }: Endorser, message: string): NodeFailure {
  return { address, mspId, message };
}
