import { type common } from '@hyperledger/fabric-protos';

import { configEnvelope, TestChain } from '../testing/test-chain';
import { parseBlock } from './block';
import { acceptBlock, configuredConsenters, type Consenter } from './block-signatures';
import { pinGenesis } from './genesis';
import { type LedgerBlock } from './port';

let chain: TestChain;
let consenters: readonly Consenter[];
beforeAll(async () => {
  chain = await TestChain.initialised('block signatures');
  consenters = configuredConsenters(chain.blocksOf.datachain[0] as LedgerBlock) ?? [];
});

const accept = (block: LedgerBlock, by = consenters, trust = chain.trust): readonly Consenter[] =>
  acceptBlock(trust, 'datachain', block, by);
const refusal = (code: string): Error => expect.objectContaining({ code }) as Error;
const UNSIGNED = refusal('E_BLOCK_SIGNATURES');

/** The block that would follow now, its signatures as given. */
function signedBy(...orderers: Parameters<TestChain['signatures']>[1] & object): LedgerBlock {
  const raw = chain.raw('datachain', [Buffer.from('anything')], [2]);
  const signatures = chain.signatures(raw.getHeader() as common.BlockHeader, orderers);
  return { ...parseBlock(raw), signatures };
}

/** A value of the same length as the one signed. */
function withOtherValue({ signatures }: LedgerBlock): Uint8Array {
  const changed = Buffer.from(signatures);
  const at = changed.indexOf('ordered as');
  changed[at] = 'O'.charCodeAt(0);
  return changed;
}

describe('a signed block', () => {
  it('is accepted from a quorum of the orderers, whichever', () => {
    expect(consenters.map(({ id, mspId }) => `${id} ${mspId}`)).toEqual([
      '1 CSS1MSP',
      '2 CSS2MSP',
      '3 CSS3MSP',
      '4 CSS4MSP',
    ]);
    for (const orderers of [
      [1, 2, 3],
      [4, 3, 1],
      [1, 2, 3, 4],
    ])
      expect(accept(signedBy(...orderers))).toBe(consenters);
  });

  it.each<[string, () => LedgerBlock]>([
    ['by two', () => signedBy(1, 2)],
    ['by one three times', () => signedBy(1, 1, 1)],
    ['by one in the name of three', () => signedBy({ by: 1 }, { by: 1, as: 2 }, { by: 1, as: 3 })],
    ['by one whom the configuration does not name', () => signedBy(1, 2, { by: 3, as: 9 })],
    ['by nobody', () => ({ ...signedBy(), signatures: new Uint8Array(0) })],
    ['in an unreadable way', () => ({ ...signedBy(1, 2, 3), signatures: Buffer.from('junk') })],
    ['over another metadata value', () => ({ ...signedBy(1, 2, 3), signatures: withOtherValue(signedBy(1, 2, 3)) })],
    [
      'as another block',
      () => ({ ...signedBy(1, 2, 3), signatures: (chain.blocksOf.datachain[1] as LedgerBlock).signatures }),
    ],
    ['before its data were changed', () => ({ ...signedBy(1, 2, 3), dataHash: new Uint8Array(32) })],
    ['in another place of the chain', () => ({ ...signedBy(1, 2, 3), number: 99n })],
  ])('is refused when signed %s', (_, forge) => {
    expect(() => accept(forge())).toThrow(UNSIGNED);
  });

  it('hands over to the orderers of a new configuration, which the old ones have signed', async () => {
    const others = (await TestChain.create('other orderers')).orderers;
    const block = chain.build('datachain', [configEnvelope('datachain', others)]);
    const next = accept(block);
    expect(next.map(({ certificate }) => certificate)).toEqual(others.map(({ certificatePem }) => certificatePem));
    expect(() => accept(signedBy(1, 2, 3), next)).toThrow(UNSIGNED);
    expect(() => accept({ ...block, signatures: new Uint8Array(0) })).toThrow(UNSIGNED);
  });

  it('cannot set a configuration without orderers', () => {
    expect(() => accept(chain.build('datachain', [configEnvelope('datachain')]))).toThrow(refusal('E_TRUST'));
  });
});

describe('the first block', () => {
  const first = (): LedgerBlock => chain.blocksOf.datachain[0] as LedgerBlock;

  it('is the pinned one and names the orderers', () => {
    expect(accept(first(), [])).toEqual(consenters);
    expect(() => accept(chain.blocksOf.certchain[0] as LedgerBlock, [])).toThrow(refusal('E_GENESIS'));
  });

  it('must agree with the trust bundle on whether blocks are signed', async () => {
    expect(() => accept(first(), [], { ...chain.trust, ordering: 'unsigned' })).toThrow(refusal('E_TRUST'));
    const unsigned = await TestChain.initialised('unsigned', 'unsigned');
    const [genesis, second] = unsigned.blocksOf.datachain as [LedgerBlock, LedgerBlock];
    expect(accept(genesis, [], unsigned.trust)).toEqual([]);
    expect(accept(second, [], unsigned.trust)).toEqual([]);
    expect(() => accept(genesis, [], { ...unsigned.trust, ordering: 'bft' })).toThrow(refusal('E_TRUST'));
  });

  it('is what a bundle pins', async () => {
    const { ordering, genesis } = chain.trust;
    expect(await pinGenesis(chain)).toEqual({ ordering, genesis, roots: {} });
    const mixed = await TestChain.create('mixed', 'unsigned');
    const half = {
      blocks: (...[channel, options]: Parameters<TestChain['blocks']>) =>
        (channel === 'certchain' ? chain : mixed).blocks(channel, options),
    };
    await expect(pinGenesis(half)).rejects.toMatchObject({ code: 'E_GENESIS' });
  });
});
