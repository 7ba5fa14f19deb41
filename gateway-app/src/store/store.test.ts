import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openSealedStore, openStore, orderedKey, type KeyRange, type Store } from '.';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'store-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const coded = (code: string): Error => expect.objectContaining({ code }) as Error;
const bytes = (text: string): Uint8Array => Buffer.from(text);
const text = (value: Uint8Array | undefined): string | undefined => value && Buffer.from(value).toString();

async function list(store: Store, range?: KeyRange): Promise<string[]> {
  const found: string[] = [];
  for await (const { key, value } of store.entries(range)) found.push(`${key}=${text(value)}`);
  return found;
}

const open = {
  clear: () => openStore(join(directory, 'db')),
  sealed: () => openSealedStore(join(directory, 'db'), join(directory, 'keys', 'db.key')),
};

describe.each(['clear', 'sealed'] as const)('a %s store', (kind) => {
  it('keeps what was put, across a restart', async () => {
    const store = await open[kind]();
    await store.put('a', bytes('1'));
    await store.sub('s').put('a', bytes('2'));
    await store.put('gone', bytes('3'));
    await store.del('gone');
    await store.close();
    const again = await open[kind]();
    expect(text(await again.get('a'))).toBe('1');
    expect(text(await again.sub('s').get('a'))).toBe('2');
    expect(await again.get('gone')).toBeUndefined();
    expect([await again.has('a'), await again.has('gone')]).toEqual([true, false]);
    await again.close();
  });

  it('lists a range in byte order and never another sub-store', async () => {
    const store = await open[kind]();
    const own = store.sub('own');
    for (const key of ['b', 'a', 'ab', 'c', 'é', '10']) await own.put(key, bytes(key));
    await own.sub('deeper').put('a', bytes('x'));
    await store.sub('own2').put('a', bytes('x'));
    expect(await list(own)).toEqual(['10=10', 'a=a', 'ab=ab', 'b=b', 'c=c', 'é=é']);
    expect(await list(own, { prefix: 'a' })).toEqual(['a=a', 'ab=ab']);
    expect(await list(own, { gt: 'a', lte: 'b' })).toEqual(['ab=ab', 'b=b']);
    expect(await list(own, { gte: 'a', lt: 'b' })).toEqual(['a=a', 'ab=ab']);
    expect(await list(own, { prefix: 'a', gt: 'a' })).toEqual(['ab=ab']);
    expect(await list(own, { reverse: true, limit: 2 })).toEqual(['é=é', 'c=c']);
    await store.close();
  });

  it('writes a batch over sub-stores whole, once', async () => {
    const store = await open[kind]();
    await store.put('old', bytes('1'));
    const batch = store.batch().put(store.sub('x'), 'k', bytes('v')).del(store, 'old');
    expect(batch.size).toBe(2);
    expect(await store.sub('x').get('k')).toBeUndefined();
    await batch.commit();
    expect(text(await store.sub('x').get('k'))).toBe('v');
    expect(await store.get('old')).toBeUndefined();
    await expect(batch.commit()).rejects.toMatchObject({ code: 'E_STORE_BATCH' });
    const other = await openStore(join(directory, 'other'));
    expect(() => store.batch().put(other, 'k', bytes('v'))).toThrow(coded('E_STORE_BATCH'));
    await Promise.all([store.close(), other.close()]);
  });

  it('never gives a counter twice, whoever asks at once and whenever it stops', async () => {
    const given: bigint[] = [];
    for (let run = 0; run < 3; run++) {
      const store = await open[kind]();
      const counters = store.sub('c');
      given.push(...(await Promise.all(Array.from({ length: 70 }, () => counters.nextCounter('n')))));
      given.push(await counters.nextCounter('n'));
      await store.close();
    }
    expect(new Set(given).size).toBe(213);
    expect(given).toEqual([...given].sort((a, b) => Number(a - b)));
  });

  it('gives many numbers of a counter in a row', async () => {
    const given: number[] = [];
    for (let run = 0; run < 2; run++) {
      const store = await open[kind]();
      for (const count of [3, 1, 100, 64, 200]) {
        const first = Number(await store.nextCounter('n', count));
        given.push(...Array.from({ length: count }, (_, i) => first + i));
      }
      await store.close();
    }
    expect(new Set(given).size).toBe(2 * 368);
    expect(given).toEqual([...given].sort((a, b) => a - b));
  });

  it('says who is in the way when opened twice', async () => {
    const store = await open[kind]();
    await expect(open[kind]()).rejects.toMatchObject({ code: 'E_STORE_LOCKED' });
    await store.close();
  });

  it('refuses names that could reach into another sub-store', async () => {
    const store = await open[kind]();
    for (const name of ['', 'a!b', ':', 'a/b']) {
      expect(() => store.sub(name)).toThrow(coded('E_STORE_NAME'));
    }
    await store.close();
  });

  it('is for its owner alone', async () => {
    const store = await open[kind]();
    await store.close();
    expect(statSync(join(directory, 'db')).mode & 0o777).toBe(0o700);
  });
});

