import { Backoff, pause } from '../common/abort';
import { codeOf } from '../common/errors';
import { KeyedLock } from '../common/keyed-lock';
import type { Logger } from '../common/log';
import { checkCommand } from '../ocpp';
import type { Batch } from '../store';
import type { Act, Actuator } from './actuator';
import type { DoneEffect, Effect, EffectJournal, OpenedEntry } from './effect-journal';

export interface EffectParts {
  readonly journal: EffectJournal;
  readonly actuator: Actuator;
  /** Adds what is owed to the sender for a finished command to the batch that makes it done, or that it comes again with. */
  readonly owe: (effect: DoneEffect, batch: Batch) => void;
  /** Called when that batch is on disk. */
  readonly owed: (effect: DoneEffect) => void;
  /** Called once a command, when it is done. */
  readonly finished: (effect: DoneEffect) => void;
  readonly log: Logger;
  readonly stopping: AbortSignal;
}

/** What waits for a lull waits no longer than this, milliseconds. */
const LULL_MS = 500;

/** Carries opened commands from pending to done, one at a time for each pile or gateway. */
export class Effects {
  readonly #parts: EffectParts;
  readonly #units = new KeyedLock();
  readonly #running = new Set<Promise<void>>();
  #lull: Promise<void> | undefined;

  constructor(parts: EffectParts) {
    this.#parts = parts;
  }

  /** Finishes what a former process left pending. */
  async resume(): Promise<void> {
    for (const effect of await this.#parts.journal.pending()) this.#start(effect);
  }

  /** Resolves when the entry's commands are on disk as pending; acting on them has begun. */
  async accept(entry: OpenedEntry, more: (batch: Batch) => void): Promise<void> {
    const { journal, log, owe, owed } = this.#parts;
    const { pending, repeated, duplicates } = await journal.record(entry, (batch, again) => {
      more(batch);
      for (const effect of again) owe(effect, batch);
    });
    if (duplicates > 0) log.info({ sigma: entry.sigmaId, duplicates }, 'known commands left alone');
    for (const effect of repeated) this.#tell(owed, effect);
    for (const effect of pending) this.#start(effect);
  }

  /** Waits until nothing is being acted upon. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Resolves when no command is being carried out, or after a moment: what commands should not wait for waits here. */
  lull(): Promise<void> {
    const over = new AbortController();
    this.#lull ??= Promise.race([this.settled(), pause(LULL_MS, over.signal)]).finally(() => {
      over.abort();
      this.#lull = undefined;
    });
    return this.#lull;
  }

  #start(effect: Effect): void {
    const run = this.#carryOut(effect).finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  /** A pile that does not answer keeps a command pending, and its other commands do not wait for it. */
  async #carryOut(effect: Effect): Promise<void> {
    const { log, stopping } = this.#parts;
    const backoff = new Backoff(100, 30_000);
    while (!stopping.aborted) {
      try {
        const done = await this.#units.run(effect.order.unit, () => this.#once(effect));
        this.#tell(this.#parts.owed, done);
        this.#tell(this.#parts.finished, done);
        return;
      } catch (error) {
        log.warn({ err: error, sigma: effect.sigmaId }, 'a command stays pending: tried again');
        await backoff.wait(stopping);
      }
    }
  }

  async #once(effect: Effect): Promise<DoneEffect> {
    const { journal, log, owe } = this.#parts;
    const act = await this.#act(effect);
    const done = await journal.finish(effect, act, (batch, finished) => owe(finished, batch));
    log.info({ sigma: effect.sigmaId, outcome: act.outcome, code: act.code }, 'command carried out');
    return done;
  }

  /** What is done stays done, whoever cannot be told. */
  #tell(whom: (effect: DoneEffect) => void, done: DoneEffect): void {
    try {
      whom(done);
    } catch (error) {
      this.#parts.log.error({ err: error, sigma: done.sigmaId }, 'nobody was told that a command is done');
    }
  }

  async #act({ order }: Effect): Promise<Act> {
    try {
      checkCommand(order.kind, order.action, order.payload);
    } catch (error) {
      return { outcome: 'refused', code: codeOf(error) ?? 'E_OCPP_SCHEMA' };
    }
    return this.#parts.actuator.act(order);
  }
}
