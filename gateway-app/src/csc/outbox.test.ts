import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openSealedStore, type Store } from '../store';
import { type OutboxCommand, type OutboxSigma } from './command';
import { type NewCommand, Outbox, type SealedBatch } from './outbox';

let directory: string;
let store: Store;
let time = 1_000;
const now = (): number => time;
let runs = 0;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'outbox-'));
  store = await openSealedStore(join(directory, 'db'), join(directory, 'key'));
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

const hex = (byte: number, length = 16): string => byte.toString(16).padStart(2, '0').repeat(length);
const command = (byte: number): NewCommand => ({
  id: hex(byte),
  customer: `customer ${byte}`,
  kind: 'control',
  action: 'RequestStopTransaction',
  payload: { transactionId: `tx-${byte}` },
});
const sealing = (sigma: number, commands: readonly number[], pile = 0xcc): SealedBatch => ({
  bytes: Uint8Array.of(sigma),
  placed: new Map(commands.map((byte) => [hex(byte), { receiver: hex(0xee), actor: hex(pile), session: hex(0x55) }])),
  sigma: {
    id: hex(sigma, 32),
    stage: 'sealed',
    receivers: [hex(0xee)],
    commands: commands.map((byte) => hex(byte)),
    sealedAt: time,
    notAfter: 10_000,
    deadline: 0,
    acks: [],
    committedAt: 0,
  },
});
const acks: OutboxSigma['acks'] = [
  { mspId: 'CSS1MSP', deadline: 20, signature: 'aa' },
  { mspId: 'CSS2MSP', deadline: 30, signature: 'bb' },
];

async function fresh(): Promise<{ outbox: Outbox; part: Store }> {
  const part = store.sub(`run-${(runs += 1)}`);
  return { outbox: await Outbox.load(part, now), part };
}

const stageOf = async (outbox: Outbox, byte: number): Promise<Partial<OutboxCommand> | undefined> => {
  const found = await outbox.command(hex(byte));
  return found && { stage: found.stage, code: found.code, attempts: found.attempts };
};

