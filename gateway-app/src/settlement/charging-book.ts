import {
  type ChargingRecordEntry,
  chargingStatement,
  chargingTransaction,
  type MeterReading,
  signLedgerStatement,
  subjectCommitment,
  vehicleCommitment,
} from '@chargecast/protocol';
import { type Params, toHex } from '@chargecast/signcryption';

import { pause, untilAborted } from '../common/abort';
import { CodedError } from '../common/errors';
import type { Logger } from '../common/log';
import { Outbox } from '../common/outbox';
import { SIGNING_ENV } from '../common/signing-env';
import { type Holder, isPassing, isPassingCode } from '../holder';
import type { Actuator, Order } from '../opening';
import type { Outcome } from '../rpc';
import { type Batch, fromJson, getJson, type Store, toJson } from '../store';
import type { GroupCommit } from '../store/group-commit';
import { condensed, ordered } from './meter-course';
import type { TransactionNews, TransactionSource } from './transaction-source';

export interface ChargingBookParts {
  /** A sub-store of its own; `writes` of the same database. */
  readonly store: Store;
  readonly writes: GroupCommit;
  readonly source: TransactionSource;
  readonly params: Params;
  readonly pile: (name: string) => Pick<Holder, 'key'>;
  /** Whose session is open here: f of the vehicle and the commitment to its certificate, hex. */
  readonly chargedOf: (session: string) => Charged | undefined;
  /** Hands records to a gateway; an outcome each. */
  readonly send: (entries: readonly string[], signal: AbortSignal) => Promise<readonly Outcome[]>;
  readonly log: Logger;
  readonly stopping: AbortSignal;
}

interface Charged {
  readonly vehicle: string;
  readonly commitment: string;
}

/** What a start command says of the transaction to come; kept before the station hears of it. */
interface Note extends Charged {
  readonly session: string;
  readonly terms?: string;
}

/** A transaction whose events are not all there yet. */
interface Open {
  readonly seen: number;
  /** seqNo of the event that ended it. */
  readonly last?: number;
  readonly readings: readonly MeterReading[];
  readonly startedAt?: number;
  readonly endedAt?: number;
}

const PLACE = 'place';
const TOGETHER = 64;
const RETRY_MS = 1_000;
const TERMS = /^[0-9a-f]{64}$/;

/**
 * From a station's events to the charging record on the data chain: a transaction whose events are complete becomes one
 * record under the pile's signature, written in the same batch as the place in the events, and is sent until a gateway
 * has committed it. A crash anywhere repeats a sending, which the ledger takes for the same record.
 */
export class ChargingBook {
  readonly #parts: ChargingBookParts;
  readonly #notes: Store;
  readonly #open: Store;
  readonly #sessions: Store;
  readonly #places: Store;
  readonly #refused: Store;
  readonly #outbox: Outbox<ChargingRecordEntry>;
  readonly #running: Promise<void>;
  #recorded = 0;

  private constructor(parts: ChargingBookParts, outbox: Outbox<ChargingRecordEntry>) {
    const { store } = parts;
    this.#parts = parts;
    this.#outbox = outbox;
    this.#notes = store.sub('notes', { hiddenKeys: true });
    this.#open = store.sub('open', { hiddenKeys: true });
    this.#sessions = store.sub('sessions', { hiddenKeys: true });
    this.#places = store.sub('places');
    this.#refused = store.sub('refused');
    this.#running = this.#run();
  }

  /** Goes on where a former process was. */
  static async open(parts: ChargingBookParts): Promise<ChargingBook> {
    const { store, log, stopping } = parts;
    const refused = store.sub('refused');
    const outbox = await Outbox.open<ChargingRecordEntry>(store.sub('outbox'), {
      send: (entries) => deliver(parts, refused, entries),
      together: TOGETHER,
      isPassing,
      log,
      stopping,
    });
    return new ChargingBook(parts, outbox);
  }

