import { type CommandMessage } from '@chargecast/protocol';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { silentLogger } from '../common/log';
import { type Batch, getJson, openStore, type Store, toJson } from '../store';
import { GroupCommit } from '../store/group-commit';
import { type Act, type Actuator, type Order } from './actuator';
import { EffectJournal, type OpenedEntry } from './effect-journal';
import { Effects } from './effects';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'chargecast-journal-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const bytes = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill);

function command(id: number): CommandMessage {
  return {
    commandId: id.toString(16).padStart(32, '0'),
    kind: 'control',
    action: 'RequestStopTransaction',
    payload: { transactionId: `tx-${id}` },
  };
}

function entry(oneTimeKey: number, ...ids: number[]): OpenedEntry {
  return {
    oneTimeKey: bytes(32, oneTimeKey),
    receiver: bytes(16, 1),
    sender: { f: bytes(16, 2), role: 4 },
    unit: { name: 'pile1', f: bytes(16, 3) },
    session: bytes(16, 4),
    sigmaId: oneTimeKey.toString(16).padStart(64, '0'),
    commands: ids.map(command),
    at: 1_800_000_000,
  };
}

/** Fails once at the n-th synced write, as a crash there would: nothing of it is on disk. */
class CrashingStore {
  writes = 0;
  crashAt = 0;

  wrap(store: Store): Store {
    return new Proxy(store, {
      get: (target, member) => {
        if (member !== 'batch') return bound(target, member);
        return (): Batch => {
          const batch = target.batch();
          const commit = batch.commit.bind(batch);
          batch.commit = async (): Promise<void> => {
            this.writes += 1;
            if (this.writes === this.crashAt) throw new Crash('as injected');
            await commit();
          };
          return batch;
        };
      },
    });
  }
}

class Crash extends Error {}

function bound(target: object, member: string | symbol): unknown {
  const value: unknown = Reflect.get(target, member);
  return typeof value === 'function' ? (value.bind(target) as unknown) : value;
}

/** Acts on the same database and counts how often each command took effect there. */
class CountingActuator implements Actuator {
  readonly store: Store;
  calls = 0;
  fail = 0;
  /** Command id that is never answered. */
  deaf = '';

  constructor(store: Store) {
    this.store = store;
  }

  async act({ commandId }: Order): Promise<Act> {
    this.calls += 1;
    if (this.fail-- > 0 || commandId === this.deaf) throw new Error('the pile does not answer');
    const before = (await getJson<number>(this.store, commandId)) ?? 0;
    return { outcome: 'done', writes: (batch) => void batch.put(this.store, commandId, toJson(before + 1)) };
  }
}

interface Process {
  readonly effects: Effects;
  readonly journal: EffectJournal;
  readonly actuator: CountingActuator;
  readonly owed: string[];
  readonly finished: string[];
  readonly receipt: (id: number, sigmaId: string) => Promise<string | undefined>;
  readonly place: () => Promise<string | undefined>;
  readonly advance: (to: string) => (batch: Batch) => void;
  readonly stop: () => Promise<void>;
}

async function start(crashing = new CrashingStore()): Promise<Process> {
  const database = await openStore(directory);
  const stopping = new AbortController();
  const journal = await EffectJournal.open(database.sub('journal'), new GroupCommit(crashing.wrap(database)));
  const actuator = new CountingActuator(database.sub('actuator'));
  const receipts = database.sub('receipts');
  const places = database.sub('places');
  const owed: string[] = [];
  const finished: string[] = [];
  const effects = new Effects({
    journal,
    actuator,
    owe: ({ order, sigmaId, outcome }, batch) =>
      void batch.put(receipts, `${order.commandId} ${sigmaId}`, toJson(outcome)),
    owed: ({ order }) => owed.push(order.commandId),
    finished: ({ order }) => finished.push(order.commandId),
    log: silentLogger(),
    stopping: stopping.signal,
  });
  return {
    effects,
    journal,
    actuator,
    owed,
    finished,
    receipt: (id, sigmaId) => getJson<string>(receipts, `${command(id).commandId} ${sigmaId}`),
    place: () => getJson<string>(places, 'here'),
    advance: (to) => (batch) => void batch.put(places, 'here', toJson(to)),
    async stop() {
      stopping.abort();
      await effects.settled();
      await database.close();
    },
  };
}

async function effectsOnDisk(process: Process, id: number): Promise<number> {
  return (await getJson<number>(process.actuator.store, command(id).commandId)) ?? 0;
}

test('a command that is done and comes again in another σ is answered again, with what was done then', async () => {
  const before = await start();
  await before.effects.accept(entry(1, 7), before.advance('1'));
  await before.effects.settled();
  await before.stop();
  const process = await start();
  const again = entry(2, 7);
  for (let times = 0; times < 2; times++) await process.effects.accept(again, process.advance('2'));
  await process.effects.settled();
  expect(await effectsOnDisk(process, 7)).toBe(1);
  expect(await process.receipt(7, again.sigmaId)).toBe('done');
  expect([process.owed, process.finished]).toEqual([[command(7).commandId], []]);
  await process.stop();
});

