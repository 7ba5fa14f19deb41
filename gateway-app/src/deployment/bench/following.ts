import { join } from 'node:path';

import { createLogger } from '../../common/log';
import { ChainArchive } from '../../css/archive';
import {
  assembleItems,
  type BlockOptions,
  type BlockSource,
  type Channel,
  type LedgerBlock,
  type TrustBundle,
} from '../../ledger';
import { openReplica, type Replica } from '../../replica';
import { openStore, type Store } from '../../store';

/** Passes blocks on, and tells how long their reader took for each. */
class TimedSource implements BlockSource {
  readonly #source: BlockSource;
  readonly #took = new Map<bigint, number>();

  constructor(source: BlockSource) {
    this.#source = source;
  }

  async *blocks(channel: Channel, options: BlockOptions): AsyncGenerator<LedgerBlock> {
    for await (const block of this.#source.blocks(channel, options)) {
      const started = performance.now();
      try {
        yield block;
      } finally {
        if (channel === 'datachain') this.#took.set(block.number, performance.now() - started);
      }
    }
  }

  /** Milliseconds; told once. */
  take(block: bigint): number | undefined {
    const took = this.#took.get(block);
    this.#took.clear();
    return took;
  }
}

/** A replica in a database of its own, as a gateway or a pile keeps one, whose reading of blocks is timed. */
export abstract class Follower {
  readonly replica: Replica;
  readonly #source: TimedSource;
  readonly #store: Store;

  protected constructor(replica: Replica, source: TimedSource, store: Store) {
    this.replica = replica;
    this.#source = source;
    this.#store = store;
    replica.start();
  }

  /** Milliseconds for a block of the data chain, once the reader has come back for the next. */
  async appliedIn(block: bigint): Promise<number> {
    await this.replica.reached('datachain', block, AbortSignal.timeout(PATIENCE_MS));
    for (;;) {
      // The reader asks for the next block a few turns after it has told that this one is applied.
      await new Promise((resolve) => setImmediate(resolve));
      const took = this.#source.take(block);
      if (took !== undefined) return took;
    }
  }

  async close(): Promise<void> {
    await this.replica.stop();
    await this.#store.close();
  }
}

const PATIENCE_MS = 600_000;
const CHANNELS = ['certchain', 'datachain'] as const;

/** Replica and archive of a gateway. */
export class GatewayFollower extends Follower {
  readonly archives: Readonly<Record<Channel, ChainArchive>>;

  private constructor(
    replica: Replica,
    source: TimedSource,
    store: Store,
    archives: Readonly<Record<Channel, ChainArchive>>,
  ) {
    super(replica, source, store);
    this.archives = archives;
  }

  static async open(directory: string, trust: TrustBundle, ledger: BlockSource): Promise<GatewayFollower> {
    const store = await openStore(join(directory, 'gateway'));
    const [certchain, datachain] = await Promise.all(CHANNELS.map((channel) => ChainArchive.open(channel, store)));
    const archives = { certchain, datachain } as Record<Channel, ChainArchive>;
    const source = new TimedSource(ledger);
    const replica = await openReplica({
      store: store.sub('replica'),
      trust,
      source,
      logger: createLogger({ role: 'css', name: 'bench', level: 'silent' }),
      apply: ({ channel, block }, batch) => archives[channel].keep(block, batch),
      applied: ({ channel, number }) => archives[channel].kept(number),
    });
    return new GatewayFollower(replica, source, store, archives);
  }
}

/** Replica of a pile: it reads what a gateway streams from its archive. */
export class PileFollower extends Follower {
  static async open(directory: string, trust: TrustBundle, { archives }: GatewayFollower): Promise<PileFollower> {
    const store = await openStore(join(directory, 'pile'));
    const source = new TimedSource({
      blocks: (channel, { from = 0n, signal = new AbortController().signal }) =>
        assembleItems(archives[channel].items(Number(from), signal)),
    });
    const logger = createLogger({ role: 'cp', name: 'bench', level: 'silent' });
    const replica = await openReplica({ store: store.sub('replica'), trust, source, logger });
    return new PileFollower(replica, source, store);
  }
}
