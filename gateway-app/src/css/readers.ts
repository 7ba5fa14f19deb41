import { type Reader } from '../consortium';
import { type Channel } from '../ledger/port';
import { type ChainItem, type Peer } from '../rpc';

interface Seen {
  readonly role: string;
  readonly name: string;
  readonly taken: Partial<Record<Channel, number>>;
  open: number;
  /** Unix milliseconds. */
  at: number;
}

/** Who reads the chains from this gateway, and how far each has come. */
export class Readers {
  readonly #gateway: string;
  readonly #height: (channel: Channel) => number;
  readonly #now: () => number;
  readonly #seen = new Map<string, Seen>();

  /** @param now Unix milliseconds */
  constructor(gateway: string, height: (channel: Channel) => number, now: () => number) {
    this.#gateway = gateway;
    this.#height = height;
    this.#now = now;
  }

  /**
   * What is streamed to a reader, passed on unchanged.
   * @param fromBlock the first it asks for: those before it has taken, maybe from another gateway
   */
  async *follow(
    { role, name }: Peer,
    channel: Channel,
    fromBlock: number,
    items: AsyncIterable<ChainItem>,
  ): AsyncGenerator<ChainItem> {
    const key = `${role} ${name}`;
    const seen = this.#seen.get(key) ?? { role, name, taken: {}, open: 0, at: this.#now() };
    this.#seen.set(key, seen);
    seen.open += 1;
    if (fromBlock > 0) seen.taken[channel] = Math.max(fromBlock - 1, seen.taken[channel] ?? 0);
    try {
      for await (const item of items) {
        yield item;
        if (!item.lastOfBlock) continue;
        seen.taken[channel] = Math.max(item.block, seen.taken[channel] ?? 0);
        seen.at = this.#now();
      }
    } finally {
      seen.open -= 1;
    }
  }

  list(): Reader[] {
    return [...this.#seen.values()]
      .map(({ role, name, taken, open, at }) => ({
        role,
        name,
        gateway: this.#gateway,
        connected: open > 0,
        seenAt: new Date(at).toISOString(),
        certchainBlock: taken.certchain ?? null,
        datachainBlock: taken.datachain ?? null,
        behind: Math.max(0, this.#height('datachain') - 1 - (taken.datachain ?? -1)),
      }))
      .sort((a, b) => (`${a.role} ${a.name}` < `${b.role} ${b.name}` ? -1 : 1));
  }
}
