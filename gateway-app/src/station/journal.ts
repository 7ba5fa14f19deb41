import { KeyedLock } from '../common/keyed-lock';
import { type Batch, fromJson, getJson, orderedKey, type Store, toJson } from '../store';
import type { GroupCommit } from '../store/group-commit';
import { commandNumber } from './identifiers';
import type { KeptMessage, Payload, TransactionEventRequest } from './messages';
import { hasSeen, newTransaction, type StationTransaction, type TransactionOrigin, withEvent } from './transaction';

/** One message of a station, as kept. */
export interface StationEvent {
  /** Place in the journal: text order is order of arrival. */
  readonly position: string;
  /** Name of the pile. */
  readonly pile: string;
  /** Unix milliseconds, by this process's clock. */
  readonly receivedAt: number;
  readonly message: KeptMessage;
  /** Has passed the standard's schema; of a TransactionEvent see {@link TransactionEventRequest}. */
  readonly payload: Payload;
}

/** Before every event. */
export const JOURNAL_START = '';

/**
 * What stations have told, each message on disk before the station hears that it was taken: a station keeps what was not
 * acknowledged and sends it again, so nothing is lost, and an event that comes twice is kept once, by its seqNo.
 */
export class StationJournal {
  readonly #events: Store;
  readonly #transactions: Store;
  readonly #origins: Store;
  readonly #sessions: Store;
  readonly #writes: GroupCommit;
  readonly #now: () => number;
  readonly #piles = new KeyedLock();
  readonly #changed: (() => void)[] = [];
  #next: bigint;
  #repeated = 0;

  private constructor(store: Store, writes: GroupCommit, now: () => number, next: bigint) {
    this.#events = store.sub('events');
    this.#transactions = store.sub('transactions', { hiddenKeys: true });
    this.#origins = store.sub('origins', { hiddenKeys: true });
    this.#sessions = store.sub('sessions', { hiddenKeys: true });
    this.#writes = writes;
    this.#now = now;
    this.#next = next;
  }

  /** @param store a sub-store of its own; `writes` of the same database; `now` in Unix milliseconds */
  static async open(store: Store, writes: GroupCommit, now: () => number = Date.now): Promise<StationJournal> {
    let next = 0n;
    for await (const { key } of store.sub('events').entries({ reverse: true, limit: 1 }))
      next = BigInt(`0x${key}`) + 1n;
    return new StationJournal(store, writes, now, next);
  }

  /** TransactionEvents that came again since the start. */
  get repeated(): number {
    return this.#repeated;
  }

