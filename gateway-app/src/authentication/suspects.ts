import type { Logger } from '../common/log';

const LOOK_MS = 1_000;

/**
 * Who was heard of as changed: looked at once at the word, and every second after, for a revocation may take effect later than it
 * comes.
 */
export class Suspects {
  readonly #look: (ids: ReadonlySet<string>) => Promise<void>;
  readonly #log: Logger;
  readonly #ids = new Set<string>();
  readonly #timer: NodeJS.Timeout;

  /** @param look is called with all of them, never twice at once */
  constructor(look: (ids: ReadonlySet<string>) => Promise<void>, log: Logger) {
    this.#look = look;
    this.#log = log;
    this.#timer = setInterval(() => this.#again(), LOOK_MS);
  }

  #looking: Promise<void> = Promise.resolve();

  add(ids: readonly string[]): void {
    if (ids.length === 0) return;
    for (const id of ids) this.#ids.add(id);
    this.#again();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#ids.clear();
    await this.#looking;
  }

  #again(): void {
    if (this.#ids.size === 0) return;
    const look = (): Promise<void> => this.#look(this.#ids);
    this.#looking = this.#looking.then(look).catch((error: unknown) => {
      this.#log.error({ err: error }, 'what changed on the chain could not be looked at');
    });
  }
}
