/** Whatever ends what is measured: a suite that overruns, or is interrupted, leaves no network running behind it. */
interface Ending {
  close?(): Promise<void>;
  stop?(): Promise<void>;
}

type Make = (...args: readonly unknown[]) => Promise<unknown>;

/** The suite was ended before it had measured everything. */
export class EndedError extends Error {
  readonly code = 'E_BENCH_ENDED';
}

export class OpenSubjects {
  readonly #open = new Set<() => Promise<void>>();
  /** Being made; what comes of it is ended at once when the rest is. */
  readonly #making = new Set<Promise<unknown>>();
  #ended = false;

  /** The same factories, wherever they stand in it; what they make is known here until it is closed. */
  tracking<T>(brought: T): T {
    if (typeof brought === 'function') return this.#tracked(brought as unknown as Make) as T;
    if (Array.isArray(brought)) return brought.map((each: unknown) => this.tracking(each)) as T;
    if (typeof brought !== 'object' || brought === null) return brought;
    return Object.fromEntries(Object.entries(brought).map(([name, value]) => [name, this.tracking(value)])) as T;
  }

  /** Closes what is open, and what is still being made once it is; what is made later is refused. */
  async end(): Promise<void> {
    this.#ended = true;
    const closing = [...this.#open].map((close) => close());
    await Promise.allSettled([...closing, ...this.#making]);
  }

  #tracked(make: Make): Make {
    return async (...args) => {
      if (this.#ended) throw new EndedError('the benchmark was ended');
      const made = this.#make(make, args);
      this.#making.add(made);
      try {
        return await made;
      } finally {
        this.#making.delete(made);
      }
    };
  }

  async #make(make: Make, args: readonly unknown[]): Promise<unknown> {
    const subject = (await make(...args)) as Ending | undefined;
    const name = subject?.close ? 'close' : 'stop';
    const end = subject?.[name]?.bind(subject);
    if (!subject || !end) return subject;
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => (closing ??= end().finally(() => this.#open.delete(close)));
    Object.assign(subject, { [name]: close });
    this.#open.add(close);
    if (!this.#ended) return subject;
    await close();
    throw new EndedError('the benchmark was ended');
  }
}
