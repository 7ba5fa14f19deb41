import { mkdtempSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openStore, type Store } from '../store';
import { silentLogger } from './log';
import { Outbox, type OutboxOptions } from './outbox';

let directory: string;
let store: Store;
let stop: AbortController;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'chargecast-outbox-'));
  store = await openStore(directory);
  stop = new AbortController();
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

const away = (): Error => Object.assign(new Error('away'), { passing: true });

function open(
  send: OutboxOptions<string>['send'],
  options: Partial<OutboxOptions<string>> = {},
): Promise<Outbox<string>> {
  return Outbox.open<string>(store.sub('outbox'), {
    send,
    isPassing: (error) => (error as { passing?: boolean }).passing === true,
    log: silentLogger(),
    stopping: stop.signal,
    ...options,
  });
}

async function emptied(outbox: Outbox<string>): Promise<void> {
  const until = Date.now() + 10_000;
  while (outbox.waiting > 0 && Date.now() < until) await delay(5);
  expect(outbox.waiting).toBe(0);
}

test('items are sent in order, together as far as allowed, and forgotten when taken', async () => {
  const sent: string[][] = [];
  let allAdded = (): void => undefined;
  const added = new Promise<void>((resolve) => (allAdded = resolve));
  const send = async (items: readonly string[]): Promise<void> => {
    await added;
    sent.push([...items]);
  };
  const outbox = await open(send, { together: 2 });
  for (const item of 'abcd') await outbox.add(item);
  allAdded();
  await emptied(outbox);
  expect(sent).toEqual([['a'], ['b', 'c'], ['d']]);
});

test('what is not taken is sent again, by the next process too', async () => {
  let calls = 0;
  const first = await open(async () => {
    calls += 1;
    throw away();
  });
  await first.add('kept');
  const until = Date.now() + 10_000;
  while (calls < 2 && Date.now() < until) await delay(5);
  stop.abort();
  await first.stopped();
  stop = new AbortController();
  const sent: string[] = [];
  const second = await open(async (items) => void sent.push(...items));
  await emptied(second);
  expect(sent).toEqual(['kept']);
});

test('one that is refused for good is given up alone; its neighbours arrive', async () => {
  const sent: string[] = [];
  const outbox = await open(
    async (items) => {
      if (items.includes('bad')) throw new Error('never');
      sent.push(...items);
    },
    { together: 3, firstWaitMs: 1 },
  );
  await Promise.all(['bad', 'good', 'fine'].map((item) => outbox.add(item)));
  await emptied(outbox);
  expect(sent.sort()).toEqual(['fine', 'good']);
});

test('lanes do not wait for each other', async () => {
  const sent: string[] = [];
  const outbox = await open(
    async ([item]) => {
      if (item === 'slow') throw away();
      sent.push(item as string);
    },
    { lane: (item) => item },
  );
  await outbox.add('slow');
  await outbox.add('quick');
  const until = Date.now() + 10_000;
  while (sent.length === 0 && Date.now() < until) await delay(5);
  expect(sent).toEqual(['quick']);
  stop.abort();
  await outbox.stopped();
  expect(outbox.waiting).toBe(1);
});
