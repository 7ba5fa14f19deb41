import { BROADCAST, governanceStatement, type LimitsItem, REGISTRATION, slotNumber } from '@chargecast/protocol';
import {
  createLimits,
  decodeSigma,
  encodeLimits,
  type HolderKey,
  merkleRoot,
  RECORD_TREE,
  encodeRecord,
  Role,
  sigmaId,
  toHex,
} from '@chargecast/signcryption';
import { message, NOW, publicKeys } from '@chargecast/signcryption/testing/world';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { silentLogger } from '../common/log';
import { type BlockSource, type Channel, type LedgerBlock } from '../ledger/port';
import { openStore, type Store } from '../store';
import { TestChain } from '../testing/test-chain';
import { type AppliedBlock, openReplica, type Replica, type ReplicaOptions } from '.';

let directory: string;
let chain: TestChain;
let csc: HolderKey;
let ev: HolderKey;
let store: Store;
const replicas: Replica[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'replica-'));
  chain = await TestChain.initialised(expect.getState().currentTestName);
  csc = await chain.consortium.world.enrol('csc', Role.CSC);
  ev = await chain.consortium.world.enrol('ev', Role.EV);
  store = await openStore(join(directory, 'db'));
});
afterEach(async () => {
  await Promise.all(replicas.splice(0).map((replica) => replica.stop()));
  await store.close();
  rmSync(directory, { recursive: true });
});

const soon = (): AbortSignal => AbortSignal.timeout(10_000);

async function opened(options: Partial<ReplicaOptions> = {}): Promise<Replica> {
  const { trust } = chain;
  const base = { store: store.sub('replica'), trust, source: chain, logger: silentLogger() };
  const replica = await openReplica({ ...base, ...options });
  replicas.push(replica);
  return replica;
}

async function caughtUp(options: Partial<ReplicaOptions> = {}): Promise<Replica> {
  const replica = await opened(options);
  replica.start();
  await synced(replica);
  return replica;
}

async function synced(replica: Replica): Promise<void> {
  for (const channel of ['certchain', 'datachain'] as const) {
    await replica.reached(channel, BigInt(chain.blocksOf[channel].length - 1), soon());
  }
}

async function sealed(text = 'charge'): Promise<Uint8Array> {
  const receiver = { keys: publicKeys(ev), bind: new Uint8Array(64), message: message(text) };
  return (await chain.consortium.world.seal(csc, [receiver])).sigma;
}

async function* tampered(
  change: (block: LedgerBlock) => LedgerBlock,
  inner: AsyncIterable<LedgerBlock>,
): AsyncGenerator<LedgerBlock> {
  for await (const block of inner) yield change(block);
}

const changing = (change: (block: LedgerBlock, channel: Channel) => LedgerBlock): BlockSource => ({
  blocks: (channel, options) => tampered((block) => change(block, channel), chain.blocks(channel, options)),
});

