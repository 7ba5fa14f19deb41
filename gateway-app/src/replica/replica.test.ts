import { BROADCAST, governanceStatement, type LimitsItem, REGISTRATION, slotNumber } from '@chargecast/protocol';
import {
  createLimits,
  encodeLimits,
  merkleRoot,
  RECORD_TREE,
  encodeRecord,
  toHex,
  Role,
  type HolderKey,
} from '@chargecast/signcryption';
import { NOW } from '@chargecast/signcryption/testing/world';

import { ReplicaScene } from '../testing/replica-scene';
import { type TestChain } from '../testing/test-chain';

let scene: ReplicaScene;
let chain: TestChain;
let csc: HolderKey;
let ev: HolderKey;

beforeEach(async () => {
  scene = await ReplicaScene.open();
  ({ chain, csc, ev } = scene);
});
afterEach(() => scene.close());

describe('what a replica says', () => {
  it('is nothing before it has read anything', async () => {
    const replica = await scene.opened();
    expect(replica.position('datachain')).toBeUndefined();
    expect(() => replica.limits()).toThrow(expect.objectContaining({ code: 'E_REPLICA_EMPTY' }) as Error);
    expect(replica.slot()).toBeUndefined();
    expect(replica.isFresh(NOW)).toBe(false);
    await expect(replica.roots(0n)).rejects.toMatchObject({ code: 'E_REPLICA_BEHIND' });
  });

  it('follows limits, epochs and slots', async () => {
    const replica = await scene.caughtUp();
    const { limits } = chain.consortium.world;
    expect(encodeLimits(replica.limits())).toBe(encodeLimits(limits));
    expect(replica.epochs()).toEqual({ version: 1, current: 7, accepted: [7], schedule: [{ epoch: 7 }] });
    expect(replica.slot()).toMatchObject({ number: slotNumber(NOW), epoch: 7, certchainBlock: 0n });
    expect([replica.isFresh(NOW + 2 * 900), replica.isFresh(NOW + 3 * 900)]).toEqual([true, false]);
    const next = createLimits({ ...limits, version: 2, maxTtl: 1800 });
    const item = chain.consortium.versioned<LimitsItem>(chain.consortium.limits(next));
    await chain.add('datachain', chain.consortium.cast('kgc', BROADCAST.mirrorGovernance, [JSON.stringify(item)]));
    await scene.synced(replica);
    expect(replica.limits()).toMatchObject({ version: 2, maxTtl: 1800 });
  });

  it('counts records by their own support and knows their keys', async () => {
    const replica = await scene.caughtUp();
    const block = await chain.addRecords(csc.record, ev.record);
    await scene.synced(replica);
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
    const replica = await scene.caughtUp();
    const found = await replica.record(csc.record.f);
    expect(found?.record.role).toBe(Role.CSC);
    expect(found?.keys).toBeUndefined();
    for await (const record of replica.records({ counting: true })) throw new Error(`counts: ${record.block}`);
  });

  it('knows providers and revocations, from the moment they take effect', async () => {
    const replica = await scene.caughtUp();
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
    await scene.synced(replica);
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
    await scene.synced(replica);
    expect(await replica.isCredentialRevoked(credential.oneTimeKey)).toBe(true);
    expect(await replica.isCredentialRevoked(new Uint8Array(32))).toBe(false);
    await replica.stop();
    const again = await scene.opened();
    expect(await again.isCredentialRevoked(credential.oneTimeKey)).toBe(true);
    expect((await again.record(csc.record.f))?.revoked).toBe(true);
    expect((await again.record(ev.record.f))?.revoked).toBe(false);
  });

  it('gives the roots of any block read, whatever came later', async () => {
    const replica = await scene.caughtUp();
    const { number } = await chain.addRecords(ev.record);
    await scene.synced(replica);
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
    await scene.synced(replica);
    expect(await replica.roots(number)).toEqual(then);
    const roots = await Promise.all([0n, 1n, 2n, 3n].map((more) => replica.roots(number + more)));
    expect(new Set(roots.map(({ recordsRoot }) => toHex(recordsRoot))).size).toBe(2);
    expect(new Set(roots.map(({ revocationsRoot }) => toHex(revocationsRoot))).size).toBe(3);
  });
});