  /** Resolves when the message is on disk. @returns the transaction as it is then, for a TransactionEvent */
  async record(pile: string, message: KeptMessage, payload: Payload): Promise<StationTransaction | undefined> {
    if (message !== 'TransactionEvent') {
      await this.#writes.commit((batch) => this.#append(batch, pile, message, payload));
      this.#wake();
      return undefined;
    }
    const event = payload as unknown as TransactionEventRequest;
    return this.#piles.run(pile, async () => {
      const { transactionId, remoteStartId } = event.transactionInfo;
      const before = (await this.transaction(pile, transactionId)) ?? newTransaction(pile, transactionId);
      if (hasSeen(before, event.seqNo)) {
        this.#repeated += 1;
        return before;
      }
      const origin = remoteStartId === undefined ? undefined : await this.#origin(pile, remoteStartId);
      const after = withEvent(before, event, origin);
      await this.#writes.commit((batch) => {
        this.#append(batch, pile, message, payload);
        batch.put(this.#transactions, transactionKey(pile, transactionId), toJson(after));
        if (origin !== undefined) {
          batch.put(this.#origins, startedKey(pile, origin.commandId), toJson(transactionId));
          if (origin.session) batch.put(this.#sessions, origin.session, toJson({ pile, transactionId }));
        }
      });
      this.#wake();
      return after;
    });
  }

  /** Events after a position, in order of arrival. */
  async after(position: string, limit = 256): Promise<StationEvent[]> {
    const events: StationEvent[] = [];
    for await (const { value } of this.#events.entries({ gt: position, limit })) events.push(fromJson(value));
    return events;
  }

  /** Resolves when an event is on disk that was not when this was called. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#changed.push(resolve));
  }

  transaction(pile: string, transactionId: string): Promise<StationTransaction | undefined> {
    return getJson<StationTransaction>(this.#transactions, transactionKey(pile, transactionId));
  }

  /** The newest transaction that began under a charging session. @param session hex */
  async ofSession(session: string): Promise<StationTransaction | undefined> {
    const place = await getJson<{ pile: string; transactionId: string }>(this.#sessions, session);
    return place && this.transaction(place.pile, place.transactionId);
  }

  /** The transaction a RequestStartTransaction command began, once its station told of it. */
  async startedBy(pile: string, commandId: string): Promise<StationTransaction | undefined> {
    const transactionId = await getJson<string>(this.#origins, startedKey(pile, commandId));
    return transactionId === undefined ? undefined : this.transaction(pile, transactionId);
  }

  /** Says, before a station is asked to start, on whose behalf: in the batch that says that it is asked. */
  expect(pile: string, remoteStartId: number, origin: TransactionOrigin, batch: Batch): void {
    batch.put(this.#origins, expectedKey(pile, remoteStartId), toJson(origin));
  }

  async *transactions(): AsyncGenerator<StationTransaction, void, undefined> {
    for await (const { value } of this.#transactions.entries()) yield fromJson<StationTransaction>(value);
  }

  /**
   * Forgets transactions, and of the events up to a position that every reader has passed those of no transaction kept;
   * the newest event stays, as the place to go on from. An event of a forgotten transaction that comes again is nobody's.
   */
  async prune(position: string, transactions: readonly StationTransaction[]): Promise<void> {
    const newest = orderedKey(this.#next - 1n);
    const gone = new Set(transactions.map(({ pile, transactionId }) => transactionKey(pile, transactionId)));
    const batch = this.#events.batch();
    for await (const { key, value } of this.#events.entries({ lte: position })) {
      const { pile, message, payload } = fromJson<StationEvent>(value);
      const of = message === 'TransactionEvent' ? transactionOf(pile, payload) : undefined;
      const isNeeded = of !== undefined && !gone.has(of) && (await this.#transactions.has(of));
      if (key !== newest && !isNeeded) batch.del(this.#events, key);
    }
    for (const each of transactions) await this.#forget(each, batch);
    if (batch.size > 0) await batch.commit();
  }

  async #forget({ pile, transactionId, origin }: StationTransaction, batch: Batch): Promise<void> {
    batch.del(this.#transactions, transactionKey(pile, transactionId));
    if (origin === undefined) return;
    const { commandId, sender, session } = origin;
    batch.del(this.#origins, startedKey(pile, commandId));
    batch.del(this.#origins, expectedKey(pile, commandNumber('start', sender, commandId)));
    const newest = session === undefined ? undefined : await this.ofSession(session);
    if (session !== undefined && newest?.transactionId === transactionId) batch.del(this.#sessions, session);
  }

  #origin(pile: string, remoteStartId: number): Promise<TransactionOrigin | undefined> {
    return getJson<TransactionOrigin>(this.#origins, expectedKey(pile, remoteStartId));
  }

  #append(batch: Batch, pile: string, message: KeptMessage, payload: Payload): void {
    const position = orderedKey(this.#next++);
    const event: StationEvent = { position, pile, receivedAt: this.#now(), message, payload };
    batch.put(this.#events, position, toJson(event));
  }

  #wake(): void {
    for (const resolve of this.#changed.splice(0)) resolve();
  }
}

const transactionKey = (pile: string, transactionId: string): string => `${pile} ${transactionId}`;
const transactionOf = (pile: string, payload: Payload): string =>
  transactionKey(pile, (payload as unknown as TransactionEventRequest).transactionInfo.transactionId);
const expectedKey = (pile: string, remoteStartId: number): string => `expected ${pile} ${remoteStartId}`;
const startedKey = (pile: string, commandId: string): string => `started ${pile} ${commandId}`;