describe('what a replica says', () => {
  it('is nothing before it has read anything', async () => {
    const replica = await opened();
    expect(replica.position('datachain')).toBeUndefined();
    expect(() => replica.limits()).toThrow(expect.objectContaining({ code: 'E_REPLICA_EMPTY' }) as Error);
    expect(replica.slot()).toBeUndefined();
    expect(replica.isFresh(NOW)).toBe(false);
    await expect(replica.roots(0n)).rejects.toMatchObject({ code: 'E_REPLICA_BEHIND' });
  });

  it('follows limits, epochs and slots', async () => {
    const replica = await caughtUp();
    const { limits } = chain.consortium.world;
    expect(encodeLimits(replica.limits())).toBe(encodeLimits(limits));
    expect(replica.epochs()).toEqual({ version: 1, current: 7, accepted: [7], schedule: [{ epoch: 7 }] });
    expect(replica.slot()).toMatchObject({ number: slotNumber(NOW), epoch: 7, certchainBlock: 0n });
    expect([replica.isFresh(NOW + 2 * 900), replica.isFresh(NOW + 3 * 900)]).toEqual([true, false]);
    const next = createLimits({ ...limits, version: 2, maxTtl: 1800 });
    const item = chain.consortium.versioned<LimitsItem>(chain.consortium.limits(next));
    await chain.add('datachain', chain.consortium.cast('kgc', BROADCAST.mirrorGovernance, [JSON.stringify(item)]));
    await synced(replica);
    expect(replica.limits()).toMatchObject({ version: 2, maxTtl: 1800 });
  });

  it('counts records by their own support and knows their keys', async () => {
    const replica = await caughtUp();
    const block = await chain.addRecords(csc.record, ev.record);
    await synced(replica);
    for (const holder of [csc, ev]) {
      const found = await replica.record(holder.record.f);
      expect(found).toMatchObject({ block: block.number, revoked: false });
      expect(toHex(found?.keys?.Q as Uint8Array)).toBe(toHex(holder.Q));
    }
    expect(await replica.record(new Uint8Array(16))).toBeUndefined();
    const roles: number[] = [];
    for await (const { record } of replica.records({ counting: true, epoch: 7 })) roles.push(record.role);
    expect(roles.sort()).toEqual([Role.EV, Role.CSC].sort());
    for await (const { record } of replica.records({ role: Role.EV })) expect(record.role).toBe(Role.EV);
  });

  it('does not count a record the endorsers let through without support', async () => {
    const entry = { ...chain.consortium.entry(csc.record), approvals: [] };
    const simulation = await chain.consortium.register('relay', REGISTRATION.putRecords, [
      JSON.stringify([chain.consortium.entry(csc.record)]),
    ]);
    const key = `record:${toHex(csc.record.f)}`;
    const writes = new Map(simulation.writes).set(key, Buffer.from(JSON.stringify(entry)));
    await chain.add('certchain', Promise.resolve({ ...simulation, writes }));
    const replica = await caughtUp();
    const found = await replica.record(csc.record.f);
    expect(found?.record.role).toBe(Role.CSC);
    expect(found?.keys).toBeUndefined();
    for await (const record of replica.records({ counting: true })) throw new Error(`counts: ${record.block}`);
  });

  it('knows providers and revocations, from the moment they take effect', async () => {
    const replica = await caughtUp();
    await chain.addRecords(csc.record, ev.record);
    const { consortium } = chain;
    const revoke = async (f: Uint8Array, effective: number): Promise<void> => {
      const item = consortium.revocation(
        'revokedRecord',
        toHex(f),
        (statement) => consortium.organisations(['CSS1MSP', 'CSS2MSP', 'CSS3MSP'], statement),
        { effective },
      );
      await chain.add('certchain', consortium.register('kgc', REGISTRATION.mirrorGovernance, [JSON.stringify(item)]));
    };
    await revoke(csc.record.f, NOW);
    await revoke(ev.record.f, 4_000_000_000);
    await synced(replica);
    expect((await replica.provider('provider-one'))?.mspId).toBe('ESP1MSP');
    expect(await replica.provider('nobody')).toBeUndefined();
    expect(await replica.isRecordRevoked(csc.record.f)).toBe(true);
    expect((await replica.record(csc.record.f))?.revoked).toBe(true);
    expect(await replica.isRecordRevoked(ev.record.f)).toBe(false);
    const credential = await consortium.world.credential(ev);
    const own = consortium.revocation('revokedCredential', toHex(credential.oneTimeKey), (statement) => [
      { by: 'holder', signature: consortium.sign(credential.y, statement) },
    ]);
    expect(governanceStatement(own).tag).toBe('rev');
    await chain.add('datachain', consortium.cast('kgc', BROADCAST.mirrorGovernance, [JSON.stringify(own)]));
    await synced(replica);
    expect(await replica.isCredentialRevoked(credential.oneTimeKey)).toBe(true);
    expect(await replica.isCredentialRevoked(new Uint8Array(32))).toBe(false);
    await replica.stop();
    const again = await opened();
    expect(await again.isCredentialRevoked(credential.oneTimeKey)).toBe(true);
    expect((await again.record(csc.record.f))?.revoked).toBe(true);
    expect((await again.record(ev.record.f))?.revoked).toBe(false);
  });

  it('gives the roots of any block read, whatever came later', async () => {
    const replica = await caughtUp();
    const { number } = await chain.addRecords(ev.record);
    await synced(replica);
    const then = await replica.roots(number);
    expect(toHex(then.recordsRoot)).toBe(toHex(merkleRoot(RECORD_TREE, [encodeRecord(ev.record)])));
    const empty = await replica.roots(number - 1n);
    expect(toHex(empty.recordsRoot)).toBe(toHex(merkleRoot(RECORD_TREE, [])));
    await chain.addRecords(csc.record);
    const { consortium } = chain;
    for (const effective of [NOW + 10, NOW]) {
      const item = consortium.revocation(
        'revokedRecord',
        toHex(ev.record.f),
        (statement) => consortium.organisations(['CSS1MSP', 'CSS2MSP', 'CSS3MSP'], statement),
        { effective },
      );
      await chain.add('certchain', consortium.register('kgc', REGISTRATION.mirrorGovernance, [JSON.stringify(item)]));
    }
    await synced(replica);
    expect(await replica.roots(number)).toEqual(then);
    const roots = await Promise.all([0n, 1n, 2n, 3n].map((more) => replica.roots(number + more)));
    expect(new Set(roots.map(({ recordsRoot }) => toHex(recordsRoot))).size).toBe(2);
    expect(new Set(roots.map(({ revocationsRoot }) => toHex(revocationsRoot))).size).toBe(3);
  });
});

