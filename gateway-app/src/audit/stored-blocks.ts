import { common } from '@hyperledger/fabric-protos';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { CodedError } from '../common/errors';
import { readFileCoded } from '../common/files';
import { parseBlock } from '../ledger/block';
import { type BlockSource, type Channel, type LedgerBlock, LedgerError } from '../ledger/port';

/** Blocks in files, `<channel>/<number>.pb`, each a `common.Block` as a gateway or a peer gives it. */
export interface StoredBlocks {
  readonly source: BlockSource;
  readonly heights: Readonly<Record<Channel, bigint>>;
}

/** @throws CodedError E_FILE_MISSING where a channel has no block, or one lacks before the last */
export async function storedBlocks(folder: string): Promise<StoredBlocks> {
  const [certchain, datachain] = await Promise.all([heightOf(folder, 'certchain'), heightOf(folder, 'datachain')]);
  const heights = { certchain, datachain };
  async function* blocks(channel: Channel, from: bigint): AsyncGenerator<LedgerBlock> {
    for (let number = from; number < heights[channel]; number += 1n) {
      yield read(await readFileCoded(join(folder, channel, `${number}.pb`)), number);
    }
  }
  return { heights, source: { blocks: (channel, { from = heights[channel] }) => blocks(channel, from) } };
}

async function heightOf(folder: string, channel: Channel): Promise<bigint> {
  const names = await readdir(join(folder, channel)).catch((error: unknown) => {
    throw missing(`${join(folder, channel)} cannot be read`, error);
  });
  const numbers = new Set(names.flatMap((name) => /^(\d+)\.pb$/.exec(name)?.[1] ?? []));
  for (let number = 0; number < numbers.size; number++) {
    if (!numbers.has(String(number))) throw missing(`${join(folder, channel)} lacks block ${number}`);
  }
  if (numbers.size === 0) throw missing(`${join(folder, channel)} holds no block`);
  return BigInt(numbers.size);
}

function missing(what: string, cause?: unknown): CodedError {
  return new CodedError('E_FILE_MISSING', `${what}: get every block of both channels, from 0.pb on`, { cause });
}

function read(bytes: Uint8Array, number: bigint): LedgerBlock {
  try {
    return parseBlock(common.Block.deserializeBinary(bytes));
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    throw new LedgerError('E_BLOCK_MALFORMED', `the file of block ${number} is no common.Block`, { cause: error });
  }
}
