import { fromHex, type issuePartialKey, type pseudonym, toHex } from '@chargecast/signcryption';
import { CodedError } from '../common/errors';
import { type KeyedLock } from '../common/keyed-lock';
import { holderRoleCode, realIdentity } from '../holder';
import { type ReplicaView } from '../replica';
import { type EnrolReply, type EnrolRequest, type Peer } from '../rpc';
import { getJson, type Store, toJson } from '../store';
import { type BarredHolders } from './barred';
import { type Identities } from './identities';
import { type Issuance } from './issuance';

interface Answer {
  readonly realId: string;
  readonly epoch: number;
  readonly f: string;
  readonly R: string;
  readonly d: string;
}

export interface EnrolmentParts {
  readonly issuance: Pick<Issuance, 'pseudonym' | 'partialKey'>;
  readonly barred: Pick<BarredHolders, 'ensureAdmitted'>;
  readonly identities: Identities;
  /** A sub-store of its own. */
  readonly answers: Store;
  readonly replica: Pick<ReplicaView, 'params' | 'epochs' | 'record'>;
  readonly turns: KeyedLock;
}

/**
 * Enrolment (first paper 4.1). The real identity is what the caller's certificate says. R leaves only together with d
 * and only for an X that is fixed: the interface has no other way. A lost answer is given again for the same X; nothing
 * else is ever issued under a counter used before, and a counter the ledger knows is skipped, so that a database
 * restored from a copy issues nothing twice either.
 */
export class Enrolments {
  readonly #parts: EnrolmentParts;

  constructor(parts: EnrolmentParts) {
    this.#parts = parts;
  }

  /** @throws CodedError E_EPOCH, E_ENROL_REPEATED; SigncryptionError E_ENROL_REQUEST */
  async enrol({ epoch, x, pop, unit }: EnrolRequest, peer: Peer): Promise<EnrolReply> {
    const { replica, turns } = this.#parts;
    if (!replica.epochs().accepted.includes(epoch)) {
      throw new CodedError('E_EPOCH', `epoch ${epoch} is not accepted now; enrol for an accepted one`);
    }
    const role = holderRoleCode(peer.role);
    const realId = realIdentity(peer.role, peer.name, unit);
    const request = { realId, role, epoch, X: Uint8Array.from(x), pop: Uint8Array.from(pop) };
    await this.#parts.barred.ensureAdmitted(realId);
    const answer = await turns.run(realId, async () => (await this.#repeated(request)) ?? this.#issue(request));
    return { f: fromHex(answer.f), r: fromHex(answer.R), d: fromHex(answer.d) };
  }

  /** A partial key is kept only until it has surely arrived: the KGC holds no half of a key longer than it must. */
  async arrived(X: Uint8Array): Promise<void> {
    const { answers } = this.#parts;
    if (await answers.has(toHex(X))) await answers.del(toHex(X));
  }

  async #repeated({
    realId,
    epoch,
    X,
  }: Parameters<typeof pseudonym>[1] & { X: Uint8Array }): Promise<Answer | undefined> {
    const answer = await getJson<Answer>(this.#parts.answers, toHex(X));
    if (answer === undefined || (answer.realId === realId && answer.epoch === epoch)) return answer;
    throw new CodedError('E_ENROL_REPEATED', 'X was enrolled for another identity or epoch; draw a new secret');
  }

  async #issue(request: Parameters<typeof issuePartialKey>[2]): Promise<Answer> {
    const { issuance, identities, answers } = this.#parts;
    const { realId, role, epoch } = request;
    const counter = await this.#nextCounter(request);
    const identity = { role, realId, epoch };
    const issued = { add: (f: Uint8Array): Promise<boolean> => identities.reserve(f, identity, counter) };
    const partial = await issuance.partialKey(request, counter, issued);
    const { f, R, d } = partial;
    const answer: Answer = { realId, epoch, f: toHex(f), R: toHex(R), d: toHex(d.reveal()) };
    d.erase();
    await answers.put(toHex(request.X), toJson(answer));
    return answer;
  }

  /** @throws CodedError E_ENROL_REPEATED while an unrevoked record of this identity counts in the epoch */
  async #nextCounter(request: Parameters<typeof pseudonym>[1]): Promise<number> {
    const { issuance, identities, replica } = this.#parts;
    const { counter: first, f: newest } = await identities.enrolled(request.realId, request.epoch);
    await this.#ensureFree(newest);
    for (let counter = first; ; counter++) {
      const f = await issuance.pseudonym(request, counter);
      if ((await replica.record(f)) === undefined) return counter;
      // Known to the ledger and not here: the database is an older copy. f is the caller's own, so it is learnt again.
      await identities.reserve(f, request, counter);
      await this.#ensureFree(toHex(f));
    }
  }

  async #ensureFree(f: string): Promise<void> {
    const found = f === '' ? undefined : await this.#parts.replica.record(fromHex(f));
    if (found?.keys !== undefined && !found.revoked) {
      throw new CodedError(
        'E_ENROL_REPEATED',
        'this holder has a record that counts; have it revoked before enrolling anew',
      );
    }
  }
}
