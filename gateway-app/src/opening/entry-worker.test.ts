import {
  encodeMessages,
  type HolderKey,
  ready,
  Role,
  sessionBinding,
  sigmaId,
  toHex,
  verifySigma,
} from '@chargecast/signcryption';
import { publicKeys, World } from '@chargecast/signcryption/testing/world';
import { mkdtempSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { silentLogger } from '../common/log';
import { encodePayload } from '../holder';
import { type CommittedSigma, type ReplicaView } from '../replica';
import { openStore, type Store } from '../store';
import { GroupCommit } from '../store/group-commit';
import { EffectJournal } from './effect-journal';
import { Effects } from './effects';
import { EntryWorker, type Receiver } from './entry-worker';
import { OwnEntries } from './own-entries';
import { SigmaLog, type SigmaPlace } from './sigma-log';

const NOW = Math.floor(Date.now() / 1000);
let world: World;
let centre: HolderKey;
let pile: HolderKey;
let directory: string;
let store: Store;
let scene: Scene;

/** A pile that opens its own entries, over a log the test fills. */
class Scene {
  isFresh = true;
  refused = 0;
  block = 0n;
  readonly acted: string[] = [];
  readonly hidden = new Set<string>();
  readonly stop = new AbortController();
  done: Promise<void> = Promise.resolve();

  constructor(
    readonly log: SigmaLog,
    readonly effects: Effects,
    readonly writes: GroupCommit,
  ) {}

  start(receiver?: Receiver): void {
    const own = new OwnEntries(store.sub('places'), world.params, Role.CP);
    const view = {
      params: world.params,
      limits: () => world.limits,
      isFresh: () => this.isFresh,
      record: async (f: Uint8Array) => {
        const found = this.hidden.has(toHex(f)) ? undefined : world.replica.get(toHex(f));
        return found && { record: found.keys.record, keys: found.keys, revoked: found.revoked, block: 1n };
      },
    } as unknown as ReplicaView;
    const worker = new EntryWorker(
      {
        log: this.log,
        view,
        effects: this.effects,
        commit: (change) => this.writes.commit(change),
        logger: silentLogger(),
        now: () => Math.floor(Date.now() / 1000),
        opened: () => undefined,
        refused: () => (this.refused += 1),
      },
      receiver ?? own.receiver('P1', holder()),
      '',
    );
    this.done = worker.run(this.stop.signal);
  }

  async commit(sigma: Uint8Array): Promise<void> {
    const place = { block: this.block++, transactionIndex: 0, index: 0 };
    const committed = { ...place, sigma, sigmaId: sigmaId(sigma), txTime: NOW, limits: world.limits };
    const logged = this.log.check(committed as unknown as CommittedSigma);
    const batch = store.batch();
    this.log.keep(logged, batch);
    await batch.commit();
    this.log.appended([logged]);
  }

  async until(holds: () => boolean, what: string): Promise<void> {
    const end = Date.now() + 10_000;
    while (!holds()) {
      if (Date.now() > end) throw new Error(`${what} did not come in time`);
      await delay(5);
    }
  }
}

const holder = (): Parameters<OwnEntries['receiver']>[1] =>
  ({ f: pile.record.f, keyOf: () => pile }) as unknown as Parameters<OwnEntries['receiver']>[1];

async function seal(id: number, text = encodedCommand(id)): Promise<Uint8Array> {
  return (await world.seal(centre, [{ keys: publicKeys(pile), message: text }])).sigma;
}

const idOf = (id: number): string => id.toString(16).padStart(32, '0');
const encodedCommand = (id: number): Uint8Array =>
  encodePayload([{ commandId: idOf(id), kind: 'notice', action: 'DataTransfer', payload: { vendorId: 'x' } }]);

beforeEach(async () => {
  await ready();
  world = new World(expect.getState().currentTestName);
  world.env.time = NOW;
  centre = await world.enrol('csc:csc1', Role.CSC);
  pile = await world.enrol('cp:cp1/P1', Role.CP);
  directory = mkdtempSync(join(tmpdir(), 'chargecast-worker-'));
  store = await openStore(directory);
  const writes = new GroupCommit(store);
  const effects = new Effects({
    journal: await EffectJournal.open(store.sub('journal'), writes),
    actuator: { act: async ({ commandId }) => (scene.acted.push(commandId), { outcome: 'done' }) },
    owe: () => undefined,
    owed: () => undefined,
    finished: () => undefined,
    log: silentLogger(),
    stopping: new AbortController().signal,
  });
  scene = new Scene(await SigmaLog.open(store.sub('sigmas'), world.params), effects, writes);
});
afterEach(async () => {
  scene.stop.abort();
  scene.log.wake();
  await scene.done;
  await scene.effects.settled();
  await store.close();
  rmSync(directory, { recursive: true });
});

describe('attack 30: a reader that is kept from the newest slot head does not act', () => {
  test('until a recent head has come', async () => {
    scene.isFresh = false;
    scene.start();
    await scene.commit(await seal(1));
    await delay(400);
    expect(scene.acted).toEqual([]);
    scene.isFresh = true;
    await scene.until(() => scene.acted.length === 1, 'the act');
  });
});

test('a sender whose record comes a moment after its σ is waited for', async () => {
  scene.hidden.add(toHex(centre.record.f));
  scene.start();
  await scene.commit(await seal(1));
  await delay(300);
  expect(scene.acted).toEqual([]);
  scene.hidden.clear();
  await scene.until(() => scene.acted.length === 1, 'the act');
  expect(scene.refused).toBe(0);
});

test('a sender that does not count is refused, and what follows is opened', async () => {
  const outsider = await world.enrol('csc:rogue', Role.CSC);
  world.replica.delete(toHex(outsider.record.f));
  const { sigma } = await world.seal(outsider, [{ keys: publicKeys(pile), message: encodedCommand(1) }]);
  scene.start();
  await scene.commit(sigma);
  await scene.commit(await seal(2));
  await scene.until(() => scene.acted.length === 1, 'the honest one');
  expect(scene.acted).toEqual([idOf(2)]);
  expect(scene.refused).toBe(1);
});

test('an authentic message of no known form is left alone', async () => {
  scene.start();
  await scene.commit(await seal(1, encodeMessages({ commandId: new Uint8Array(16), messages: [Buffer.from('??')] })));
  await scene.commit(await seal(2));
  await scene.until(() => scene.acted.length === 1, 'the next one');
  expect(scene.refused).toBe(1);
});

test('what is sealed to a session is not for the pile’s own record, and is no error', async () => {
  const bind = sessionBinding(pile.record.f, new Uint8Array(16));
  const { sigma } = await world.seal(centre, [{ keys: publicKeys(pile), bind, message: encodedCommand(1) }]);
  scene.start();
  await scene.commit(sigma);
  await scene.commit(await seal(2));
  await scene.until(() => scene.acted.length === 1, 'the next one');
  expect(scene.acted).toEqual([idOf(2)]);
  expect(scene.refused).toBe(0);
});

test('a vehicle that goes away is asked again, and nothing is skipped', async () => {
  const own = new OwnEntries(store.sub('places'), world.params, Role.CP).receiver('P1', holder());
  let failures = 3;
  const asked: number[] = [];
  scene.start({
    ...own,
    keys: async (sigmas) => {
      asked.push(sigmas.length);
      if (failures-- > 0) throw new Error('gone');
      return own.keys(sigmas);
    },
  });
  for (const id of [1, 2, 3]) await scene.commit(await seal(id));
  await scene.until(() => scene.acted.length === 3, 'all three');
  expect(scene.acted).toEqual([1, 2, 3].map(idOf));
  expect(asked.length).toBeGreaterThan(3);
});

test('a log that finds σ’s in the process’s own copy of the chain keeps their places alone, and verifies none twice', async () => {
  const chain = new Map<bigint, Uint8Array>();
  const first = await seal(1);
  const held = verifySigma(world.params, first);
  const known = {
    verified: (id: string) => (id === toHex(held.id) ? held : undefined),
    archived: async ({ block }: SigmaPlace) => chain.get(block),
  };
  const places = store.sub('places-alone');
  const log = await SigmaLog.open(places, world.params, known);
  const second = await seal(2);
  for (const [number, sigma] of [first, second].entries()) {
    const committed = { block: BigInt(number), transactionIndex: 0, index: 0, sigma, sigmaId: sigmaId(sigma) };
    const logged = log.check({ ...committed, txTime: NOW, limits: world.limits } as unknown as CommittedSigma);
    expect(logged.verified === held).toBe(number === 0);
    const batch = store.batch();
    log.keep(logged, batch);
    await batch.commit();
    chain.set(BigInt(number), sigma);
  }
  for await (const { value } of places.entries()) expect(value).toHaveLength(0);
  const again = await SigmaLog.open(places, world.params, known);
  const found = await again.behind('', 9);
  expect(found.map(({ verified }) => toHex(verified.sigma.bytes))).toEqual([first, second].map(toHex));
});

test('the log forgets what every receiver is through with, and comes back from disk as it was', async () => {
  for (const id of [1, 2, 3]) await scene.commit(await seal(id));
  const [first] = await scene.log.behind('', 1);
  await scene.log.prune(first?.position);
  expect(scene.log.length).toBe(2);
  const again = await SigmaLog.open(store.sub('sigmas'), world.params);
  const ids = async (log: SigmaLog): Promise<string[]> => (await log.behind('', 9)).map(({ id }) => id);
  expect(await ids(again)).toEqual(await ids(scene.log));
  expect(await again.behind(SigmaLog.after(1n), 9)).toHaveLength(1);
  await again.prune(undefined);
  expect(again.length).toBe(0);
});
