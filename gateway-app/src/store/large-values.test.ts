import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

import { openSealedStore, openStore, type Store } from '.';
import { copyStore } from './copy';
import { decodePlace, encodePlace, LargeValues, type Place } from './large-values';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'large-values-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const LARGE = 16 * 1024;
const filled = (length: number, byte: number): Buffer => Buffer.alloc(length, byte);
const found = async (store: Store, key: string): Promise<string | undefined> => {
  const value = await store.get(key);
  return value && `${value.length} × ${value[0]}`;
};

describe('files of large values', () => {
  const known = new Map<string, Place>();
  let values: LargeValues;
  beforeEach(() => {
    known.clear();
    values = files();
  });
  afterEach(() => values.close());

  const files = (): LargeValues =>
    new LargeValues(
      join(directory, 'v'),
      async function* () {
        yield* known.values();
      },
      100,
    );
  const names = (): string[] => readdirSync(join(directory, 'v')).sort();
  const put = async (key: string, ...parts: readonly Buffer[]): Promise<void> => {
    const [place] = await values.write([parts]);
    known.set(key, place as Place);
    values.known([place as Place]);
  };
  const read = (key: string): string => Buffer.from(values.read(known.get(key) as Place)).toString();

  it('give back what was written, in whatever parts, to whoever asks at once', async () => {
    await Promise.all([
      put('a', Buffer.from('con'), Buffer.alloc(0), Buffer.from('trol')),
      put('b', Buffer.from('billing')),
      put('c', filled(300, 0x78)),
      put('d', Buffer.from('after a full file')),
    ]);
    expect(['a', 'b', 'd'].map(read)).toEqual(['control', 'billing', 'after a full file']);
    expect(read('c')).toBe('x'.repeat(300));
    expect(names()).toEqual(['1', '2']);
    expect(names().map((name) => statSync(join(directory, 'v', name)).mode & 0o777)).toEqual([0o600, 0o600]);
  });

  it('begin a new file in each run', async () => {
    await put('a', Buffer.from('before'));
    await values.close();
    values = files();
    await put('b', Buffer.from('after'));
    expect(names()).toEqual(['1', '2']);
    expect(['a', 'b'].map(read)).toEqual(['before', 'after']);
  });

  it('go when nothing in them is known any more, not before', async () => {
    for (const key of ['a', 'b', 'c']) await put(key, filled(100, 1));
    known.delete('a');
    known.delete('c');
    await put('d', filled(100, 1));
    expect(names()).toEqual(['1', '2', '3', '4']);
    values.removed();
    await put('e', filled(10, 1));
    expect(names()).toEqual(['2', '4', '5']);
    expect(read('b')).toHaveLength(100);
  });

  it('stay while the database does not know yet what is in them', async () => {
    const [place] = await values.write([[filled(100, 7)]]);
    values.removed();
    await put('b', filled(100, 1));
    known.set('a', place as Place);
    values.known([place as Place]);
    values.removed();
    await put('c', filled(100, 1));
    expect(names()).toEqual(['1', '2', '3']);
    expect(values.read(place as Place)).toEqual(filled(100, 7));
  });

  it('stay while a snapshot is read', async () => {
    await put('a', filled(100, 1));
    const reading = values.whileRead(
      (async function* () {
        yield* [1, 2];
      })(),
    );
    await reading.next();
    known.delete('a');
    values.removed();
    await put('b', filled(100, 1));
    expect(names()).toEqual(['1', '2']);
    await reading.return(undefined);
    await put('c', filled(100, 1));
    expect(names()).toEqual(['2', '3']);
  });

  it('say so when they are gone or shorter than they were', async () => {
    await put('a', filled(50, 1));
    truncateSync(join(directory, 'v', '1'), 49);
    expect(() => read('a')).toThrow(expect.objectContaining({ code: 'E_STORE_TAMPERED' }) as Error);
    rmSync(join(directory, 'v', '1'));
    expect(() => read('a')).toThrow(expect.objectContaining({ code: 'E_STORE_TAMPERED' }) as Error);
  });

  it('are found by places of any size a file may have', () => {
    const place = { segment: 2 ** 32 - 1, offset: 2 ** 48 - 1, length: 2 ** 32 - 1 };
    expect(decodePlace(encodePlace(place))).toEqual(place);
  });
});

