import { type ChainItem, type Peer } from '../rpc';
import { Readers } from './readers';

const PILES: Peer = { role: 'cp', name: 'cp1' };
const HEIGHT = 77;

/** The last items of blocks. */
async function* blocks(...numbers: readonly number[]): AsyncGenerator<ChainItem> {
  for (const block of numbers) yield await Promise.resolve({ block, lastOfBlock: true } as ChainItem);
}

const open = (): Readers => new Readers('css1', () => HEIGHT, Date.now);

async function readAll(items: AsyncIterable<ChainItem>): Promise<void> {
  for await (const item of items) expect(item.lastOfBlock).toBe(true);
}

it('counts as behind what a reader has not taken yet', async () => {
  const readers = open();
  await readAll(readers.follow(PILES, 'datachain', 0, blocks(0, 1, 2)));
  expect(readers.list()).toMatchObject([{ name: 'cp1', connected: false, datachainBlock: 2, behind: HEIGHT - 3 }]);
});

it('knows that who goes on where it stopped has taken what lies before', async () => {
  const readers = open();
  const stream = readers.follow(PILES, 'datachain', HEIGHT - 1, blocks(HEIGHT - 1));
  await stream.next();
  expect(readers.list()).toMatchObject([{ connected: true, datachainBlock: HEIGHT - 2, behind: 1 }]);
  await stream.next();
  expect(readers.list()).toMatchObject([{ connected: false, datachainBlock: HEIGHT - 1, behind: 0 }]);
});

it('takes a reader that begins anew for no more than it has', async () => {
  const readers = open();
  await readAll(readers.follow(PILES, 'datachain', 0, blocks()));
  expect(readers.list()).toMatchObject([{ datachainBlock: null, behind: HEIGHT }]);
});