describe('committed σ', () => {
  it('come in order with their place, once, and are found again', async () => {
    const seen: AppliedBlock[] = [];
    const replica = await caughtUp({ apply: (applied) => void seen.push(applied) });
    const first = [await sealed('a'), await sealed('b')] as const;
    const waiting = replica.whenCommitted(sigmaId(first[1]), soon());
    const block = await chain.addSigmas(first);
    await chain.addSigmas([await sealed('c')]);
    await synced(replica);
    const sigmas = seen.flatMap((applied) => applied.sigmas);
    expect(sigmas.map(({ index }) => index)).toEqual([0, 1, 0]);
    expect(sigmas.slice(0, 2).map(({ sigma }) => toHex(sigma))).toEqual(first.map(toHex));
    expect(sigmas[0]).toMatchObject({ block: block.number, txTime: NOW, transactionIndex: 0 });
    expect(sigmas[0]?.limits.version).toBe(1);
    const place = { block: block.number, transactionId: block.transactions[0]?.transactionId };
    expect(await waiting).toEqual(place);
    expect(await replica.whenCommitted(sigmaId(first[0]))).toEqual(place);
    expect(await replica.committed(new Uint8Array(32))).toBeUndefined();
    const [, sigma] = first;
    const { oneTimeKey } = decodeSigma(sigma).header;
    expect(await replica.isCredentialSpent(oneTimeKey)).toBe(true);
    expect(await replica.isCredentialSpent(new Uint8Array(32))).toBe(false);
  });

  it('give up waiting when the caller does', async () => {
    const replica = await caughtUp();
    const given = new AbortController();
    const waits = [
      replica.whenCommitted(new Uint8Array(32), given.signal),
      replica.reached('datachain', 99n, given.signal),
    ];
    const ended = Promise.allSettled(waits);
    given.abort();
    const cancelled = { status: 'rejected', reason: { code: 'E_CANCELLED' } };
    expect(await ended).toMatchObject([cancelled, cancelled]);
    await expect(replica.reached('datachain', 99n, given.signal)).rejects.toMatchObject({ code: 'E_CANCELLED' });
  });

  it('are handed over exactly once although the hook, the stream and the process fail in between', async () => {
    const effects = store.sub('effects');
    let trouble = 3;
    const apply: ReplicaOptions['apply'] = ({ sigmas }, batch) => {
      for (const { sigmaId: id } of sigmas) {
        batch.put(effects, toHex(id), Buffer.of(1));
        if (trouble-- > 0) throw new Error('the role stumbles');
      }
    };
    const replica = await caughtUp({ apply });
    const sigmas = [await sealed('a'), await sealed('b')];
    await chain.addSigmas(sigmas);
    await synced(replica);
    expect(trouble).toBe(-2);
    await replica.stop();
    await chain.addSigmas([await sealed('c')]);
    const again = await caughtUp({ apply });
    const found: string[] = [];
    for await (const { key } of effects.entries()) found.push(key);
    expect(found).toHaveLength(3);
    expect(trouble).toBe(-3);
    expect(again.limits().version).toBe(1);
    expect(again.slot()?.number).toBe(slotNumber(NOW));
  });

  it('never run two hooks at once', async () => {
    let running = 0;
    let most = 0;
    await caughtUp({
      apply: async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
      },
    });
    expect(most).toBe(1);
  });
});

describe('freshness', () => {
  const rootsOf = (...holders: HolderKey[]): { recordsRoot: string } => ({
    recordsRoot: toHex(
      merkleRoot(
        RECORD_TREE,
        holders.map(({ record }) => encodeRecord(record)).sort((a, b) => Buffer.compare(a, b)),
      ),
    ),
  });

  it('follows the newest slot head whose roots are those of the records read here', async () => {
    const replica = await caughtUp();
    const { number } = await chain.addRecords(csc.record, ev.record);
    await chain.advanceSlot(NOW + 900, { ...rootsOf(csc, ev), certchainBlock: Number(number) });
    await synced(replica);
    expect([replica.isFresh(NOW + 3 * 900), replica.isFresh(NOW + 4 * 900)]).toEqual([true, false]);
    await replica.stop();
    const again = await opened();
    expect(again.isFresh(NOW + 3 * 900)).toBe(true);
  });

  it('waits for the certification chain the head speaks of', async () => {
    const replica = await caughtUp();
    const next = BigInt(chain.blocksOf.certchain.length);
    await chain.advanceSlot(NOW + 900, { ...rootsOf(csc), certchainBlock: Number(next) });
    await synced(replica);
    expect([replica.isFresh(NOW + 2 * 900), replica.isFresh(NOW + 3 * 900)]).toEqual([true, false]);
    await chain.addRecords(csc.record);
    await synced(replica);
    expect(replica.isFresh(NOW + 3 * 900)).toBe(true);
  });

  it('ends at once when a majority saw a record that was withheld here', async () => {
    const replica = await caughtUp();
    const { number } = await chain.addRecords(csc.record);
    await chain.advanceSlot(NOW + 900, { ...rootsOf(csc, ev), certchainBlock: Number(number) });
    await synced(replica);
    expect(replica.isFresh(NOW)).toBe(false);
    await chain.advanceSlot(NOW + 1800, { ...rootsOf(csc), certchainBlock: Number(number) });
    await synced(replica);
    expect(replica.isFresh(NOW)).toBe(true);
  });

  it('ends at once when a majority saw a revocation that was withheld here', async () => {
    const replica = await caughtUp();
    await chain.advanceSlot(NOW + 900, { revocationsRoot: '33'.repeat(64) });
    await synced(replica);
    expect(replica.isFresh(NOW)).toBe(false);
  });
});