describe('a sealed store', () => {
  const raw = (): Buffer =>
    Buffer.concat(readdirSync(join(directory, 'db')).map((file) => readFileSync(join(directory, 'db', file))));

  it('leaves neither value nor hidden key on disk', async () => {
    const store = await open.sealed();
    await store.sub('names', { hiddenKeys: true }).put('WVWZZZ1JZXW000001', bytes('Ada Lovelace'));
    await store.sub('open').put('a-visible-key', bytes('Ada Lovelace'));
    await store.close();
    expect(raw().includes('Ada Lovelace')).toBe(false);
    expect(raw().includes('WVWZZZ1JZXW000001')).toBe(false);
    expect(raw().includes('a-visible-key')).toBe(true);
  });

  it('reads hidden keys back by key and in a whole listing, without bounds', async () => {
    const store = await open.sealed();
    const names = store.sub('names', { hiddenKeys: true });
    await names.put('one', bytes('1'));
    await names.put('two', bytes('2'));
    expect(text(await names.get('two'))).toBe('2');
    expect((await list(names)).sort()).toEqual(['one=1', 'two=2']);
    await expect(list(names, { prefix: 'o' })).rejects.toMatchObject({ code: 'E_STORE_HIDDEN_RANGE' });
    await names.del('one');
    expect(await list(names)).toEqual(['two=2']);
    await store.close();
  });

  it('notices values moved to another key or changed', async () => {
    const store = await open.sealed();
    const sub = store.sub('s');
    await sub.put('a', bytes('mine'));
    await store.close();
    const plain = await openStore(join(directory, 'db'));
    const sealed = (await plain.sub('s').get('a')) as Uint8Array;
    await plain.sub('s').put('b', sealed);
    await plain.sub('s').put(
      'c',
      sealed.map((byte, i) => (i === 20 ? byte ^ 1 : byte)),
    );
    await plain.sub('s').put('d', sealed.subarray(0, 5));
    await plain.close();
    const again = await open.sealed();
    expect(text(await again.sub('s').get('a'))).toBe('mine');
    for (const key of ['b', 'c', 'd']) {
      await expect(again.sub('s').get(key)).rejects.toMatchObject({ code: 'E_STORE_TAMPERED' });
    }
    await again.close();
  });

  it('makes its key 0600 outside the folder and insists on it', async () => {
    const keyFile = join(directory, 'keys', 'db.key');
    await (await open.sealed()).close();
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    const key = readFileSync(keyFile);
    writeFileSync(keyFile, randomBytes(32));
    await expect(open.sealed()).rejects.toMatchObject({ code: 'E_STORE_KEY' });
    writeFileSync(keyFile, randomBytes(31));
    await expect(open.sealed()).rejects.toMatchObject({ code: 'E_KEY_FILE_SIZE' });
    rmSync(keyFile);
    await expect(open.sealed()).rejects.toMatchObject({ code: 'E_KEY_FILE_MISSING' });
    writeFileSync(keyFile, key, { mode: 0o600 });
    chmodSync(keyFile, 0o644);
    await expect(open.sealed()).rejects.toMatchObject({ code: 'E_KEY_FILE_MODE' });
    chmodSync(keyFile, 0o600);
    await (await open.sealed()).close();
    const inside = openSealedStore(join(directory, 'db'), join(directory, 'db', 'key'));
    await expect(inside).rejects.toMatchObject({ code: 'E_KEY_FILE_PLACE' });
  });
});

it('orders numbers as their keys', () => {
  const numbers = [0n, 9n, 10n, 255n, 2n ** 60n];
  expect(numbers.map(orderedKey).sort()).toEqual(numbers.map(orderedKey));
});
