import { common } from '@hyperledger/fabric-protos';
import { createHash } from 'node:crypto';

import { type ChainItem } from '../rpc';
import { configEnvelope, TestChain } from '../testing/test-chain';
import { assembleItems, ensureFollows, headerHash, parseBlock, toChainItems } from './block';
import { type LedgerBlock } from './port';

let chain: TestChain;
beforeAll(async () => {
  chain = await TestChain.initialised('block');
});

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of source) all.push(item);
  return all;
}

const malformed = { code: 'E_BLOCK_MALFORMED' };
const last = (): LedgerBlock => chain.blocksOf.datachain.at(-1) as LedgerBlock;

describe('the block hash', () => {
  // DER by hand: SEQUENCE { INTEGER 128 (a leading zero), OCTET STRING of 0, OCTET STRING of 32 }.
  it('is SHA-256 over the header in DER', () => {
    const data = Buffer.alloc(32, 0xab);
    const der = Buffer.concat([Buffer.from('302802020080' + '0400' + '0420', 'hex'), data]);
    const computed = headerHash(128n, new Uint8Array(0), data);
    expect(Buffer.from(computed)).toEqual(createHash('sha256').update(der).digest());
  });

  it.each([
    [0n, '020100'],
    [127n, '02017f'],
    [256n, '02020100'],
    [65_535n, '020300ffff'],
  ])('encodes the number %i as %s', (number, encoded) => {
    const body = Buffer.from(`${encoded}04000400`, 'hex');
    const der = Buffer.concat([Buffer.of(0x30, body.length), body]);
    const empty = new Uint8Array(0);
    expect(Buffer.from(headerHash(number, empty, empty))).toEqual(createHash('sha256').update(der).digest());
  });
});

describe('parsing a block', () => {
  it('gives number, hashes and what each transaction wrote', () => {
    const block = last();
    const [transaction] = block.transactions;
    expect(block.number).toBe(2n);
    expect(transaction).toMatchObject({
      valid: true,
      kind: 'endorser',
      channel: 'datachain',
      chaincode: 'chargecast',
      creatorMspId: 'CSS1MSP',
      event: { name: 'chargecast.slot.v1' },
    });
    expect(transaction?.writes.map(({ key }) => key)).toEqual(['slot']);
    expect(transaction?.endorsements.map(({ mspId }) => mspId)).toEqual(['CSS1MSP', 'CSS2MSP', 'CSS3MSP']);
    expect(Buffer.from(transaction?.proposalHash ?? [])).toEqual(Buffer.from(transaction?.endorsedHash ?? []));
    expect(() => ensureFollows(chain.blocksOf.datachain[1] as LedgerBlock, block)).not.toThrow();
  });

  it('refuses data other than the header names, and validation codes that do not match it', () => {
    const changed = chain.raw('datachain', [configEnvelope('datachain')]);
    changed.getData()?.setDataList([configEnvelope('certchain')]);
    expect(() => parseBlock(changed)).toThrow(expect.objectContaining(malformed) as Error);
    const uncoded = chain.raw('datachain', [configEnvelope('datachain')], []);
    expect(() => parseBlock(uncoded)).toThrow(expect.objectContaining(malformed) as Error);
    expect(() => parseBlock(new common.Block())).toThrow(expect.objectContaining(malformed) as Error);
  });

  it('keeps a transaction validation refused, readable or not, and takes no effect from it', () => {
    const envelope = (last().transactions[0] as { envelope: Uint8Array }).envelope;
    const block = chain.build('datachain', [Buffer.from('not an envelope'), envelope], [2, 11]);
    expect(block.transactions[0]).toMatchObject({ kind: 'unreadable', valid: false, writes: [] });
    expect(block.transactions[1]).toMatchObject({ kind: 'endorser', valid: false, validationCode: 11 });
    expect(() => chain.build('datachain', [Buffer.from('not an envelope')])).toThrow(
      expect.objectContaining(malformed) as Error,
    );
  });

  it('refuses a block that does not follow', () => {
    const [genesis, second, third] = chain.blocksOf.datachain as [LedgerBlock, LedgerBlock, LedgerBlock];
    for (const [before, after] of [
      [genesis, third],
      [third, second],
      [{ ...second, hash: new Uint8Array(32) }, third],
    ] as const) {
      expect(() => ensureFollows(before, after)).toThrow(expect.objectContaining({ code: 'E_CHAIN_BROKEN' }) as Error);
    }
  });
});

describe('streaming a block in items', () => {
  const items = (): ChainItem[] => {
    const envelope = (last().transactions[0] as { envelope: Uint8Array }).envelope;
    const block = chain.build('datachain', [envelope, configEnvelope('datachain'), Buffer.from('junk')], [0, 0, 2]);
    return toChainItems(block);
  };

  it('gives the same block again', async () => {
    const blocks = chain.blocksOf.datachain;
    expect(await collect(assembleItems(each(blocks.flatMap(toChainItems))))).toEqual(
      blocks.map((block) => ({ ...block, header: Uint8Array.from(block.header) })),
    );
    const [several] = await collect(assembleItems(each(items())));
    expect(several?.transactions.map(({ kind }) => kind)).toEqual(['endorser', 'config', 'unreadable']);
  });

  it.each<[string, (all: ChainItem[]) => ChainItem[]]>([
    ['an item left out', (all) => all.filter((_, index) => index !== 1)],
    ['the first item left out', (all) => all.slice(1)],
    ['items swapped', ([a, b, c]) => [b, a, c] as ChainItem[]],
    ['an early end', ([a, b, c]) => [a, { ...b, lastOfBlock: true, header: c?.header }] as ChainItem[]],
    ['a late end', (all) => all.map((item) => ({ ...item, lastOfBlock: false }))],
    ['another count', ([a, b, c]) => [a, { ...b, transactions: 2 }, c] as ChainItem[]],
    ['an envelope changed', ([a, b, c]) => [a, { ...b, envelope: Buffer.of(1) }, c] as ChainItem[]],
    ['another number', (all) => all.map((item) => ({ ...item, block: 77 }))],
    ['a header cut', ([a, b, c]) => [a, b, { ...c, header: c?.header.subarray(0, 9) }] as ChainItem[]],
  ])('refuses %s', async (_, change) => {
    await expect(collect(assembleItems(each(change(items()))))).rejects.toMatchObject(malformed);
  });
});
