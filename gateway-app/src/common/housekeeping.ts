import type { Logger } from './log';

/** Work done every so often, never twice at once. A run that fails is logged; the next comes in its time. */
export class Housekeeping {
  readonly #timer: NodeJS.Timeout;
  #run: Promise<void> | undefined;

  /** @param failed what the log says of a run that failed */
  constructor(everyMs: number, work: () => Promise<unknown>, log: Pick<Logger, 'warn'>, failed: string) {
    this.#timer = setInterval(() => {
      this.#run ??= work()
        .then(
          () => undefined,
          (error: unknown) => log.warn({ err: error }, failed),
        )
        .finally(() => (this.#run = undefined));
    }, everyMs);
  }

  /** Resolves when no run is under way and none will begin: what the work uses may then be closed. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#run;
  }
}
