import { mkdtempSync, rmSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openStore } from '../store';
import { GroupCommit } from '../store/group-commit';
import { KeyedLock } from './keyed-lock';
import { Queue } from './queue';

describe('one at a time for each key', () => {
  test('in the order asked for, a failure not standing in the way of the next', async () => {
    const lock = new KeyedLock();
    const log: string[] = [];
    const work =
      (name: string, fails = false) =>
      async (): Promise<string> => {
        log.push(`${name} begins`);
        await turn();
        log.push(`${name} ends`);
        if (fails) throw new Error(name);
        return name;
      };
    const [a, b, other] = await Promise.allSettled([
      lock.run('key', work('a', true)),
      lock.run('key', work('b')),
      lock.run('other', work('c')),
    ]);
    expect([a?.status, b?.status, other?.status]).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(log.indexOf('b begins')).toBeGreaterThan(log.indexOf('a ends'));
    expect(log.indexOf('c begins')).toBeLessThan(log.indexOf('a ends'));
  });
});

describe('a queue', () => {
  test('hands values over in order, waits for more, and ends when closed and empty', async () => {
    const queue = new Queue<number>();
    const read = (async (): Promise<number[]> => {
      const values: number[] = [];
      for await (const value of queue) values.push(value);
      return values;
    })();
    queue.push(1);
    await turn();
    queue.push(2);
    queue.push(3);
    queue.close();
    queue.push(4);
    expect(await read).toEqual([1, 2, 3]);
  });

  test('takes nothing more once its reader has left', async () => {
    const queue = new Queue<number>();
    queue.push(1);
    for await (const value of queue) if (value === 1) break;
    expect(queue.closed).toBe(true);
  });
});

describe('joined writes', () => {
  test('each caller’s are stored whole, many in few batches, and a failure reaches those it concerns', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'chargecast-group-'));
    const store = await openStore(directory);
    let batches = 0;
    const counted = new Proxy(store, {
      get: (target, member) => {
        if (member === 'batch') batches += 1;
        const value: unknown = Reflect.get(target, member);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    const group = new GroupCommit(counted);
    const one = Uint8Array.of(1);
    await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        group.commit((batch) => batch.put(store, `a${i}`, one).put(store, `b${i}`, one)),
      ),
    );
    expect(batches).toBeLessThan(10);
    for (let i = 0; i < 100; i++) expect([await store.has(`a${i}`), await store.has(`b${i}`)]).toEqual([true, true]);
    await expect(
      group.commit(() => {
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    await group.commit((batch) => void batch.put(store, 'after', one));
    expect(await store.has('after')).toBe(true);
    await store.close();
    rmSync(directory, { recursive: true });
  });
});
