import { AuthenticationError, insistOn } from './errors';

/** How many handshakes may be half open at once: in all, and of one connection's peer. */
export interface HalfOpenLimits {
  readonly total: number;
  readonly perPeer: number;
}

/** Counts handshakes that have cost this side something and proven nothing yet. */
export class HalfOpen {
  readonly #limits: HalfOpenLimits;
  readonly #ofPeer = new Map<string, number>();
  #total = 0;

  constructor(limits: HalfOpenLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#total;
  }

  /**
   * @param peer as its connection proves it
   * @returns ends the count, once
   * @throws AuthenticationError E_AUTH_BUSY
   */
  enter(peer: string): () => void {
    const own = this.#ofPeer.get(peer) ?? 0;
    const room = this.#total < this.#limits.total && own < this.#limits.perPeer;
    insistOn(room, 'E_AUTH_BUSY', 'as many handshakes are half open as may be: try again shortly');
    this.#total += 1;
    this.#ofPeer.set(peer, own + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#total -= 1;
      const rest = (this.#ofPeer.get(peer) ?? 1) - 1;
      if (rest === 0) this.#ofPeer.delete(peer);
      else this.#ofPeer.set(peer, rest);
    };
  }
}

/** A token bucket for each peer. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #nowMs: () => number;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(perSecond: number, burst: number, nowMs: () => number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#nowMs = nowMs;
  }

  /** @throws AuthenticationError E_AUTH_BUSY */
  take(peer: string): void {
    const now = this.#nowMs();
    const { tokens, at } = this.#buckets.get(peer) ?? { tokens: this.#burst, at: now };
    const filled = Math.min(this.#burst, tokens + ((now - at) / 1000) * this.#perSecond);
    this.#buckets.set(peer, { tokens: Math.max(0, filled - 1), at: now });
    if (filled < 1)
      throw new AuthenticationError('E_AUTH_BUSY', 'more handshakes a second than may be: try again shortly');
  }
}

/** What was judged once is not judged again. Bounded: when it is full, nothing new is taken until the oldest are over. */
export class ReplayCache {
  readonly #maximum: number;
  /** Unix seconds from which an entry may be forgotten, in the order of insertion, which is the order of time. */
  readonly #until = new Map<string, number>();

  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  get size(): number {
    return this.#until.size;
  }

  /** @throws AuthenticationError E_AUTH_REPLAY, E_AUTH_BUSY */
  first(id: string, until: number, now: number): void {
    for (const [old, over] of this.#until) {
      if (over > now) break;
      this.#until.delete(old);
    }
    insistOn(!this.#until.has(id), 'E_AUTH_REPLAY', 'this handshake was judged already: begin a new one');
    insistOn(this.#until.size < this.#maximum, 'E_AUTH_BUSY', 'too many handshakes of late: try again shortly');
    this.#until.set(id, until);
  }
}
