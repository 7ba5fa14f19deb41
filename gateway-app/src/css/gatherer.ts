/** When a submission is closed and how many may be under way. */
export interface GathererLimits {
  readonly maxItems: number;
  /** Bytes of one submission; an item larger than this goes alone. */
  readonly maxBytes: number;
  /** Longest wait of an item while other submissions are in flight, in milliseconds. */
  readonly lingerMs: number;
  readonly maxInFlight: number;
}

/** A megabyte a transaction: what a transaction costs by itself is then small beside what its bytes cost. */
export const DEFAULT_GATHERER_LIMITS: GathererLimits = {
  maxItems: 32,
  maxBytes: 1024 * 1024,
  lingerMs: 50,
  maxInFlight: 2,
};

interface Queued<T> {
  readonly item: T;
  readonly bytes: number;
  readonly since: number;
}

/**
 * Gathers items into submissions. An idle gatherer sends what one turn of the event loop brought, so a lone item waits for
 * nothing; while submissions are in flight, items fill the next one until it is full or `lingerMs` old.
 */
export class Gatherer<T> {
  readonly #limits: GathererLimits;
  readonly #submit: (items: readonly T[]) => Promise<void>;
  readonly #now: () => number;
  #queue: Queued<T>[] = [];
  #queuedBytes = 0;
  #inFlight = 0;
  #wake: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #idle: (() => void)[] = [];

  /** @param submit settles its items itself; a rejection is a programming error and surfaces as an unhandled one */
  constructor(
    limits: GathererLimits,
    submit: (items: readonly T[]) => Promise<void>,
    now: () => number = () => performance.now(),
  ) {
    this.#limits = limits;
    this.#submit = submit;
    this.#now = now;
  }

  get queued(): number {
    return this.#queue.length;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  add(item: T, bytes: number): void {
    if (this.#stopped) return;
    this.#queue.push({ item, bytes, since: this.#now() });
    this.#queuedBytes += bytes;
    this.#wake ??= setImmediate(() => {
      this.#wake = undefined;
      this.#pump();
    });
  }

  /** Takes no more items, forgets the queued ones (they are the caller's, on disk) and waits for those in flight. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#queue = [];
    this.#queuedBytes = 0;
    clearImmediate(this.#wake);
    clearTimeout(this.#timer);
    if (this.#inFlight > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #pump(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#inFlight < this.#limits.maxInFlight && this.#ripe()) this.#send(this.#take());
    const oldest = this.#queue[0];
    if (oldest && this.#inFlight < this.#limits.maxInFlight) {
      this.#timer = setTimeout(() => this.#pump(), Math.max(1, oldest.since + this.#limits.lingerMs - this.#now()));
    }
  }

  #ripe(): boolean {
    const oldest = this.#queue[0];
    if (!oldest) return false;
    return (
      this.#inFlight === 0 ||
      this.#queue.length >= this.#limits.maxItems ||
      this.#queuedBytes >= this.#limits.maxBytes ||
      this.#now() - oldest.since >= this.#limits.lingerMs
    );
  }

  #take(): T[] {
    let bytes = 0;
    let count = 0;
    for (const queued of this.#queue) {
      if (count > 0 && (count >= this.#limits.maxItems || bytes + queued.bytes > this.#limits.maxBytes)) break;
      bytes += queued.bytes;
      count += 1;
    }
    this.#queuedBytes -= bytes;
    return this.#queue.splice(0, count).map((queued) => queued.item);
  }

  #send(items: readonly T[]): void {
    this.#inFlight += 1;
    void this.#submit(items).finally(() => {
      this.#inFlight -= 1;
      if (this.#inFlight === 0) for (const resolve of this.#idle.splice(0)) resolve();
      this.#pump();
    });
  }
}
