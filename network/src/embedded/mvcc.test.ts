import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ledger, peer } from '@hyperledger/fabric-protos';
import fc from 'fast-check';

import { makeBlock } from './blocks';
import { PendingState } from './mvcc';
import { Simulator } from './simulator';
import { Store } from './store';
import { type NamespaceChanges } from './transaction';

const NS = 'chaincode';
const { MVCC_READ_CONFLICT, PHANTOM_READ_CONFLICT } = peer.TxValidationCode;

let directory: string;
let store: Store;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'chargecast-mvcc-'));
  store = await Store.open(directory);
});

afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

type Work = (simulator: Simulator) => void | Promise<void>;

async function simulate(work: Work): Promise<readonly NamespaceChanges[]> {
  const snapshot = store.snapshot();
  try {
    const simulator = new Simulator(snapshot, 'tx');
    await work(simulator);
    return changes(await simulator.finish());
  } finally {
    await snapshot.close();
  }
}

function changes(results: Uint8Array): readonly NamespaceChanges[] {
  return ledger.rwset.TxReadWriteSet.deserializeBinary(results)
    .getNsRwsetList()
    .map((entry) => ({
      namespace: entry.getNamespace(),
      set: ledger.rwset.kvrwset.KVRWSet.deserializeBinary(entry.getRwset_asU8()),
    }));
}

/** Commits transactions that do not conflict, one block. */
async function commit(...works: Work[]): Promise<void> {
  const pending = new PendingState(store);
  for (const [transaction, work] of works.entries()) {
    pending.apply(await simulate(work), { block: store.height, transaction });
  }
  const block = makeBlock(store.height, store.lastHash, [Buffer.from('x')], [0]);
  await store.commit({ block, state: pending.updates(), transactions: [] });
}

const put =
  (...keys: string[]): Work =>
  (simulator) => {
    for (const key of keys) simulator.put(NS, key, Buffer.from(key));
  };

const readAll =
  (start: string, end: string, atMost = Number.POSITIVE_INFINITY): Work =>
  async (simulator) => {
    const cursor = simulator.range(NS, start, end);
    for (let read = 0; read < atMost && (await cursor.next()); read++);
  };

async function conflictAfter(read: Work, ...writes: Work[]): Promise<number | undefined> {
  const set = await simulate(read);
  if (writes.length > 0) await commit(...writes);
  return new PendingState(store).conflict(set);
}

async function conflictWithin(read: Work, ...writes: Work[]): Promise<number | undefined> {
  const set = await simulate(read);
  const pending = new PendingState(store);
  for (const [transaction, write] of writes.entries()) {
    pending.apply(await simulate(write), { block: store.height, transaction });
  }
  return pending.conflict(set);
}

const SETUP = ['a', 'b', 'c', 'd'];
const remove =
  (key: string): Work =>
  (simulator) =>
    simulator.delete(NS, key);
const get =
  (key: string): Work =>
  (simulator) =>
    void simulator.get(NS, key);

describe.each([
  ['in an earlier block', conflictAfter],
  ['earlier in the block', conflictWithin],
])('written %s', (_, conflict) => {
  beforeEach(() => commit(put(...SETUP)));

  test.each<[string, Work, Work, number | undefined]>([
    ['a key read', get('b'), put('b'), MVCC_READ_CONFLICT],
    ['a key read, deleted', get('b'), remove('b'), MVCC_READ_CONFLICT],
    ['a missing key read, made', get('x'), put('x'), MVCC_READ_CONFLICT],
    ['another key', get('b'), put('c'), undefined],
    ['a key in a range', readAll('a', 'd'), put('b'), PHANTOM_READ_CONFLICT],
    ['a new key in a range', readAll('a', 'd'), put('bb'), PHANTOM_READ_CONFLICT],
    ['a key of a range, deleted', readAll('a', 'd'), remove('c'), PHANTOM_READ_CONFLICT],
    ['the end of a range, which is not in it', readAll('a', 'd'), put('d'), undefined],
    ['a key after an open range', readAll('c', ''), put('zz'), PHANTOM_READ_CONFLICT],
    ['a key before a range', readAll('b', 'd'), put('a'), undefined],
    ['the last key read of a range left early', readAll('a', 'z', 2), put('b'), PHANTOM_READ_CONFLICT],
    ['a key beyond where a range was left', readAll('a', 'z', 2), put('c'), undefined],
    ['a new key before where a range was left', readAll('a', 'z', 2), put('aa'), PHANTOM_READ_CONFLICT],
    ['an empty range, filled', readAll('x', 'y'), put('xx'), PHANTOM_READ_CONFLICT],
  ])('%s', async (_name, read, write, expected) => {
    expect(await conflict(read, write)).toBe(expected);
  });
});

test('nothing written, no conflict, whatever was read', async () => {
  await commit(put(...SETUP));
  for (const read of [get('a'), get('x'), readAll('', ''), readAll('a', 'd', 1), readAll('x', 'y')]) {
    expect(await conflictAfter(read)).toBeUndefined();
  }
});

test('ranges of any size hold exactly until something in them changes', async () => {
  const keys = Array.from({ length: 3000 }, (_, index) => `k${String(index).padStart(5, '0')}`);
  await commit(put(...keys));
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 3000 }), fc.nat(), async (size, pick) => {
      const end = size === 3000 ? 'l' : (keys[size] as string);
      const read = readAll('k', end);
      expect(await conflictWithin(read)).toBeUndefined();
      if (size > 0) expect(await conflictWithin(read, remove(keys[pick % size] as string))).toBe(PHANTOM_READ_CONFLICT);
      expect(await conflictWithin(read, put('j', `${end}x`))).toBeUndefined();
    }),
    { numRuns: 25 },
  );
});

test('a hostile degree in a read set is a conflict, not an endless tree', async () => {
  await commit(put(...SETUP));
  const summary = new ledger.rwset.kvrwset.QueryReadsMerkleSummary();
  const query = new ledger.rwset.kvrwset.RangeQueryInfo();
  query.setStartKey('a');
  query.setEndKey('z');
  query.setItrExhausted(true);
  query.setReadsMerkleHashes(summary);
  const set = new ledger.rwset.kvrwset.KVRWSet();
  set.addRangeQueriesInfo(query);
  expect(await new PendingState(store).conflict([{ namespace: NS, set }])).toBe(PHANTOM_READ_CONFLICT);
});
