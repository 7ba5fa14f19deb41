import type { CommandMessage, StationAnswer } from '@chargecast/protocol';
import { toHex } from '@chargecast/signcryption';

import { KeyedLock } from '../common/keyed-lock';
import { type Batch, fromJson, getJson, type Store, toJson } from '../store';
import type { GroupCommit } from '../store/group-commit';
import type { Act, Order } from './actuator';

/** One command on its way to being done, as kept; ids and pseudo-identities in lower-case hex. */
export interface Effect {
  readonly state: 'pending' | 'done';
  readonly order: Order;
  /** Whose entry it stood in: the vehicle's f, or the pile's or gateway's own. */
  readonly receiver: string;
  /** f of the pile or gateway that answers for it. */
  readonly unitRecord: string;
  readonly senderRole: number;
  readonly sigmaId: string;
  readonly outcome?: Act['outcome'];
  readonly code?: string;
  readonly station?: StationAnswer;
}

export interface DoneEffect extends Effect {
  readonly state: 'done';
  readonly outcome: Act['outcome'];
}

/** An opened entry of one σ: all commands one receiver finds in it. */
export interface OpenedEntry {
  /** Y, 32 bytes. */
  readonly oneTimeKey: Uint8Array;
  /** The receiver's f, 16 bytes. */
  readonly receiver: Uint8Array;
  readonly sender: { readonly f: Uint8Array; readonly role: number };
  readonly unit: { readonly name: string; readonly f: Uint8Array };
  /** Charging session, 16 bytes; absent for a unit's own messages. */
  readonly session?: Uint8Array;
  readonly sigmaId: string;
  readonly commands: readonly CommandMessage[];
  /** Unix seconds. */
  readonly at: number;
}

export interface Recorded {
  /** To be acted upon now. */
  readonly pending: readonly Effect[];
  /** Done already and sealed once more, under the σ they came in now: their sender has heard no answer. */
  readonly repeated: readonly DoneEffect[];
  /** Commands left alone, known from another σ or from this one before. */
  readonly duplicates: number;
}

/**
 * Step 9 of unsigncrypt: (Y, f) and (f_S, f, command id) are stored as pending before anything is done, and as done with
 * what was done, each in one synced batch. What is there already is finished or left alone, so neither a crash, a replayed σ nor
 * a re-sealed twin acts twice.
 */
export class EffectJournal {
  readonly #writes: GroupCommit;
  readonly #entries: Store;
  readonly #commands: Store;
  readonly #pending: Store;
  readonly #lock = new KeyedLock();
  readonly #counts = { pending: 0, done: 0, refused: 0, duplicates: 0 };

  private constructor(store: Store, writes: GroupCommit) {
    this.#writes = writes;
    this.#entries = store.sub('entries', { hiddenKeys: true });
    this.#commands = store.sub('commands', { hiddenKeys: true });
    this.#pending = store.sub('pending', { hiddenKeys: true });
  }

  /** @param store a sub-store of its own; `writes` of the same database */
  static async open(store: Store, writes: GroupCommit): Promise<EffectJournal> {
    const journal = new EffectJournal(store, writes);
    for await (const { value } of journal.#commands.entries()) journal.#count(fromJson<Effect>(value));
    for await (const { value } of journal.#entries.entries()) {
      journal.#counts.duplicates += fromJson<{ duplicates: number }>(value).duplicates;
    }
    return journal;
  }

  /**
   * Over the database's whole life: commands not done yet, done, refused after opening; and known ones that came again in another
   * σ and were left alone.
   */
  get counts(): Readonly<Record<'pending' | 'done' | 'refused' | 'duplicates', number>> {
    return { ...this.#counts };
  }

  /**
   * Stores the entry's new commands as pending, with `more` in the same batch.
   * @param more e.g. the receiver's place in the chain, and answers to what is done already
   */
  record(entry: OpenedEntry, more: (batch: Batch, repeated: readonly DoneEffect[]) => void): Promise<Recorded> {
    return this.#lock.run(toHex(entry.receiver), async () => {
      const entryKey = `${toHex(entry.oneTimeKey)} ${toHex(entry.receiver)}`;
      const effects = entry.commands.map((command) => effectOf(entry, command));
      const known = await Promise.all(effects.map((effect) => getJson<Effect>(this.#commands, commandKey(effect))));
      const seen = await this.#entries.has(entryKey);
      const fresh = seen ? [] : effects.filter((_, i) => !known[i]);
      const repeated = seen ? [] : effects.flatMap((effect, i) => repeatedOf(effect, known[i]));
      const duplicates = effects.length - fresh.length;
      await this.#writes.commit((batch) => {
        more(batch, repeated);
        if (!seen) batch.put(this.#entries, entryKey, toJson({ sigma: entry.sigmaId, duplicates }));
        for (const effect of fresh) this.#put(batch, effect);
      });
      this.#counts.pending += fresh.length;
      this.#counts.duplicates += seen ? 0 : duplicates;
      return { pending: fresh, repeated, duplicates };
    });
  }

  /** Stores a command as done, with the act's own writes and `more` in the same batch. */
  async finish(effect: Effect, act: Act, more: (batch: Batch, done: DoneEffect) => void): Promise<DoneEffect> {
    const done: DoneEffect = {
      ...effect,
      state: 'done',
      outcome: act.outcome,
      ...(act.code === undefined ? {} : { code: act.code }),
      ...(act.station === undefined ? {} : { station: act.station }),
    };
    await this.#writes.commit((batch) => {
      act.writes?.(batch);
      more(batch, done);
      batch.put(this.#commands, commandKey(done), toJson(done)).del(this.#pending, commandKey(done));
    });
    this.#counts.pending -= 1;
    this.#count(done);
    return done;
  }

  /** What was pending when the process ended. */
  async pending(): Promise<Effect[]> {
    const effects: Effect[] = [];
    for await (const { key } of this.#pending.entries()) {
      const effect = await getJson<Effect>(this.#commands, key);
      if (effect?.state === 'pending') effects.push(effect);
    }
    return effects;
  }

  #count({ state, outcome }: Effect): void {
    if (state === 'pending') this.#counts.pending += 1;
    else this.#counts[outcome === 'done' ? 'done' : 'refused'] += 1;
  }

  #put(batch: Batch, effect: Effect): void {
    batch.put(this.#commands, commandKey(effect), toJson(effect));
    batch.put(this.#pending, commandKey(effect), new Uint8Array());
  }
}

function effectOf(entry: OpenedEntry, { commandId, kind, action, payload }: CommandMessage): Effect {
  return {
    state: 'pending',
    order: {
      unit: entry.unit.name,
      sender: toHex(entry.sender.f),
      commandId,
      kind: kind as Order['kind'],
      action,
      payload,
      ...(entry.session ? { session: toHex(entry.session) } : {}),
      at: entry.at,
    },
    receiver: toHex(entry.receiver),
    unitRecord: toHex(entry.unit.f),
    senderRole: entry.sender.role,
    sigmaId: entry.sigmaId,
  };
}

/** What was done then, to be answered for by whom it was sealed for now. */
function repeatedOf({ sigmaId, unitRecord }: Effect, known: Effect | undefined): DoneEffect[] {
  return known && isDone(known) ? [{ ...known, sigmaId, unitRecord }] : [];
}

const isDone = (effect: Effect): effect is DoneEffect => effect.state === 'done';

function commandKey({ order, receiver }: Effect): string {
  return `${order.sender} ${receiver} ${order.commandId}`;
}
