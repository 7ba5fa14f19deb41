import { pause } from '../common/abort';
import { type Logger } from '../common/log';
import { type Courier } from './courier';
import { type Outbox } from './outbox';
import { type Sealer } from './sealer';
import { type Sessions } from './sessions';

export interface DispatcherParts {
  readonly outbox: Outbox;
  readonly sessions: Sessions;
  readonly sealer: Sealer;
  readonly courier: Courier;
  readonly gatherMs: number;
  readonly settleMs: number;
  readonly logger: Logger;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Time-outs are looked at this often, milliseconds. */
const TICK = 500;

/** Drives the outbox: seals what can be sealed, sends what is sealed, gives up what is overdue. */
export class Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #stopping = new AbortController();
  #wake: (() => void) | undefined;
  #isWoken = false;
  /** Aborted when nothing more is to be gathered: something urgent lies in the outbox. */
  #urgent = new AbortController();
  #running: Promise<void> | undefined;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Something may be sealed now that could not before. */
  wake(): void {
    this.#isWoken = true;
    this.#wake?.();
  }

  /** As {@link wake}, but nothing more is gathered first. */
  wakeAtOnce(): void {
    this.#urgent.abort();
    this.wake();
  }

  /**
   * A vehicle's session changed: what is under way for another session can never be opened, and waits again, after a
   * moment in which a receipt may still arrive.
   * @param vehicle f, hex
   */
  async moved(vehicle: string): Promise<void> {
    await this.#detachStale(vehicle);
    this.wake();
  }

  /** Sessions may have changed while a σ was being sealed. @param receivers f of each, hex */
  async recheck(receivers: readonly string[]): Promise<void> {
    await Promise.all(receivers.map((receiver) => this.#detachStale(receiver)));
  }

  async #detachStale(receiver: string): Promise<void> {
    const { outbox, sessions, settleMs, now } = this.#parts;
    const current = sessions.of(receiver)?.session;
    const stale = outbox.underWayTo(receiver).filter(({ session }) => session !== '' && session !== current);
    if (stale.length === 0) return;
    const ids = stale.map(({ id }) => id);
    await outbox.detach(ids, current === undefined ? 'E_NOT_PLUGGED_IN' : 'E_SESSION_ENDED', now() + settleMs);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#urgent.abort();
    this.#wake?.();
    await this.#running;
    await this.#parts.courier.stop();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { sealer, courier, gatherMs, logger } = this.#parts;
    while (!signal.aborted) {
      const isWoken = await this.#wakeOrTick();
      if (isWoken && gatherMs > 0) await pause(gatherMs, this.#urgent.signal);
      if (signal.aborted) return;
      this.#isWoken = false;
      if (this.#urgent.signal.aborted) this.#urgent = new AbortController();
      try {
        await courier.watch();
        await sealer.run();
      } catch (error) {
        logger.warn({ err: error }, 'commands wait: they could not be sealed');
      }
      courier.send();
    }
  }

  /** @returns true if woken */
  async #wakeOrTick(): Promise<boolean> {
    if (this.#isWoken) return true;
    const woken = new AbortController();
    this.#wake = (): void => woken.abort();
    await pause(TICK, woken.signal);
    this.#wake = undefined;
    return this.#isWoken;
  }
}
