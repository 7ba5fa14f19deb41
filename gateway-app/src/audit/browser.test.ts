/** What the auditor's page says of blocks, against chains as a ledger writes them and as an attacker would change them. */
import { reportBlock } from '@chargecast/pages/verification/block';
import { type BlockReport, type Check } from '@chargecast/pages/verification/report';
import { reportSigma } from '@chargecast/pages/verification/sigma';
import { parseTrust, reportParams } from '@chargecast/pages/verification/trust';
import { encodeParams, Role, toHex } from '@chargecast/signcryption';
import { message, publicKeys } from '@chargecast/signcryption/testing/world';
import { common } from '@hyperledger/fabric-protos';

import { encodeTrust } from '../ledger/trust';
import { configEnvelope, TestChain } from '../testing/test-chain';

let chain: TestChain;
let trust: ReturnType<typeof parseTrust>;
/** Blocks of the data chain in order, as bytes; the last one holds three σ. */
let blocks: Uint8Array[];

/** As SmartBFT signs it: over metadata that names the block with the configuration in force. */
function signedValue(lastConfig: number): Uint8Array {
  const last = new common.LastConfig();
  last.setIndex(lastConfig);
  const value = new common.OrdererBlockMetadata();
  value.setLastConfig(last);
  return value.serializeBinary();
}

function blockAt(
  index: number,
  change: { signers?: number[]; codes?: number[]; lastConfig?: number } = {},
): Uint8Array {
  const { header, transactions } = chain.blocksOf.datachain[index] as (typeof chain.blocksOf.datachain)[number];
  const { signers = [1, 2, 4], lastConfig = 0 } = change;
  const head = common.BlockHeader.deserializeBinary(header);
  const data = new common.BlockData();
  data.setDataList(transactions.map(({ envelope }) => envelope));
  const codes = change.codes ?? transactions.map(({ validationCode }) => validationCode);
  const metadata = new common.BlockMetadata();
  metadata.setMetadataList([
    chain.signatures(head, signers, signedValue(lastConfig)),
    new Uint8Array(0),
    Uint8Array.from(codes),
  ]);
  const block = new common.Block();
  block.setHeader(head);
  block.setData(data);
  block.setMetadata(metadata);
  return block.serializeBinary();
}

async function sealOn({ consortium: { world } }: TestChain): Promise<Uint8Array> {
  const name = `company ${companies++}`;
  const [sender, receiver] = [await world.enrol(name, Role.CSC), await world.enrol(`${name}'s vehicle`, Role.EV)];
  const to = { keys: publicKeys(receiver), bind: new Uint8Array(64), message: message('charge') };
  return (await world.seal(sender, [to])).sigma;
}
let companies = 0;

beforeAll(async () => {
  chain = await TestChain.initialised('the auditor’s page');
  trust = parseTrust(encodeTrust(chain.trust));
  const sigmas = [await sealOn(chain), await sealOn(chain), await sealOn(chain)];
  await chain.addSigmas(sigmas);
  blocks = chain.blocksOf.datachain.map((_, index) => blockAt(index));
});

const last = (): number => blocks.length - 1;
const named = ({ checks }: BlockReport, name: string): Check | undefined => checks.find((check) => check.name === name);
const results = ({ checks }: BlockReport): string[] => checks.map(({ name, result }) => `${name}: ${result}`);