test('a command that is still pending and comes again is answered once, when it is done', async () => {
  const process = await start();
  process.actuator.deaf = command(7).commandId;
  await process.effects.accept(entry(1, 7), process.advance('1'));
  await process.effects.accept(entry(2, 7), process.advance('2'));
  process.actuator.deaf = '';
  await process.effects.settled();
  expect(process.owed).toEqual([command(7).commandId]);
  await process.stop();
});

test('a command is pending with the place, then done with its act and its receipt', async () => {
  const process = await start();
  await process.effects.accept(entry(1, 7), process.advance('behind 1'));
  expect(await process.place()).toBe('behind 1');
  await process.effects.settled();
  expect(await effectsOnDisk(process, 7)).toBe(1);
  expect(process.owed).toEqual([command(7).commandId]);
  expect(process.journal.counts).toEqual({ pending: 0, done: 1, refused: 0, duplicates: 0 });
  await process.stop();
});

describe('attack 29: a re-sealed command and its held twin both commit', () => {
  test('one act, the twin is left alone, other commands of its σ are not', async () => {
    const process = await start();
    await process.effects.accept(entry(1, 7), process.advance('1'));
    await process.effects.accept(entry(2, 7, 8), process.advance('2'));
    await process.effects.accept(entry(2, 7, 8), process.advance('2'));
    await process.effects.settled();
    expect(await effectsOnDisk(process, 7)).toBe(1);
    expect(await effectsOnDisk(process, 8)).toBe(1);
    expect(process.journal.counts).toEqual({ pending: 0, done: 2, refused: 0, duplicates: 1 });
    expect(await process.place()).toBe('2');
    await process.stop();
  });

  test('the same id from another sender is another command', async () => {
    const process = await start();
    await process.effects.accept(entry(1, 7), process.advance('1'));
    const other = { ...entry(2, 7), sender: { f: bytes(16, 9), role: 4 } };
    await process.effects.accept(other, process.advance('2'));
    await process.effects.settled();
    expect(process.journal.counts).toMatchObject({ done: 2, duplicates: 0 });
    await process.stop();
  });

  test('twins at once are one', async () => {
    const process = await start();
    const twins = [1, 2, 3, 4].map((y) => process.effects.accept(entry(y, 7), process.advance(String(y))));
    await Promise.all(twins);
    await process.effects.settled();
    expect(await effectsOnDisk(process, 7)).toBe(1);
    expect(process.journal.counts).toMatchObject({ done: 1, duplicates: 3 });
    await process.stop();
  });
});

describe('a crash at any write', () => {
  test.each([1, 2, 3, 4])('at synced write %i: after restart each command acted once and is receipted', async (at) => {
    const crashing = new CrashingStore();
    crashing.crashAt = at;
    const before = await start(crashing);
    const run = async (process: Process): Promise<void> => {
      for (const y of [1, 2]) {
        await process.effects.accept(entry(y, 10 + y), process.advance(String(y)));
        await process.journal.pending();
      }
    };
    await run(before).catch((error: unknown) => expect(error).toBeInstanceOf(Crash));
    await before.stop();

    const after = await start();
    await after.effects.resume();
    const place = Number((await after.place()) ?? '0');
    for (const y of [1, 2]) if (y > place) await after.effects.accept(entry(y, 10 + y), after.advance(String(y)));
    await after.effects.settled();
    for (const id of [11, 12]) expect([id, await effectsOnDisk(after, id)]).toEqual([id, 1]);
    expect(after.journal.counts).toEqual({ pending: 0, done: 2, refused: 0, duplicates: 0 });
    expect(await after.place()).toBe('2');
    await after.stop();
  });
});

test('a pile that does not answer keeps its command pending until it does', async () => {
  const process = await start();
  process.actuator.fail = 2;
  await process.effects.accept(entry(1, 7), process.advance('1'));
  await process.effects.settled();
  expect(process.actuator.calls).toBe(3);
  expect(await effectsOnDisk(process, 7)).toBe(1);
  await process.stop();
});

test('a command that its pile never answers does not hold up the pile’s others', async () => {
  const process = await start();
  process.actuator.deaf = command(7).commandId;
  await process.effects.accept(entry(1, 7, 8, 9), process.advance('1'));
  const until = Date.now() + 10_000;
  while (process.journal.counts.done < 2 && Date.now() < until) await process.journal.pending();
  expect(process.journal.counts).toMatchObject({ pending: 1, done: 2 });
  await process.stop();
});

test('a command whose body does not fit its schema is refused after opening, and not acted upon', async () => {
  const process = await start();
  const bad = { ...command(7), payload: { transactionId: 'tx', surplus: 1 } };
  const unknown = { ...command(8), action: 'Explode' };
  const foreign = { ...command(9), kind: 'report' as const, action: 'PlugIn' };
  await process.effects.accept({ ...entry(1), commands: [bad, unknown, foreign] }, process.advance('1'));
  await process.effects.settled();
  expect(process.actuator.calls).toBe(0);
  expect(process.journal.counts).toMatchObject({ done: 0, refused: 3 });
  expect(process.owed).toHaveLength(3);
  await process.stop();
});
