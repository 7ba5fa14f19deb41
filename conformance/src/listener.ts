import {
  type ChaincodeEvent,
  type Checkpointer,
  type CloseableAsyncIterable,
  type Network,
} from '@hyperledger/fabric-gateway';
import { type common, type peer } from '@hyperledger/fabric-protos';

/** The features' names of the three kinds of block events. */
export const BLOCK_KINDS = ['block', 'filtered block', 'block and private data'] as const;
export type BlockKind = (typeof BLOCK_KINDS)[number];

/** Where a stream starts, and where its position is kept; at the next block without either. */
export interface Start {
  readonly startBlock?: bigint;
  readonly checkpointer?: Checkpointer;
}

/** A stream of blocks of any kind. */
export type BlockListener = Pick<Listener<unknown>, 'next' | 'close'>;

/** One stream of events, read one by one; with a checkpointer the position is kept after each. */
export class Listener<T> {
  readonly #events: CloseableAsyncIterable<T>;
  readonly #iterator: AsyncIterator<T>;
  readonly #checkpoint: (event: T) => Promise<void>;

  constructor(events: CloseableAsyncIterable<T>, checkpoint: (event: T) => Promise<void>) {
    this.#events = events;
    this.#iterator = events[Symbol.asyncIterator]();
    this.#checkpoint = checkpoint;
  }

  /** @throws Error where the stream ends first */
  async next(): Promise<T> {
    const event = await this.#iterator.next();
    if (event.done) throw new Error('the stream ended without an event');
    await this.#checkpoint(event.value);
    return event.value;
  }

  close(): void {
    this.#events.close();
  }
}

export async function listenForChaincode(
  network: Network,
  chaincode: string,
  start: Start,
): Promise<Listener<ChaincodeEvent>> {
  const events = await network.getChaincodeEvents(chaincode, optionsOf(start));
  return new Listener(events, async (event) => start.checkpointer?.checkpointChaincodeEvent(event));
}

export async function listenForBlocks(network: Network, kind: BlockKind, start: Start): Promise<BlockListener> {
  const options = optionsOf(start);
  switch (kind) {
    case 'block':
      return blockListener(await network.getBlockEvents(options), start, (block) => numberOf(block));
    case 'filtered block':
      return blockListener(await network.getFilteredBlockEvents(options), start, (block: peer.FilteredBlock) =>
        block.getNumber(),
      );
    case 'block and private data':
      return blockListener(
        await network.getBlockAndPrivateDataEvents(options),
        start,
        (block: peer.BlockAndPrivateData) => numberOf(block.getBlock()),
      );
  }
}

function blockListener<T>(
  events: CloseableAsyncIterable<T>,
  { checkpointer }: Start,
  number: (block: T) => number,
): Listener<T> {
  return new Listener(events, async (block) => {
    const received = BigInt(number(block));
    await checkpointer?.checkpointBlock(received);
  });
}

/** @throws Error for a block without a header */
function numberOf(block: common.Block | undefined): number {
  const header = block?.getHeader();
  if (!header) throw new Error('the event holds no block header');
  return header.getNumber();
}

function optionsOf({ startBlock, checkpointer }: Start): { startBlock?: bigint; checkpoint?: Checkpointer } {
  return {
    ...(startBlock !== undefined && { startBlock }),
    ...(checkpointer !== undefined && { checkpoint: checkpointer }),
  };
}
