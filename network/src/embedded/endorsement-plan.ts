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
export async function collectAll(asked: readonly Asked[]): Promise<Collected> {
  const collection = new Collection(asked.length);
  for (const { endorser, answer } of asked) collection.add(endorser, await answer);
  return collection.collected();
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

  /**
   * In rounds of as many as are missing, until the quorum is reached or out of reach: as on Fabric, where the peers of
   * one layout are asked at once and all that fail are named.
   */
  async complete(asked: readonly Asked[]): Promise<Collected> {
    const pending = new Map(
      asked.map(({ endorser, answer }) => [endorser, answer.then((result) => ({ endorser, result }))]),
    );
    for (let missing = this.#missing; missing > 0 && missing <= pending.size; missing = this.#missing) {
      for (let round = missing; round > 0; round--) {
        const { endorser, result } = await Promise.race(pending.values());
        pending.delete(endorser);
        this.add(endorser, result);
      }
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