/** All that an outbox knows, as far as a reader can see it. */
async function seen(outbox: Outbox, ids: readonly number[]): Promise<unknown> {
  return {
    commands: await Promise.all(ids.map((byte) => outbox.command(hex(byte)))),
    sigmas: [...outbox.openSigmas()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    due: outbox.due(),
    counts: outbox.counts(),
    underWay: outbox
      .underWayTo(hex(0xee))
      .map(({ id }) => id)
      .sort(),
  };
}

describe('the outbox', () => {
  it('takes a command through its stages and forgets σ when the last answer is in', async () => {
    const { outbox } = await fresh();
    await outbox.add([command(1), command(2)]);
    expect(outbox.due().map(({ id }) => id)).toEqual([hex(1), hex(2)]);
    await outbox.seal(sealing(0xa1, [1, 2]));
    expect(await stageOf(outbox, 1)).toEqual({ stage: 'sealed', code: '', attempts: 1 });
    await outbox.acknowledge(hex(0xa1, 32), acks);
    expect(outbox.sigma(hex(0xa1, 32))).toMatchObject({ stage: 'acknowledged', deadline: 30 });
    await outbox.commit(hex(0xa1, 32));
    await outbox.deliver(hex(1));
    expect(await outbox.sigmaBytes(hex(0xa1, 32))).toEqual(Buffer.of(0xa1));
    await outbox.deliver(hex(2));
    await expect(outbox.sigmaBytes(hex(0xa1, 32))).rejects.toMatchObject({ code: 'E_OUTBOX_SIGMA' });
    expect(outbox.openSigmas()).toEqual([]);
    expect(outbox.counts()).toMatchObject({ delivered: 2, waiting: 0 });
  });

  it('remembers when a command took each step, after a restart as before', async () => {
    const { outbox, part } = await fresh();
    const began = time;
    const next = (): number => (time += 10);
    await outbox.add([command(1), command(2)]);
    next();
    await outbox.seal(sealing(0xa1, [1, 2]));
    next();
    await outbox.acknowledge(hex(0xa1, 32), acks);
    next();
    await outbox.commit(hex(0xa1, 32));
    next();
    const stages = ['waiting', 'sealed', 'acknowledged', 'committed'];
    const way = stages.map((stage, i) => ({
      stage,
      at: began + 10 * i,
      code: '',
      sigmaId: i === 0 ? '' : hex(0xa1, 32),
    }));
    const restarted = await Outbox.load(part, now);
    for (const each of [outbox, restarted]) expect((await each.command(hex(1)))?.way).toEqual(way);
    await restarted.deliver(hex(2));
    const delivered = { stage: 'delivered', at: time, code: '', sigmaId: hex(0xa1, 32) };
    expect((await restarted.command(hex(2)))?.way).toEqual([...way, delivered]);
    expect((await (await Outbox.load(part, now)).command(hex(2)))?.way).toEqual([...way, delivered]);
  });

  it('shows a σ to senders only when it is whole on disk', async () => {
    const { outbox } = await fresh();
    await outbox.add([command(1)]);
    const stored = outbox.seal(sealing(0xa1, [1]));
    expect(outbox.openSigmas()).toEqual([]);
    await stored;
    expect(outbox.openSigmas()).toHaveLength(1);
    expect(await outbox.sigmaBytes(hex(0xa1, 32))).toEqual(Buffer.of(0xa1));
  });

  it('keeps a command’s actors over every sealing, so that a late receipt is still believed', async () => {
    const { outbox } = await fresh();
    await outbox.add([command(1)]);
    await outbox.seal(sealing(0xa1, [1], 0xc1));
    await outbox.release(hex(0xa1, 32), 'E_NO_RECEIPT', () => time + 50);
    expect(outbox.due()).toEqual([]);
    time += 50;
    expect(outbox.due()).toHaveLength(1);
    await outbox.seal(sealing(0xa2, [1], 0xc2));
    expect((await outbox.command(hex(1)))?.actors).toEqual([hex(0xc1), hex(0xc2)]);
    await outbox.commit(hex(0xa1, 32));
    expect(await stageOf(outbox, 1)).toEqual({ stage: 'sealed', code: '', attempts: 2 });
  });

  it('never goes back: a late acknowledgement or inclusion leaves what is further', async () => {
    const { outbox } = await fresh();
    await outbox.add([command(1)]);
    await outbox.seal(sealing(0xa1, [1]));
    await outbox.commit(hex(0xa1, 32));
    await outbox.acknowledge(hex(0xa1, 32), acks);
    expect(outbox.sigma(hex(0xa1, 32))?.stage).toBe('committed');
    await outbox.fail(hex(1), 'E_OCPP_SCHEMA');
    await outbox.deliver(hex(1));
    expect(await stageOf(outbox, 1)).toEqual({ stage: 'failed', code: 'E_OCPP_SCHEMA', attempts: 1 });
    expect(outbox.counts()).toMatchObject({ delivered: 0, failed: 1 });
  });

  it('detaches the commands of one vehicle and lets the rest of σ go on', async () => {
    const { outbox } = await fresh();
    await outbox.add([command(1), command(2)]);
    await outbox.seal(sealing(0xa1, [1, 2]));
    await outbox.detach([hex(1)], 'E_NOT_PLUGGED_IN', 0);
    expect(await stageOf(outbox, 1)).toEqual({ stage: 'waiting', code: 'E_NOT_PLUGGED_IN', attempts: 1 });
    await outbox.commit(hex(0xa1, 32));
    expect(await stageOf(outbox, 2)).toMatchObject({ stage: 'committed' });
    expect(await stageOf(outbox, 1)).toMatchObject({ stage: 'waiting' });
    await outbox.detach([hex(2)], 'E_NOT_PLUGGED_IN', 0);
    expect(outbox.openSigmas()).toEqual([]);
  });

  it('forgets closed commands when their time is over, and open ones never', async () => {
    const { outbox } = await fresh();
    await outbox.add([command(1), command(2)]);
    await outbox.deliver(hex(1));
    await outbox.prune(now());
    expect(await outbox.command(hex(1))).toBeDefined();
    await outbox.prune(now() + 1);
    expect(await outbox.command(hex(1))).toBeUndefined();
    expect(await stageOf(outbox, 2)).toMatchObject({ stage: 'waiting' });
  });

  it('tells listeners of changes that are on disk', async () => {
    const { outbox, part } = await fresh();
    const told: Promise<unknown>[] = [];
    outbox.onChange(({ id }) => told.push(part.sub('commands').get(id)));
    await outbox.add([command(1)]);
    await outbox.deliver(hex(1));
    expect(await Promise.all(told)).toEqual([expect.any(Uint8Array), expect.any(Uint8Array)]);
  });

  it('after any history, and a crash at any point of it, disk and memory say the same', async () => {
    const step = fc.record({
      what: fc.constantFrom('add', 'seal', 'acknowledge', 'commit', 'release', 'detach', 'deliver', 'fail', 'explain'),
      command: fc.integer({ min: 1, max: 3 }),
      sigma: fc.integer({ min: 0xa0, max: 0xa1 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
        const { outbox, part } = await fresh();
        const added = new Set<number>();
        for (const { what, command: byte, sigma } of steps) {
          time += 1;
          const id = hex(sigma, 32);
          if (what === 'add' && !added.has(byte)) await outbox.add([command((added.add(byte), byte))]);
          const due = [...added].filter((each) => outbox.due().some((c) => c.id === hex(each)));
          if (what === 'seal' && outbox.sigma(id) === undefined && due.length > 0) {
            await outbox.seal(sealing(sigma, due.slice(0, 1 + (byte % 3))));
          }
          if (what === 'acknowledge') await outbox.acknowledge(id, acks);
          if (what === 'commit') await outbox.commit(id);
          if (what === 'release') await outbox.release(id, 'E_NOT_INCLUDED', () => 0);
          if (what === 'detach') await outbox.detach([hex(byte)], 'E_NOT_PLUGGED_IN', 0);
          if (what === 'deliver') await outbox.deliver(hex(byte));
          if (what === 'fail') await outbox.fail(hex(byte), 'E_REFUSED');
          if (what === 'explain') await outbox.explain(new Map([[hex(byte), 'E_CUSTOMER_UNBOUND']]));
          const reloaded = await Outbox.load(part, now);
          expect(await seen(reloaded, [...added])).toEqual(await seen(outbox, [...added]));
        }
        const open = [...added].length - outbox.counts().delivered - outbox.counts().failed;
        const { waiting, sealed, acknowledged, committed } = outbox.counts();
        expect(waiting + sealed + acknowledged + committed).toBe(open);
      }),
      { numRuns: 150 },
    );
  });
});