describe.each(['clear', 'sealed'] as const)('large values of a %s store', (kind) => {
  const open = (folder = 'db'): Promise<Store> =>
    kind === 'clear'
      ? openStore(join(directory, folder))
      : openSealedStore(join(directory, folder), join(directory, 'keys', 'db.key'));
  const beside = (folder = 'db'): string[] => readdirSync(join(directory, folder, 'large', 's!'));

  it('are read, listed, replaced and deleted as small ones are, across a restart', async () => {
    let store = await open();
    let sub = store.sub('s', { largeValues: true });
    await store
      .batch()
      .put(sub, 'small', filled(10, 1))
      .put(sub, 'large', [filled(LARGE, 2), filled(3, 2)])
      .put(sub, 'replaced', filled(LARGE, 3))
      .put(sub, 'gone', filled(LARGE, 4))
      .put(store, 'other', filled(LARGE, 5))
      .commit();
    await store.batch().put(sub, 'replaced', filled(LARGE, 6)).del(sub, 'gone').commit();
    for (let run = 0; run < 2; run++) {
      expect(beside()).toEqual(['1']);
      const keys = ['small', 'large', 'replaced', 'gone'];
      expect(await Promise.all(keys.map((key) => found(sub, key)))).toEqual([
        '10 × 1',
        `${LARGE + 3} × 2`,
        `${LARGE} × 6`,
        undefined,
      ]);
      expect(await found(store, 'other')).toBe(`${LARGE} × 5`);
      const listed: string[] = [];
      for await (const { key, value } of sub.entries()) listed.push(`${key} ${value.length}`);
      expect(listed).toEqual([`large ${LARGE + 3}`, `replaced ${LARGE}`, 'small 10']);
      await store.close();
      store = await open();
      sub = store.sub('s', { largeValues: true });
    }
    await store.close();
  });

  it('give their room back', async () => {
    const store = await open();
    const sub = store.sub('s', { largeValues: true });
    const megabytes = 33;
    for (let i = 0; i < 4; i++) {
      await sub.put(`${i}`, filled(megabytes * 1024 * 1024, i));
      if (i > 0) await sub.del(`${i - 1}`);
    }
    await sub.put('next', filled(LARGE, 9));
    expect(beside()).toEqual(['2', '3']);
    expect(await found(sub, '3')).toBe(`${megabytes * 1024 * 1024} × 3`);
    await store.close();
  });

  it('are copied with the database', async () => {
    const store = await open();
    await store.sub('s', { largeValues: true }).put('large', filled(LARGE, 2));
    await store.close();
    expect(await copyStore(join(directory, 'db'), join(directory, 'copy'))).toBe(kind === 'clear' ? 1 : 2);
    expect(statSync(join(directory, 'copy', 'large', 's!')).mode & 0o777).toBe(0o700);
    const copy = await open('copy');
    expect(await found(copy.sub('s', { largeValues: true }), 'large')).toBe(`${LARGE} × 2`);
    await copy.close();
  });
});

it('are whole after kill −9 of a process that was told they are, and the database goes on', async () => {
  const built = resolve(__dirname, '../../dist/store/index.js');
  const writer = `
    require(${JSON.stringify(built)}).openStore(${JSON.stringify(join(directory, 'db'))}).then(async (store) => {
      const sub = store.sub('s', { largeValues: true });
      const from = (await sub.get('count'))?.[0] ?? 0;
      for (let i = from; ; i++) {
        const value = Buffer.alloc(${LARGE} * (1 + (i % 9)), i);
        await store.batch().put(sub, String(i), value).put(sub, 'count', Buffer.of(i + 1)).commit();
        console.log(i + 1);
      }
    });`;
  let told = 0;
  for (let run = 1; run <= 3; run++) {
    const child = spawn(process.execPath, ['-e', writer], { stdio: ['ignore', 'pipe', 'inherit'] });
    const gone = once(child, 'exit');
    for await (const line of createInterface(child.stdout)) {
      told = Number(line);
      if (told >= run * 12) child.kill('SIGKILL');
    }
    await gone;
    const store = await openStore(join(directory, 'db'));
    const sub = store.sub('s', { largeValues: true });
    const count = (await sub.get('count'))?.[0] as number;
    expect(count).toBeGreaterThanOrEqual(told);
    for (let i = 0; i < count; i++) expect(await found(sub, String(i))).toBe(`${LARGE * (1 + (i % 9))} × ${i}`);
    await store.close();
  }
});

it('are sealed on disk as all values are', async () => {
  const store = await openSealedStore(join(directory, 'db'), join(directory, 'db.key'));
  await store.sub('s', { largeValues: true }).put('large', filled(LARGE, 0x41));
  await store.close();
  const onDisk = readFileSync(join(directory, 'db', 'large', 's!', '1'));
  expect(onDisk.length).toBeGreaterThan(LARGE);
  expect(onDisk.includes('AAAA')).toBe(false);
});

it('are found where a database has none beside it yet', async () => {
  const older = await openSealedStore(join(directory, 'db'), join(directory, 'db.key'));
  await older.sub('s').put('large', filled(LARGE, 2));
  await older.close();
  const store = await openSealedStore(join(directory, 'db'), join(directory, 'db.key'));
  expect(await found(store.sub('s', { largeValues: true }), 'large')).toBe(`${LARGE} × 2`);
  await store.close();
});