  /** Records made since the start, and those not taken by a gateway yet. */
  get counts(): { readonly recorded: number; readonly waiting: number } {
    return { recorded: this.#recorded, waiting: this.#outbox.waiting };
  }

  /** Records the ledger refused for good, and why: nothing is charged for them until somebody has looked. */
  async *refused(): AsyncGenerator<{ readonly entry: ChargingRecordEntry; readonly code: string }> {
    for await (const { value } of this.#refused.entries()) yield fromJson(value);
  }

  /** Every event up to here has become part of a record, or of a transaction that is kept until it is one. */
  async place(): Promise<string> {
    return (await getJson<string>(this.#places, PLACE)) ?? '';
  }

  /** What a station's transaction is called on the data chain; undefined if it is not recorded, or not yet. */
  async recordedAs(session: string, transactionId: string): Promise<string | undefined> {
    const index = ((await getJson<readonly string[]>(this.#sessions, session)) ?? []).indexOf(transactionId);
    return index < 0 ? undefined : chargingTransaction(session, index);
  }

  /** The actuator, with what a start command says kept before it is carried out. */
  noting(actuator: Actuator): Actuator {
    return {
      act: async (order) => {
        const note = this.#noteOf(order);
        if (note) {
          await this.#parts.writes.commit((batch) => batch.put(this.#notes, noteKey(order), toJson(note)));
        }
        return actuator.act(order);
      },
    };
  }

  /** To be called when `stopping` has aborted. */
  async stopped(): Promise<void> {
    await Promise.all([this.#running, this.#outbox.stopped()]);
  }

  #noteOf({ action, session, payload }: Order): Note | undefined {
    if (action !== 'RequestStartTransaction' || session === undefined) return undefined;
    const charged = this.#parts.chargedOf(session);
    if (!charged) return undefined;
    const { vehicle, commitment } = charged;
    const terms = (payload['customData'] as { readonly terms?: unknown } | undefined)?.terms;
    return { session, vehicle, commitment, ...(typeof terms === 'string' && TERMS.test(terms) ? { terms } : {}) };
  }

  async #run(): Promise<void> {
    const { source, stopping, log } = this.#parts;
    while (!stopping.aborted) {
      try {
        const changed = source.changed();
        const news = await source.after(await this.place());
        if (news.length === 0) await untilAborted(changed, stopping);
        else await this.#take(news);
      } catch (error) {
        log.error({ err: error }, 'transactions are read again');
        await pause(RETRY_MS, stopping);
      }
    }
  }

  async #take(news: readonly TransactionNews[]): Promise<void> {
    const open = new Map<string, Open>();
    const sessions = new Map<string, readonly string[]>();
    const entries: ChargingRecordEntry[] = [];
    const closed = new Set<string>();
    for (const each of news) {
      const key = `${each.pile} ${each.transactionId}`;
      const before = open.get(key) ?? (await getJson<Open>(this.#open, key)) ?? { seen: 0, readings: [] };
      const after = withNews(before, each);
      open.set(key, after);
      if (after.last === undefined || after.seen <= after.last) continue;
      closed.add(key);
      const entry = await this.#record(each, after, sessions);
      if (entry) entries.push(entry);
    }
    const prepared = entries.map((entry) => this.#outbox.prepare(entry));
    await this.#parts.writes.commit((batch) => {
      for (const [key, state] of open) {
        if (closed.has(key)) batch.del(this.#open, key);
        else batch.put(this.#open, key, toJson(state));
      }
      for (const [session, transactions] of sessions) batch.put(this.#sessions, session, toJson(transactions));
      for (const { write } of prepared) write(batch);
      this.#advance(news, batch);
    });
    this.#recorded += entries.length;
    for (const { ticket } of prepared) void this.#outbox.release(ticket);
  }

  #advance(news: readonly TransactionNews[], batch: Batch): void {
    const last = news.at(-1);
    if (last) batch.put(this.#places, PLACE, toJson(last.position));
  }

  /** Undefined for energy no command of a session asked for: it is nobody's to pay. */
  async #record(
    { pile, transactionId }: TransactionNews,
    course: Open,
    sessions: Map<string, readonly string[]>,
  ): Promise<ChargingRecordEntry | undefined> {
    const { source, params, log } = this.#parts;
    const start = await source.startOf(pile, transactionId);
    const note = start && (await getJson<Note>(this.#notes, noteKey(start)));
    if (!note) {
      log.warn('a transaction began without a session: it is not recorded');
      return undefined;
    }
    const { session, vehicle, commitment, terms } = note;
    const known = sessions.get(session) ?? (await getJson<readonly string[]>(this.#sessions, session)) ?? [];
    const index = known.length;
    sessions.set(session, [...known, transactionId]);
    const { key } = this.#parts.pile(pile);
    const record = {
      transaction: chargingTransaction(session, index),
      meter: toHex(key.record.f),
      vehicle: vehicleCommitment({ vehicle, session, index }),
      subject: subjectCommitment({ certificate: commitment, session, index }),
      ...(terms === undefined ? {} : { terms }),
      readings: readingsOf(course),
    };
    return { ...record, signature: signLedgerStatement(SIGNING_ENV, params, key.q, chargingStatement(record)) };
  }
}

function withNews(open: Open, { seqNo, at, isStart, isEnd, readings }: TransactionNews): Open {
  return {
    ...open,
    seen: open.seen + 1,
    ...(isStart ? { startedAt: at } : {}),
    ...(isEnd ? { endedAt: at, last: seqNo } : {}),
    readings: condensed(ordered([...open.readings, ...readings])),
  };
}

/** The course from start to end: where the meter was not read at one of them, the reading next to it stands for it. */
function readingsOf({ readings, startedAt = Infinity, endedAt = 0 }: Open): MeterReading[] {
  const first = readings[0] ?? { at: startedAt, importWh: 0, exportWh: 0 };
  const last = readings.at(-1) ?? first;
  const start = { ...first, at: Math.min(first.at, startedAt, endedAt) };
  const end = { ...last, at: Math.max(last.at, endedAt) };
  const whole = ordered([start, ...readings.slice(1), end]);
  return whole.length > 1 ? condensed(whole) : [start, end];
}

const noteKey = ({ sender, commandId }: Pick<Order, 'sender' | 'commandId'>): string => `${sender} ${commandId}`;

/** @throws CodedError with the code of a refusal that time mends: all are sent again */
async function deliver(
  { send, log, stopping }: ChargingBookParts,
  refused: Store,
  entries: readonly ChargingRecordEntry[],
): Promise<void> {
  const outcomes = await send(
    entries.map((entry) => JSON.stringify(entry)),
    stopping,
  );
  const final = entries.flatMap((entry, i) => {
    const outcome = outcomes[i];
    return outcome?.status === 'refused' && !isPassingCode(outcome.code) ? [{ entry, code: outcome.code }] : [];
  });
  if (final.length > 0) {
    log.error({ codes: final.map(({ code }) => code) }, 'the ledger refused charging records: they are kept apart');
    const batch = refused.batch();
    for (const each of final) batch.put(refused, each.entry.transaction, toJson(each));
    await batch.commit();
  }
  const passing = outcomes.find(({ status, code }) => status === 'refused' && isPassingCode(code));
  if (outcomes.length !== entries.length || passing) {
    throw new CodedError(passing?.code ?? 'E_LEDGER_UNAVAILABLE', 'charging records are sent again');
  }
}
