import { slotNumber } from '@chargecast/protocol';
import { decodeSigma, sigmaId, toHex } from '@chargecast/signcryption';
import { NOW } from '@chargecast/signcryption/testing/world';

import { ReplicaScene, soon } from '../testing/replica-scene';
import { type TestChain } from '../testing/test-chain';
import { type AppliedBlock, type ReplicaOptions } from '.';
import { type Store } from '../store';

let scene: ReplicaScene;
let chain: TestChain;
let store: Store;

beforeEach(async () => {
  scene = await ReplicaScene.open();
  ({ chain, store } = scene);
});
afterEach(() => scene.close());

describe('committed σ', () => {
  it('come in order with their place, once, and are found again', async () => {
    const seen: AppliedBlock[] = [];
    const replica = await scene.caughtUp({ apply: (applied) => void seen.push(applied) });
    const first = [await scene.sealed('a'), await scene.sealed('b')] as const;
    const waiting = replica.whenCommitted(sigmaId(first[1]), soon());
    const block = await chain.addSigmas(first);
    await chain.addSigmas([await scene.sealed('c')]);
    await scene.synced(replica);
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
    const replica = await scene.caughtUp();
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
    const replica = await scene.caughtUp({ apply });
    const sigmas = [await scene.sealed('a'), await scene.sealed('b')];
    await chain.addSigmas(sigmas);
    await scene.synced(replica);
    expect(trouble).toBe(-2);
    await replica.stop();
    await chain.addSigmas([await scene.sealed('c')]);
    const again = await scene.caughtUp({ apply });
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
    await scene.caughtUp({
      apply: async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
      },
    });
    expect(most).toBe(1);
  });
});
