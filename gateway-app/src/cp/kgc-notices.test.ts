import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { silentLogger } from '../common/log';
import { type Prepared } from '../common/outbox';
import { type PlugInNotice } from '../rpc';
import { openStore, type Store } from '../store';
import { KgcNotices } from './kgc-notices';

const PILE = Uint8Array.from({ length: 16 }, () => 9);
const [SLOW, QUICK] = ['01', '02'].map((byte) => byte.repeat(16)) as [string, string];
const session = (byte: string): string => byte.repeat(16);

let directory: string;
let store: Store;
let stop: AbortController;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'chargecast-notices-'));
  store = await openStore(directory);
  stop = new AbortController();
});
afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

test('one vehicle’s notices keep their order; another’s do not wait for them', async () => {
  const told: string[] = [];
  let slow = (): void => undefined;
  const held = new Promise<void>((resolve) => (slow = resolve));
  const tell =
    (kind: string) =>
    async ({ vehicle }: PlugInNotice): Promise<Record<string, never>> => {
      const f = Buffer.from(vehicle).toString('hex');
      if (f === SLOW && kind === 'plugIn') await held;
      told.push(`${kind} ${f === SLOW ? 'slow' : 'quick'}`);
      return {};
    };
  const kgc = { plugIn: tell('plugIn'), unplug: tell('unplug') };
  const notices = await KgcNotices.open(store, kgc, silentLogger(), stop.signal);
  const stored = async (kind: 'plugIn' | 'unplug', vehicle: string): Promise<Prepared> => {
    const prepared = notices.prepare(kind, { vehicle, session: session('03') } as never, PILE);
    const batch = store.batch();
    prepared.write(batch);
    await batch.commit();
    return prepared;
  };
  const plugIn = await stored('plugIn', SLOW);
  const unplug = await stored('unplug', SLOW);
  const slowly = Promise.all([notices.sent(plugIn), notices.sent(unplug)]);
  await notices.sent(await stored('plugIn', QUICK));
  await notices.sent(await stored('unplug', QUICK));
  await until(() => notices.waiting === 2);
  expect(told).toEqual(['plugIn quick', 'unplug quick']);
  slow();
  await slowly;
  await until(() => notices.waiting === 0);
  expect(told).toEqual(['plugIn quick', 'unplug quick', 'plugIn slow', 'unplug slow']);
  stop.abort();
  await notices.stopped();
});

async function until(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error('the notices were not sent in time');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
