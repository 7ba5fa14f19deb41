/** When a submission is closed and how many may be under way. */
export interface GathererLimits {
  readonly maxItems: number;
  /** Bytes of one submission; an item larger than this goes alone. */
  readonly maxBytes: number;
  /** Longest wait of an item while other submissions are in flight, in milliseconds, unless the ledger is under load. */
  readonly lingerMs: number;
  readonly maxInFlight: number;
}

/** Megabytes a transaction: what a transaction costs by itself is then small beside what its bytes cost. */
export const DEFAULT_GATHERER_LIMITS: GathererLimits = {
  maxItems: 32,
  maxBytes: 4 * 1024 * 1024,
  lingerMs: 50,
  maxInFlight: 2,
};

/** A submission that takes this many times the linger shows a ledger under load. */
const LOADED = 10;

/** One submission held up for long, by the loss of an orderer say, does not make the next items wait as long. */
const MAX_LINGER_MS = 2_000;

interface Queued<T> {
  readonly item: T;
  readonly bytes: number;
  readonly since: number;
}

/**
 * Gathers items into submissions. An idle gatherer sends what one turn of the event loop brought, so a lone item waits for
 * nothing; while submissions are in flight, items fill the next one until it is full or has waited long enough.
 */
export class Gatherer<T> {
  readonly #limits: GathererLimits;
  readonly #submit: (items: readonly T[]) => Promise<void>;
  readonly #now: () => number;
  #queue: Queued<T>[] = [];
  #queuedBytes = 0;
  #inFlight = 0;
  #lastTook = 0;
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
      this.#timer = setTimeout(() => this.#pump(), Math.max(1, oldest.since + this.#linger() - this.#now()));
    }
  }

  #ripe(): boolean {
    const oldest = this.#queue[0];
    if (!oldest) return false;
    return (
      this.#inFlight === 0 ||
      this.#queue.length >= this.#limits.maxItems ||
      this.#queuedBytes >= this.#limits.maxBytes ||
      this.#now() - oldest.since >= this.#linger()
    );
  }

  /** Under load, items wait for a submission in flight to land: fewer and fuller ones get more through. */
  #linger(): number {
    const { lingerMs } = this.#limits;
    return this.#lastTook > LOADED * lingerMs ? Math.min(this.#lastTook, MAX_LINGER_MS) : lingerMs;
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
    const sentAt = this.#now();
    void this.#submit(items).finally(() => {
      this.#inFlight -= 1;
      this.#lastTook = this.#now() - sentAt;
      if (this.#inFlight === 0) for (const resolve of this.#idle.splice(0)) resolve();
      this.#pump();
    });
  }
}
