import { type HolderKey, merkleRoot, RECORD_TREE, encodeRecord, toHex } from '@chargecast/signcryption';
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
    const replica = await scene.caughtUp();
    const { number } = await chain.addRecords(csc.record, ev.record);
    await chain.advanceSlot(NOW + 900, { ...rootsOf(csc, ev), certchainBlock: Number(number) });
    await scene.synced(replica);
    expect([replica.isFresh(NOW + 3 * 900), replica.isFresh(NOW + 4 * 900)]).toEqual([true, false]);
    await replica.stop();
    const again = await scene.opened();
    expect(again.isFresh(NOW + 3 * 900)).toBe(true);
  });

  it('waits for the certification chain the head speaks of', async () => {
    const replica = await scene.caughtUp();
    const next = BigInt(chain.blocksOf.certchain.length);
    await chain.advanceSlot(NOW + 900, { ...rootsOf(csc), certchainBlock: Number(next) });
    await scene.synced(replica);
    expect([replica.isFresh(NOW + 2 * 900), replica.isFresh(NOW + 3 * 900)]).toEqual([true, false]);
    await chain.addRecords(csc.record);
    await scene.synced(replica);
    expect(replica.isFresh(NOW + 3 * 900)).toBe(true);
  });

  it('ends at once when a majority saw a record that was withheld here', async () => {
    const replica = await scene.caughtUp();
    const { number } = await chain.addRecords(csc.record);
    await chain.advanceSlot(NOW + 900, { ...rootsOf(csc, ev), certchainBlock: Number(number) });
    await scene.synced(replica);
    expect(replica.isFresh(NOW)).toBe(false);
    await chain.advanceSlot(NOW + 1800, { ...rootsOf(csc), certchainBlock: Number(number) });
    await scene.synced(replica);
    expect(replica.isFresh(NOW)).toBe(true);
  });

  it('ends at once when a majority saw a revocation that was withheld here', async () => {
    const replica = await scene.caughtUp();
    await chain.advanceSlot(NOW + 900, { revocationsRoot: '33'.repeat(64) });
    await scene.synced(replica);
    expect(replica.isFresh(NOW)).toBe(false);
  });
});
