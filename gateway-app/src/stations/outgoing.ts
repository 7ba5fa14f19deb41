import { pause } from '../common/abort';
import type { Payload } from '../station';

/** A message a station has to deliver. */
export interface Outgoing {
  readonly action: string;
  readonly payload: Payload;
}

export interface OutgoingParts {
  readonly kept: readonly Outgoing[];
  /** Makes the queue outlive the station's process: each message before it is sent. */
  readonly save: () => Promise<void>;
  /** @throws if the CSMS gave no answer, or an error */
  readonly call: (action: string, payload: Payload) => Promise<unknown>;
  /** Resolves when there is a connection, or when the station stops. */
  readonly online: () => Promise<void>;
  readonly stopping: AbortSignal;
}

const RETRY_MS = 500;

/** What a station tells its CSMS, in order, each message until it is acknowledged. */
export class OutgoingQueue {
  readonly #parts: OutgoingParts;
  readonly #queue: Outgoing[];
  #saved: Promise<void> = Promise.resolve();
  #running: Promise<void> | undefined;

  constructor(parts: OutgoingParts) {
    this.#parts = parts;
    this.#queue = [...parts.kept];
  }

  get waiting(): readonly Outgoing[] {
    return this.#queue;
  }

  /** Whether a message of this transaction, or of any, is still to be delivered. */
  holds(transactionId?: string): boolean {
    return this.#queue.some(({ action, payload }) => {
      const info = payload['transactionInfo'] as { transactionId?: string } | undefined;
      return action === 'TransactionEvent' && (transactionId === undefined || info?.transactionId === transactionId);
    });
  }

  push(action: string, payload: Payload): void {
    this.#queue.push({ action, payload });
    this.#saved = this.#parts.save();
    this.flush();
  }

  flush(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#queue.length > 0 && !this.#parts.stopping.aborted) this.flush();
    });
  }

  async stopped(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    const { save, call, online, stopping } = this.#parts;
    for (;;) {
      const [first] = this.#queue;
      if (first === undefined) return;
      await this.#saved;
      await online();
      if (stopping.aborted) return;
      try {
        await call(first.action, first.payload);
        this.#queue.shift();
        await save();
      } catch {
        await pause(RETRY_MS, stopping);
      }
    }
  }
}