describe('a block in the browser', () => {
  it('holds in every check when the blocks it rests on are given', () => {
    const report = reportBlock(trust, blocks);
    expect(results(report)).toEqual([
      'Channel: holds',
      'Data hash: holds',
      'Hash chain: holds',
      'Orderers: holds',
      'Endorsements: holds',
      'Merkle paths: holds',
      'σ: holds',
    ]);
    expect(report).toMatchObject({ holds: true, number: last(), channel: 'datachain', missing: [] });
    expect(report.sigmas.map(({ index, count, holds }) => ({ index, count, holds }))).toEqual(
      [0, 1, 2].map((index) => ({ index, count: 3, holds: true })),
    );
    expect(report.hash).toBe(toHex(chain.blocksOf.datachain[last()]?.hash as Uint8Array));
  });

  it('says which blocks it lacks, and checks the rest', () => {
    const report = reportBlock(trust, [blocks[last()] as Uint8Array]);
    expect(report.missing).toEqual([0, last() - 1]);
    expect(named(report, 'Hash chain')).toMatchObject({ result: 'unchecked' });
    expect(named(report, 'Orderers')).toMatchObject({ result: 'unchecked' });
    expect(report.holds).toBe(true);
  });

  it('is judged by its hashes and σ alone where only params are given', () => {
    const report = reportBlock(parseTrust(encodeParams(chain.trust.params)), blocks);
    expect(named(report, 'Endorsements')).toMatchObject({ result: 'unchecked' });
    expect(named(report, 'Merkle paths')).toMatchObject({ result: 'holds' });
  });

  it('0 holds by its pinned hash', () => {
    expect(named(reportBlock(trust, [blocks[0] as Uint8Array]), 'Orderers')).toMatchObject({ result: 'holds' });
    const other = parseTrust(
      encodeTrust({ ...chain.trust, genesis: { ...chain.trust.genesis, datachain: '0'.repeat(64) } }),
    );
    expect(named(reportBlock(other, [blocks[0] as Uint8Array]), 'Orderers')).toMatchObject({ result: 'fails' });
  });

  it('fails where another block came before', () => {
    const other = common.Block.deserializeBinary(blocks[last() - 1] as Uint8Array);
    other.getHeader()?.setPreviousHash(new Uint8Array(32));
    const report = reportBlock(trust, [other.serializeBinary(), blocks[last()] as Uint8Array]);
    expect(named(report, 'Hash chain')).toMatchObject({ result: 'fails', code: 'E_CHAIN_BROKEN' });
    expect(report.holds).toBe(false);
  });

  it('fails where a transaction was changed', () => {
    const changed = Uint8Array.from(blocks[last()] as Uint8Array);
    const { transactions } = chain.blocksOf.datachain[last()] as (typeof chain.blocksOf.datachain)[number];
    const [sigma] = reportBlock(trust, blocks).sigmas;
    const at = Buffer.from(changed).indexOf(Buffer.from(sigma?.bytes as Uint8Array)) + 400;
    changed[at] = (changed[at] as number) ^ 1;
    expect(transactions).toHaveLength(1);
    const report = reportBlock(trust, [...blocks.slice(0, -1), changed]);
    expect(named(report, 'Data hash')).toMatchObject({ result: 'fails' });
    expect(named(report, 'Endorsements')).toMatchObject({ result: 'fails', code: 'E_ENDORSEMENT' });
    expect(named(report, 'Merkle paths')).toMatchObject({ result: 'fails' });
  });

  it.each<[string, number[]]>([
    ['two orderers', [1, 2]],
    ['one orderer three times', [3, 3, 3]],
    ['nobody', []],
  ])('fails when signed by %s', (_, signers) => {
    const report = reportBlock(trust, [...blocks.slice(0, -1), blockAt(last(), { signers })]);
    expect(named(report, 'Orderers')).toMatchObject({ result: 'fails', code: 'E_BLOCK_SIGNATURES' });
  });

  it('fails where the configuration it names is not one', () => {
    const report = reportBlock(trust, [...blocks.slice(0, -1), blockAt(last(), { lastConfig: 1 })]);
    expect(named(report, 'Orderers')).toMatchObject({ result: 'fails' });
  });

  it('fails when too few organisations endorsed', async () => {
    const few = await TestChain.initialised('few endorsers');
    await few.addSigmas([await sealOn(few)], { endorsers: ['CSS1MSP', 'CSS2MSP'] });
    const raw = few.raw('datachain', few.blocksOf.datachain.at(-1)?.transactions.map(({ envelope }) => envelope) ?? []);
    const report = reportBlock(parseTrust(encodeTrust(few.trust)), [raw.serializeBinary()]);
    expect(named(report, 'Endorsements')).toMatchObject({ result: 'fails', code: 'E_ENDORSEMENT' });
    expect(named(report, 'Merkle paths')).toMatchObject({ result: 'holds' });
  });

  it('follows a new configuration under the orderers before it', async () => {
    const moved = await TestChain.initialised('new configuration');
    moved.append('datachain', [configEnvelope('datachain', moved.orderers)]);
    const { length } = moved.blocksOf.datachain;
    moved.append('datachain', [configEnvelope('datachain', moved.orderers)]);
    const bytes = moved.blocksOf.datachain.map(({ header, transactions, number }) => {
      const head = common.BlockHeader.deserializeBinary(header);
      const data = new common.BlockData();
      data.setDataList(transactions.map(({ envelope }) => envelope));
      const metadata = new common.BlockMetadata();
      const config = Number(number) >= length - 1 ? Number(number) : 0;
      metadata.setMetadataList([
        moved.signatures(head, [1, 2, 3], signedValue(config)),
        new Uint8Array(0),
        Uint8Array.of(0),
      ]);
      const block = new common.Block();
      block.setHeader(head);
      block.setData(data);
      block.setMetadata(metadata);
      return block.serializeBinary();
    });
    const report = reportBlock(parseTrust(encodeTrust(moved.trust)), bytes);
    expect(report.number).toBe(length);
    expect(named(report, 'Orderers')).toMatchObject({ result: 'holds' });
    const without = reportBlock(
      parseTrust(encodeTrust(moved.trust)),
      bytes.filter((_, index) => index !== length - 1),
    );
    expect(named(without, 'Orderers')).toMatchObject({ result: 'unchecked' });
    expect(without.missing).toContain(length - 1);
  });

  it('is refused as bytes that are none', () => {
    for (const bytes of [Uint8Array.of(0x0a, 0xff), new Uint8Array(40).fill(0x0a), Buffer.from('no block')]) {
      expect(() => reportBlock(trust, [bytes])).toThrow(
        expect.objectContaining({ code: 'E_BLOCK_MALFORMED' }) as Error,
      );
    }
  });
});

describe('a σ in the browser', () => {
  it('holds as the library says, and fails at the check that names what was changed', async () => {
    const sigma = await sealOn(chain);
    expect(reportSigma(chain.trust.params, sigma)).toMatchObject({ holds: true });
    const changes: [number, string][] = [
      [0, 'Structure'],
      [1, 'Suite'],
      [2, 'Context'],
      [119, 'Credential'],
      [sigma.length - 1, 'Signature'],
      [300, 'Signature'],
    ];
    for (const [at, check] of changes) {
      const changed = Uint8Array.from(sigma);
      changed[at] = (changed[at] as number) ^ 1;
      const report = reportSigma(chain.trust.params, changed);
      expect({ at, failed: report.checks.find(({ result }) => result === 'fails')?.name }).toEqual({
        at,
        failed: check,
      });
    }
  });
});

it('says of params what binds a verdict to them', () => {
  const { params } = chain.trust;
  expect(reportParams(trust)).toMatchObject({ ctx: toHex(params.ctx), networkId: params.networkId, hasTrust: true });
  expect(reportParams(parseTrust(encodeParams(params)))).toMatchObject({ hasTrust: false });
  const others = { ...params, organisations: params.organisations.slice(1) };
  expect(reportParams({ params: others }).fingerprint).not.toBe(reportParams(trust).fingerprint);
});
