import { Backoff } from '../common/abort';
import { codeOf, messageOf } from '../common/errors';
import type { Logger } from '../common/log';
import type { Channel, Ledger, SubmitResult, Transaction } from '../ledger';

/** What became of one item of a submission. */
export type ItemOutcome =
  | { readonly status: 'committed'; readonly transactionId: string }
  | { readonly status: 'refused'; readonly code: string; readonly message: string };

/** What the endorsers answered for one item, before ordering. */
export interface EndorsedOutcome {
  readonly status: 'committed' | 'refused';
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}

/** One kind of gathered transaction: how it is made, read, and what is done with each item's end. */
export interface Submission<T> {
  readonly channel: Channel;
  transaction(items: readonly T[]): Transaction;
  /** The endorsers' answer for each item, in order. @throws if the result has another form */
  outcomes(result: Uint8Array, items: readonly T[]): readonly EndorsedOutcome[];
  /** True if the item needs no submission any more, e.g. another relay's copy was seen committed. */
  settled(item: T): boolean;
  /** Durable before it resolves, and `settled` from then on. Called once an item. */
  settle(item: T, outcome: ItemOutcome): Promise<void>;
}

/** The state changed under the submission: worth another endorsement at once. */
const CONFLICTS = new Set(['E_MVCC', 'E_ENDORSEMENT_MISMATCH']);

/** The endorsers write all of a submission or none: an item that may stand comes again without those that may not. */
const MIXED = 'E_SUBMISSION_MIXED';

/** Nothing is wrong with the items: the same submission may succeed later. */
const TRANSIENT = new Set([
  'E_LEDGER_UNAVAILABLE',
  'E_LEDGER_TIMEOUT',
  'E_LEDGER_REFUSED',
  'E_LEDGER_IDENTITY',
  'E_LEDGER_PROFILE',
  'E_SUBMIT',
  'E_COMMIT_UNKNOWN',
  'E_TRANSACTION_INVALID',
  'E_BLOCK_MALFORMED',
  'E_NOT_INITIALISED',
  'E_SLOT_STALE',
  'E_INTERNAL',
]);

/**
 * Takes gathered items to the ledger and stays with them until each is committed or refused: endorse, drop what the
 * endorsers refuse, order the rest, which σ have to be endorsed for anew. A conflict (another relay's transaction changed what was read) is endorsed anew without
 * what is committed by now; an unavailable ledger is waited for. A transaction the chaincode refuses as a whole is halved, so
 * that one item cannot hold up its neighbours.
 */
export class Relay<T> {
  readonly #ledger: Pick<Ledger, 'endorse'>;
  readonly #submission: Submission<T>;
  readonly #log: Logger;
  readonly #backoff: () => Backoff;
  readonly #stopping: AbortSignal;

  constructor(
    ledger: Pick<Ledger, 'endorse'>,
    submission: Submission<T>,
    options: { readonly log: Logger; readonly stopping: AbortSignal; readonly backoff?: () => Backoff },
  ) {
    this.#ledger = ledger;
    this.#submission = submission;
    this.#log = options.log;
    this.#backoff = options.backoff ?? (() => new Backoff());
    this.#stopping = options.stopping;
  }

  /** Resolves when every item is settled, or early when stopping: what is unsettled is the caller's, on disk. */
  async submit(items: readonly T[]): Promise<void> {
    const backoff = this.#backoff();
    while (!this.#stopping.aborted) {
      const pending = items.filter((item) => !this.#submission.settled(item));
      if (pending.length === 0) return;
      const answer = await this.#attempt(pending);
      const failure = answer instanceof Error ? answer : await this.#settle(answer);
      if (!failure) continue;
      const code = codeOf(failure);
      if (answer === failure && code !== undefined && !CONFLICTS.has(code) && !TRANSIENT.has(code)) {
        return this.#refusedWhole(pending, code, failure);
      }
      this.#log.warn({ err: failure, items: pending.length }, 'submission tried again');
      if (code !== undefined && CONFLICTS.has(code)) backoff.reset();
      await backoff.wait(this.#stopping);
    }
  }

  /** @returns the ends of those that have one; who is held back for another's sake has none yet */
  async #attempt(items: readonly T[]): Promise<readonly (readonly [T, ItemOutcome])[] | Error> {
    try {
      const endorsed = await this.#ledger.endorse(this.#submission.channel, this.#submission.transaction(items));
      const answers = this.#submission.outcomes(endorsed.result, items);
      const ordered = answers.some(({ status }) => status === 'committed') ? await endorsed.submit() : undefined;
      const ends = items.map((item, i) => [item, outcomeOf(answers[i], ordered)] as const);
      const settled = ends.filter(([, outcome]) => outcome.status === 'committed' || outcome.code !== MIXED);
      return settled.length > 0 ? settled : new Error('the endorsers hold back every item and refuse none');
    } catch (error) {
      return asError(error);
    }
  }

  /** A failure leaves some unsettled; asking the ledger anew is harmless, for it knows what it has. */
  async #settle(outcomes: readonly (readonly [T, ItemOutcome])[]): Promise<Error | undefined> {
    try {
      await Promise.all(outcomes.map(([item, outcome]) => this.#submission.settle(item, outcome)));
      return undefined;
    } catch (error) {
      return asError(error);
    }
  }

  async #refusedWhole(items: readonly T[], code: string, error: unknown): Promise<void> {
    const [only] = items;
    if (items.length === 1 && only !== undefined) {
      const failure = await this.#settle([[only, { status: 'refused', code, message: messageOf(error) }]]);
      if (failure) this.#log.error({ err: failure }, 'a refusal could not be stored');
      return;
    }
    this.#log.warn({ err: error, items: items.length }, 'submission refused as a whole: halved');
    const middle = items.length >> 1;
    await this.submit(items.slice(0, middle));
    await this.submit(items.slice(middle));
  }
}

function outcomeOf(answer: EndorsedOutcome | undefined, ordered: SubmitResult | undefined): ItemOutcome {
  if (answer?.status === 'committed' && ordered) {
    return { status: 'committed', transactionId: ordered.transactionId };
  }
  return {
    status: 'refused',
    code: answer?.code ?? 'E_CHAINCODE',
    message: answer?.message ?? 'the endorsers gave no outcome for this item',
  };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
