import { Backoff } from '../common/abort';
import { CodedError } from '../common/errors';
import type { Logger } from '../common/log';
import { Queue } from '../common/queue';
import type { Client, Watch, Watched } from '../rpc';

/** Why a plugged-in vehicle must go: its provider's word, or too long without any. */
export type Withdrawal = 'withdrawn' | 'unwatched';

export interface AdmissionWatchParts {
  readonly esp: Pick<Client<'Esp'>, 'watch'>;
  /** Milliseconds without a sign of life after which nobody is taken for admitted any more. */
  readonly graceMs: number;
  readonly log: Logger;
  readonly stopping: AbortSignal;
}

const LOOK_MS = 1_000;

/** A station's line to its provider, kept open: who is plugged in goes up, who must go comes down. */
export class AdmissionWatch {
  readonly #parts: AdmissionWatchParts;
  readonly #plugged = new Map<string, (why: Withdrawal) => void>();
  readonly #running: Promise<void>;
  readonly #timer: NodeJS.Timeout;
  #outgoing = new Queue<Watched>();
  #providerKey: Uint8Array | undefined;
  #heardAt = Date.now();

  constructor(parts: AdmissionWatchParts) {
    this.#parts = parts;
    this.#running = this.#run();
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** The provider's current encryption key, signed. @throws CodedError E_PROVIDER_SILENT if it was never reached */
  get providerKey(): Uint8Array {
    if (this.#providerKey) return this.#providerKey;
    throw new CodedError('E_PROVIDER_SILENT', 'the station has not reached its provider yet: try again later');
  }

  get size(): number {
    return this.#plugged.size;
  }

  /**
   * Watches an admission.
   * @param gone called at most once
   * @returns ends the watching
   */
  add(ticket: Uint8Array, gone: (why: Withdrawal) => void): () => void {
    const key = text(ticket);
    this.#plugged.set(key, gone);
    this.#outgoing.push({ plugged: [ticket], unplugged: [] });
    return () => {
      if (this.#plugged.delete(key)) this.#outgoing.push({ plugged: [], unplugged: [ticket] });
    };
  }

  /** Call it when `stopping` has aborted. */
  async stopped(): Promise<void> {
    clearInterval(this.#timer);
    this.#outgoing.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { esp, log, stopping } = this.#parts;
    const backoff = new Backoff(100, 2_000);
    while (!stopping.aborted) {
      this.#outgoing = new Queue<Watched>();
      const plugged = [...this.#plugged.keys()].map((ticket) => Buffer.from(ticket, 'latin1'));
      this.#outgoing.push({ plugged, unplugged: [] });
      try {
        for await (const heard of esp.watch(this.#outgoing, { signal: stopping })) {
          this.#hear(heard);
          backoff.reset();
        }
      } catch (error) {
        if (!stopping.aborted) log.info({ err: error }, 'the provider is gone: connecting again');
      }
      await backoff.wait(stopping);
    }
  }

  #hear({ encryptionKey, withdrawn }: Watch): void {
    this.#heardAt = Date.now();
    if (encryptionKey.length > 0) this.#providerKey = Uint8Array.from(encryptionKey);
    for (const ticket of withdrawn) this.#end(text(ticket), 'withdrawn');
  }

  #look(): void {
    if (Date.now() - this.#heardAt <= this.#parts.graceMs) return;
    for (const ticket of [...this.#plugged.keys()]) this.#end(ticket, 'unwatched');
  }

  #end(ticket: string, why: Withdrawal): void {
    const gone = this.#plugged.get(ticket);
    this.#plugged.delete(ticket);
    gone?.(why);
  }
}

const text = (ticket: Uint8Array): string => Buffer.from(ticket).toString('latin1');
