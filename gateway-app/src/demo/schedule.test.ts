import { runScheduled } from './schedule';

interface Item {
  readonly name: string;
  readonly keys: readonly string[];
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function trace(
  items: readonly Item[],
  concurrency: number,
  failing = '',
): Promise<{ log: string[]; most: number }> {
  const log: string[] = [];
  let now = 0;
  let most = 0;
  await runScheduled({
    items,
    keys: ({ keys }) => keys,
    concurrency,
    run: async ({ name }) => {
      most = Math.max(most, ++now);
      log.push(`+${name}`);
      await turn();
      now--;
      if (name === failing) throw new Error(`${name} failed`);
      log.push(`-${name}`);
    },
  });
  return { log, most };
}

describe('scheduling', () => {
  it('keeps the order of items that share a key', async () => {
    const { log } = await trace(
      [
        { name: 'a', keys: ['car1', 'pile1'] },
        { name: 'b', keys: ['car2', 'pile1'] },
        { name: 'c', keys: ['car2', 'pile2'] },
      ],
      8,
    );
    expect(log).toEqual(['+a', '-a', '+b', '-b', '+c', '-c']);
  });

  it('runs items that share nothing at once, up to the bound', async () => {
    const items = Array.from({ length: 9 }, (_, index) => ({ name: String(index), keys: [String(index)] }));
    expect((await trace(items, 9)).most).toBe(9);
    expect((await trace(items, 2)).most).toBe(2);
  });

  it('starts nothing after a failure and throws it', async () => {
    const ran: string[] = [];
    const failing = runScheduled({
      items: ['a', 'b', 'c'],
      keys: () => ['same'],
      concurrency: 4,
      run: async (name) => {
        ran.push(name);
        if (name === 'b') throw new Error('b failed');
      },
    });
    await expect(failing).rejects.toThrow('b failed');
    expect(ran).toEqual(['a', 'b']);
  });
});
