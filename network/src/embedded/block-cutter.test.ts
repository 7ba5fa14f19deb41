import { common } from '@hyperledger/fabric-protos';

import { BlockCutter, type PendingEnvelope } from './block-cutter';
import { type BlockOptions, DEFAULT_BLOCKS } from './options';

const MANUAL: BlockOptions = { ...DEFAULT_BLOCKS, adaptive: false, batchTimeout: 60_000 };

const pending = (txId: string, size = 10): PendingEnvelope => ({
  txId,
  envelope: new common.Envelope(),
  bytes: new Uint8Array(size),
});

function cutter(options: BlockOptions): { cut: BlockCutter; blocks: string[][] } {
  const blocks: string[][] = [];
  const cut = new BlockCutter(options, async (batch) => {
    blocks.push(batch.map(({ txId }) => txId));
  });
  return { cut, blocks };
}

test('by count', async () => {
  const { cut, blocks } = cutter({ ...MANUAL, maxMessageCount: 2 });
  for (const txId of ['a', 'b', 'c', 'd', 'e']) cut.add(pending(txId));
  await cut.drain();
  expect(blocks).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
});

test('by bytes, one that is larger alone', async () => {
  const { cut, blocks } = cutter({ ...MANUAL, preferredMaxBytes: 100 });
  for (const [txId, size] of [
    ['a', 40],
    ['b', 60],
    ['c', 10],
    ['d', 500],
    ['e', 10],
  ] as const)
    cut.add(pending(txId, size));
  await cut.drain();
  expect(blocks).toEqual([['a', 'b'], ['c'], ['d'], ['e']]);
});

test('a lone one at once, those that come while a block is in work together', async () => {
  const blocks: string[][] = [];
  const gates: (() => void)[] = [];
  const begun: (() => void)[] = [];
  const cut = new BlockCutter({ ...DEFAULT_BLOCKS, batchTimeout: 1 }, async (batch) => {
    blocks.push(batch.map(({ txId }) => txId));
    begun.shift()?.();
    await new Promise<void>((resolve) => gates.push(resolve));
  });
  const first = new Promise<void>((resolve) => begun.push(resolve));
  cut.add(pending('a'));
  await first;
  for (const txId of ['b', 'c', 'd']) cut.add(pending(txId));
  expect(blocks).toEqual([['a']]);
  const second = new Promise<void>((resolve) => begun.push(resolve));
  gates.shift()?.();
  await second;
  gates.shift()?.();
  await cut.drain();
  expect(blocks).toEqual([['a'], ['b', 'c', 'd']]);
});

test('after a block that failed no other is cut', async () => {
  let calls = 0;
  const cut = new BlockCutter({ ...MANUAL, maxMessageCount: 1 }, async () => {
    calls += 1;
    throw new Error('disk full');
  });
  cut.add(pending('a'));
  cut.add(pending('b'));
  await cut.drain();
  cut.add(pending('c'));
  await cut.drain();
  expect(calls).toBe(1);
  expect(cut.failure?.message).toBe('disk full');
});