describe('a lying source', () => {
  /** The replica must stand still at `block`, however often the source tries. */
  async function standsBefore(
    source: BlockSource,
    channel: Channel,
    block: bigint,
    trust = chain.trust,
  ): Promise<void> {
    const failures: unknown[] = [];
    const logger = silentLogger();
    logger.error = (fields: unknown) => failures.push(fields);
    const replica = await opened({ source, logger, trust });
    replica.start();
    if (block > 0n) await replica.reached(channel, block - 1n, soon());
    const deadline = Date.now() + 10_000;
    while (failures.length < 2) {
      if (Date.now() > deadline) throw new Error('the lie was not noticed');
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(replica.position(channel)).toBe(block === 0n ? undefined : block - 1n);
  }

  it('that streams a σ endorsed by too few is not followed', async () => {
    const { number } = await chain.addSigmas([await sealed()], { endorsers: ['CSS1MSP', 'CSS2MSP'] });
    await standsBefore(chain, 'datachain', number);
  });

  it('that backdates a transaction is not followed', async () => {
    const { number } = await chain.addSigmas([await sealed()], { shownTime: NOW - 7000 });
    await standsBefore(chain, 'datachain', number);
  });

  it('that withholds a block is not followed', async () => {
    const { number } = await chain.addRecords(csc.record);
    await chain.addRecords(ev.record);
    const source: BlockSource = {
      async *blocks(channel, options) {
        for await (const block of chain.blocks(channel, options)) {
          if (channel !== 'certchain' || block.number !== number) yield block;
        }
      },
    };
    await standsBefore(source, 'certchain', number);
  });

  it('that begins in the middle is not followed', async () => {
    await standsBefore(
      changing((block) => ({ ...block, number: block.number + 1n })),
      'datachain',
      0n,
    );
  });

  it('that turns a refused transaction into a valid one brings nothing the endorsers did not sign', async () => {
    const simulation = await chain.consortium.endorse([await sealed()]);
    const forged = { ...simulation, writes: new Map([...simulation.writes].map(([key, value]) => [key, flip(value)])) };
    const { number } = await chain.add('datachain', Promise.resolve(forged));
    await standsBefore(chain, 'datachain', number);
  });

  it('is left for the next gateway', async () => {
    const { number } = await chain.addSigmas([await sealed()]);
    let attempts = 0;
    const source: BlockSource = {
      blocks: (channel, options) => {
        const liar = channel === 'datachain' && attempts++ === 0;
        const lie = (block: LedgerBlock): LedgerBlock => ({ ...block, previousHash: new Uint8Array(32) });
        return liar ? tampered(lie, chain.blocks(channel, options)) : chain.blocks(channel, options);
      },
    };
    const replica = await opened({ source });
    replica.start();
    await replica.reached('datachain', number, soon());
    expect(attempts).toBeGreaterThan(1);
  });

  it('with other params than the pinned ones is not followed', async () => {
    const other = await TestChain.initialised('other params');
    await standsBefore(other, 'certchain', 1n, { ...other.trust, params: chain.trust.params });
  });

  it('cannot write for the chaincode through another one', async () => {
    await chain.add(
      'certchain',
      chain.consortium.register('provider', REGISTRATION.putRecords, [
        JSON.stringify([chain.consortium.entry(csc.record)]),
      ]),
      { chaincode: 'other' },
    );
    const replica = await caughtUp();
    expect(await replica.record(csc.record.f)).toBeUndefined();
  });
});

function flip(value: Uint8Array): Buffer {
  const changed = Buffer.from(value);
  changed[changed.length - 1] = (changed[changed.length - 1] as number) ^ 1;
  return changed;
}
