import { REGISTRATION } from '@chargecast/protocol';
import { type HolderKey } from '@chargecast/signcryption';
import { NOW } from '@chargecast/signcryption/testing/world';
import { common } from '@hyperledger/fabric-protos';
import { createHash } from 'node:crypto';

import { assembleBlock } from '../ledger/block';
import { type BlockSource, type LedgerBlock } from '../ledger/port';
import { ReplicaScene, soon } from '../testing/replica-scene';
import { configEnvelope, TestChain } from '../testing/test-chain';

let scene: ReplicaScene;
let chain: TestChain;
let csc: HolderKey;
let ev: HolderKey;

beforeEach(async () => {
  scene = await ReplicaScene.open();
  ({ chain, csc, ev } = scene);
});
afterEach(() => scene.close());

const ENDORSEMENT = { code: 'E_ENDORSEMENT' };
const BROKEN = { code: 'E_CHAIN_BROKEN' };

describe('a lying source', () => {
  it('that streams a σ endorsed by too few is not followed', async () => {
    const { number } = await chain.addSigmas([await scene.sealed()], { endorsers: ['CSS1MSP', 'CSS2MSP'] });
    await scene.standsBefore(chain, 'datachain', number, ENDORSEMENT);
  });

  it('that backdates a transaction is not followed', async () => {
    const { number } = await chain.addSigmas([await scene.sealed()], { shownTime: NOW - 7000 });
    await scene.standsBefore(chain, 'datachain', number, ENDORSEMENT);
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
    await scene.standsBefore(source, 'certchain', number, BROKEN);
  });

  it('that begins in the middle is not followed', async () => {
    const source = scene.changing((block) => ({ ...block, number: block.number + 1n }));
    await scene.standsBefore(source, 'datachain', 0n, BROKEN);
  });

  it('that begins with another block than the pinned one is not followed', async () => {
    const first = assembleAs(chain.blocksOf.datachain[0] as LedgerBlock, [configEnvelope('datachain')]);
    const source = scene.changing((block) => (block.number === 0n ? first : block));
    await scene.standsBefore(source, 'datachain', 0n, { code: 'E_GENESIS' });
  });

  it('whose endorsers let a changed σ through is not followed', async () => {
    const simulation = await chain.consortium.endorse([await scene.sealed()]);
    const forged = { ...simulation, writes: new Map([...simulation.writes].map(([key, value]) => [key, flip(value)])) };
    const { number } = await chain.add('datachain', Promise.resolve(forged));
    await scene.standsBefore(chain, 'datachain', number, { code: 'E_WRITE_SET' });
  });

  it('is left for the next gateway, whether its block breaks the chain or is a forgery that continues it', async () => {
    const { number } = await chain.addSigmas([await scene.sealed()]);
    const lies = [
      (block: LedgerBlock): LedgerBlock => ({ ...block, previousHash: new Uint8Array(32) }),
      (block: LedgerBlock): LedgerBlock => (block.number === number ? forgery(block) : block),
    ];
    let attempts = 0;
    const source: BlockSource = {
      blocks: (channel, options) => {
        const lie = channel === 'datachain' ? lies[attempts++] : undefined;
        return (lie ? scene.changing(lie) : chain).blocks(channel, options);
      },
    };
    const replica = await scene.opened({ source });
    replica.start();
    await replica.reached('datachain', number, soon());
    expect(attempts).toBe(3);
    await chain.addSigmas([await scene.sealed()]);
    await scene.synced(replica);
  });

  it('with other params than the pinned ones is not followed', async () => {
    const other = await TestChain.initialised('other params');
    const trust = { ...other.trust, params: chain.trust.params };
    await scene.standsBefore(other, 'certchain', 1n, { code: 'E_TRUST_PARAMS', trust });
  });

  it('cannot write for the chaincode through another one', async () => {
    await chain.add(
      'certchain',
      chain.consortium.register('provider', REGISTRATION.putRecords, [
        JSON.stringify([chain.consortium.entry(csc.record)]),
      ]),
      { chaincode: 'other' },
    );
    const replica = await scene.caughtUp();
    expect(await replica.record(csc.record.f)).toBeUndefined();
  });
});

describe('a block that the orderers did not make', () => {
  it('is not followed when it reuses the signatures of the true block or of another one', async () => {
    const earlier = (await chain.addSigmas([await scene.sealed()])).signatures;
    const { number } = await chain.addSigmas([await scene.sealed()]);
    for (const lie of [forgery, (block: LedgerBlock) => ({ ...block, signatures: earlier })]) {
      const source = scene.changing((block, channel) =>
        channel === 'datachain' && block.number === number ? lie(block) : block,
      );
      await scene.standsBefore(source, 'datachain', number, { code: 'E_BLOCK_SIGNATURES' });
    }
  });

  it('is not believed to come from a ledger that signs nothing', async () => {
    const source = scene.changing((block) => ({ ...block, signatures: new Uint8Array(0) }));
    await scene.standsBefore(source, 'datachain', 1n, { code: 'E_BLOCK_SIGNATURES' });
  });

  it('does not forget who signs when the reader starts again', async () => {
    await (await scene.caughtUp()).stop();
    const { number } = await chain.addSigmas([await scene.sealed()]);
    const source = scene.changing((block) => (block.number === number ? forgery(block) : block));
    await scene.standsBefore(source, 'datachain', number, { code: 'E_BLOCK_SIGNATURES' });
  });
});

/** The block without its transactions' envelopes, in its place: it continues the chain and endorsers have no say in it. */
function forgery(block: LedgerBlock): LedgerBlock {
  return assembleAs(block, [Buffer.from('not an envelope')], [2]);
}

function assembleAs(block: LedgerBlock, envelopes: readonly Uint8Array[], codes = [0]): LedgerBlock {
  const header = common.BlockHeader.deserializeBinary(block.header);
  const hash = createHash('sha256');
  for (const envelope of envelopes) hash.update(envelope);
  header.setDataHash(Uint8Array.from(hash.digest()));
  return assembleBlock(header.serializeBinary(), envelopes, codes, block.signatures);
}

function flip(value: Uint8Array): Buffer {
  const changed = Buffer.from(value);
  changed[changed.length - 1] = (changed[changed.length - 1] as number) ^ 1;
  return changed;
}
