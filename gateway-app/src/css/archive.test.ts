import { Role, toHex } from '@chargecast/signcryption';
import { message, publicKeys } from '@chargecast/signcryption/testing/world';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { assembleItems, type LedgerBlock } from '../ledger';
import { type ChainItem } from '../rpc';
import { openStore, type Store } from '../store';
import { TestChain } from '../testing/test-chain';
import { ChainArchive } from './archive';

let chain: TestChain;
let directory: string;
let store: Store;

beforeAll(async () => {
  chain = await TestChain.initialised('archive');
});
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'chargecast-archive-'));
  store = await openStore(directory);
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

async function keep(archive: ChainArchive, block: LedgerBlock): Promise<void> {
  const batch = store.batch();
  archive.keep(block, batch);
  await batch.commit();
  archive.kept(block.number);
}

async function take(items: AsyncIterable<ChainItem>, blocks: number): Promise<LedgerBlock[]> {
  const taken: LedgerBlock[] = [];
  for await (const block of assembleItems(items)) if (taken.push(block) === blocks) break;
  return taken;
}

const blocks = (): readonly LedgerBlock[] => chain.blocksOf.datachain;

test('what is streamed is the ledger’s own blocks, from any block on', async () => {
  const archive = await ChainArchive.open('datachain', store);
  for (const block of blocks()) await keep(archive, block);
  const signal = new AbortController().signal;
  expect(await take(archive.items(0, signal), blocks().length)).toEqual(blocks());
  expect(await take(archive.items(2, signal), 1)).toEqual([blocks()[2]]);
});

test('a reader that is ahead waits for the block, and ends when it leaves', async () => {
  const archive = await ChainArchive.open('datachain', store);
  const leaving = new AbortController();
  const reading = take(archive.items(0, leaving.signal), 2);
  await keep(archive, blocks()[0] as LedgerBlock);
  await keep(archive, blocks()[1] as LedgerBlock);
  expect(await reading).toHaveLength(2);
  const idle = archive.items(9, leaving.signal).next();
  leaving.abort();
  expect(await idle).toEqual({ done: true, value: undefined });
});

test('the height outlives a restart', async () => {
  const archive = await ChainArchive.open('datachain', store);
  expect(archive.height).toBe(0);
  for (const block of blocks()) await keep(archive, block);
  expect((await ChainArchive.open('datachain', store)).height).toBe(blocks().length);
});

test('a committed σ is found by its place, in memory and after a restart; elsewhere there is none', async () => {
  const { world } = chain.consortium;
  const [csc, ev] = [await world.enrol('csc', Role.CSC), await world.enrol('ev', Role.EV)];
  const receiver = { keys: publicKeys(ev), bind: new Uint8Array(64), message: message('charge') };
  const { sigma } = await world.seal(csc, [receiver]);
  const block = await chain.addSigmas([sigma]);
  const archive = await ChainArchive.open('datachain', store);
  for (const each of blocks()) await keep(archive, each);
  const place = { block: block.number, transactionIndex: 0, index: 0 };
  expect(toHex((await archive.sigma(place)) as Uint8Array)).toBe(toHex(sigma));
  const again = await ChainArchive.open('datachain', store);
  expect(toHex((await again.sigma(place)) as Uint8Array)).toBe(toHex(sigma));
  for (const other of [{ index: 1 }, { transactionIndex: 1 }, { block: block.number + 1n }, { block: 0n }]) {
    expect(await again.sigma({ ...place, ...other })).toBeUndefined();
  }
});
