import { BROADCAST, decodeSigmaList, encodeSigmaList, type LimitsItem } from '@chargecast/protocol';
import { createLimits, decodeSigma, type HolderKey, Role, sigmaId, toHex } from '@chargecast/signcryption';
import { message, NOW, publicKeys } from '@chargecast/signcryption/testing/world';

import { PlaintextScanner } from '../demo/plaintext-scan';
import { type BlockSource, type Channel, type LedgerBlock } from '../ledger/port';
import { type EnvelopeOptions, TestChain } from '../testing/test-chain';
import { type ChainAuditOptions, type ChainReport, verifyChain } from './chain';
import { needleForms } from './needles';
import { describeSigma, judgeSigma } from './sigma';

let chain: TestChain;
let csc: HolderKey;
let ev: HolderKey;

beforeEach(async () => {
  chain = await TestChain.initialised(expect.getState().currentTestName);
  csc = await chain.consortium.world.enrol('csc', Role.CSC);
  ev = await chain.consortium.world.enrol('ev', Role.EV);
});

async function sealed(text = 'charge'): Promise<Uint8Array> {
  const receiver = { keys: publicKeys(ev), bind: new Uint8Array(64), message: message(text) };
  return (await chain.consortium.world.seal(csc, [receiver])).sigma;
}

function audit(options: Partial<ChainAuditOptions> = {}): Promise<ChainReport> {
  const { certchain, datachain } = chain.blocksOf;
  const heights = { certchain: BigInt(certchain.length), datachain: BigInt(datachain.length) };
  return verifyChain({ trust: chain.trust, source: chain, heights, ...options });
}

const codes = ({ faults }: ChainReport): string[] => faults.map(({ code }) => code);

/** The same blocks, each changed by a function of its channel. */
const changing = (change: (block: LedgerBlock, channel: Channel) => LedgerBlock): BlockSource => ({
  async *blocks(channel, options) {
    for await (const block of chain.blocks(channel, options)) yield change(block, channel);
  },
});

async function forged(change: (writes: Map<string, Buffer>) => void, options: EnvelopeOptions = {}): Promise<void> {
  const simulation = await chain.consortium.endorse([await sealed('a'), await sealed('b')]);
  const writes = new Map(simulation.writes);
  change(writes);
  await chain.add('datachain', Promise.resolve({ ...simulation, writes }), options);
}

const EMPTY = new Uint8Array(0);

/** One bit of the last byte changed. */
const flipped = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.map((byte, index) => (index === bytes.length - 1 ? byte ^ 1 : byte)));

const keyOf = (writes: Map<string, Buffer>, family: string): string =>
  [...writes.keys()].find((key) => key.startsWith(family)) as string;

describe('an audit of the chain', () => {
  it('finds a truthful chain to hold and counts what stands on it', async () => {
    await chain.addRecords(csc.record, ev.record);
    const sigmas = [await sealed('a'), await sealed('b'), await sealed('c')];
    await chain.addSigmas(sigmas.slice(0, 2));
    await chain.addSigmas(sigmas.slice(2), { code: 11 });
    const seen: string[] = [];
    const report = await audit({ onSigma: (id) => void seen.push(id) });
    expect(report).toEqual({
      verified: true,
      blocks: 9,
      heights: { certchain: 4, datachain: 5 },
      transactions: 9,
      invalidTransactions: 1,
      sigmas: 2,
      records: 2,
      hits: 0,
      faults: [],
    });
    expect(seen).toEqual(sigmas.slice(0, 2).map((sigma) => toHex(sigmaId(sigma))));
  });

  it('says where a block does not follow, and reads the other channel nevertheless', async () => {
    await chain.addSigmas([await sealed()]);
    const source = changing((block, channel) =>
      channel === 'certchain' && block.number === 2n ? { ...block, previousHash: new Uint8Array(32) } : block,
    );
    const report = await audit({ source });
    expect(report.faults).toMatchObject([{ channel: 'certchain', block: '2', code: 'E_CHAIN_BROKEN' }]);
    expect(report).toMatchObject({ verified: false, sigmas: 1, heights: { certchain: 2, datachain: 4 } });
  });

  it('does not hold with too few endorsements or changed headers', async () => {
    await chain.addSigmas([await sealed()], { endorsers: ['CSS1MSP', 'CSS2MSP'] });
    await chain.addSigmas([await sealed()], { shownTime: NOW - 60 });
    const report = await audit();
    expect(codes(report)).toEqual(['E_ENDORSEMENT', 'E_ENDORSEMENT']);
    expect(report.faults[0]).toMatchObject({ channel: 'datachain', block: '3' });
    expect(report.faults[0]?.transactionId).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<[string, (writes: Map<string, Buffer>) => void]>([
    [
      'a σ elsewhere',
      (writes) => writes.set(keyOf(writes, 'sigma:'), flipped(writes.get(keyOf(writes, 'sigma:')) as Buffer)),
    ],
    ['a σ without its place', (writes) => writes.delete(keyOf(writes, 'sigma:'))],
    ['a nullifier left out', (writes) => writes.delete(keyOf(writes, 'spent:'))],
    ['no batch', (writes) => writes.delete(keyOf(writes, 'batch:'))],
    [
      'another Merkle root',
      (writes) => {
        const key = keyOf(writes, 'batch:');
        const batch = JSON.parse((writes.get(key) as Buffer).toString()) as object;
        writes.set(key, Buffer.from(JSON.stringify({ ...batch, root: 'ab'.repeat(64) })));
      },
    ],
    [
      'another order',
      (writes) => {
        const key = keyOf(writes, 'batch:');
        const batch = JSON.parse((writes.get(key) as Buffer).toString()) as { ids: string[] };
        writes.set(key, Buffer.from(JSON.stringify({ ...batch, ids: batch.ids.reverse() })));
      },
    ],
  ])('does not hold with %s, however many endorse it', async (_, change) => {
    await forged(change);
    expect(codes(await audit())).toEqual(['E_WRITE_SET']);
  });

  it('does not hold when a nullifier names another key than σ', async () => {
    await forged((writes) => {
      const key = keyOf(writes, 'spent:');
      writes.set(`spent:${'cd'.repeat(32)}`, writes.get(key) as Buffer);
      writes.delete(key);
    });
    const report = await audit();
    expect(codes(report)).toEqual(['E_WRITE_SET']);
    expect(report.faults[0]?.sigmaId).toMatch(/^[0-9a-f]{64}$/);
  });

  it('does not hold when a one-time key signs twice', async () => {
    const credential = await chain.consortium.world.credential(csc);
    const receiver = { keys: publicKeys(ev), bind: new Uint8Array(64), message: message('x') };
    const first = await chain.consortium.world.seal(csc, [receiver], credential);
    await chain.addSigmas([first.sigma]);
    const second = await chain.consortium.endorse([await sealed()]);
    const block = await chain.add('datachain', chain.consortium.endorse([await sealed('y')]));
    await chain.add('datachain', Promise.resolve(second));
    expect((await audit()).verified).toBe(true);
    chain.append('datachain', [(block.transactions[0] as { envelope: Uint8Array }).envelope]);
    expect(codes(await audit())).toEqual(['E_CREDENTIAL_SPENT']);
  });

  it('judges each σ at its transaction’s time, under the limits then in force', async () => {
    const { consortium } = chain;
    await chain.addSigmas([await sealed()], { time: NOW + 3600 });
    await chain.addSigmas([await sealed()], { time: NOW - 7200 });
    const early = await chain.addSigmas([await sealed()]);
    const next = createLimits({ ...consortium.world.limits, version: 2 });
    const item = consortium.versioned<LimitsItem>(consortium.limits(next));
    const late = consortium.endorse([await sealed()]);
    await late;
    await chain.add('datachain', consortium.cast('kgc', BROADCAST.mirrorGovernance, [JSON.stringify(item)]));
    await chain.add('datachain', late);
    const report = await audit();
    expect(codes(report)).toEqual(['E_SIGMA_EXPIRED', 'E_SIGMA_TTL', 'E_SIGMA_LIMITS']);
    expect(report.faults.map(({ block }) => block)).not.toContain(early.number.toString());
  });

  it('knows revoked credentials', async () => {
    const { consortium } = chain;
    const credential = await consortium.world.credential(csc);
    const receiver = { keys: publicKeys(ev), bind: new Uint8Array(64), message: message('x') };
    const { sigma } = await consortium.world.seal(csc, [receiver], credential);
    const endorsedBefore = consortium.endorse([sigma]);
    await endorsedBefore;
    const own = consortium.revocation('revokedCredential', toHex(credential.oneTimeKey), (statement) => [
      { by: 'holder', signature: consortium.sign(credential.y, statement) },
    ]);
    await chain.add('datachain', consortium.cast('kgc', BROADCAST.mirrorGovernance, [JSON.stringify(own)]));
    await chain.add('datachain', endorsedBefore);
    expect(codes(await audit())).toEqual(['E_CREDENTIAL_REVOKED']);
  });

  it.each<[string, (sigmas: Uint8Array[]) => readonly Uint8Array[]]>([
    ['a σ changed', ([first = EMPTY, second = EMPTY]) => [flipped(first), second]],
    ['a σ left out', ([first = EMPTY]) => [first]],
    ['a σ twice', ([first = EMPTY]) => [first, first]],
    ['a σ too many', (sigmas) => [...sigmas, Uint8Array.of(1)]],
    ['the σ in another order', (sigmas) => [...sigmas].reverse()],
  ])('does not hold with %s in what was proposed, whether endorsers saw it or not', async (_, change) => {
    const simulation = await chain.consortium.endorse([await sealed('a'), await sealed('b')]);
    const [name = EMPTY, list = EMPTY] = simulation.input;
    const other = [name, encodeSigmaList(change(decodeSigmaList(list)))];
    await chain.add('datachain', Promise.resolve(simulation), { input: other });
    await chain.add('datachain', Promise.resolve(simulation), { shownInput: other });
    expect(codes(await audit())).toEqual(['E_WRITE_SET', 'E_ENDORSEMENT']);
  });

  it('does not hold under other params, nor with a record its holder did not sign', async () => {
    const other = await TestChain.create('other');
    const { organisations } = other.consortium.world.params;
    expect(organisations).toHaveLength(6);
    const report = await audit({ trust: { ...chain.trust, params: other.trust.params } });
    expect(codes(report)).toContain('E_TRUST_PARAMS');
    const simulation = await chain.consortium.register('relay', 'putRecords', [
      JSON.stringify([chain.consortium.entry(csc.record)]),
    ]);
    const writes = new Map(simulation.writes);
    const key = keyOf(writes, 'record:');
    const entry = JSON.parse((writes.get(key) as Buffer).toString()) as { record: string };
    writes.set(key, Buffer.from(JSON.stringify({ ...entry, record: `${entry.record.slice(0, -2)}00` })));
    await chain.add('certchain', Promise.resolve({ ...simulation, writes }));
    expect(codes(await audit())).toEqual(['E_RECORD_SIGNATURE']);
  });

  it('finds secrets in the raw bytes, refused transactions included', async () => {
    await chain.addSigmas([await sealed('WVWZZZ1JZXW000001')]);
    const scanner = new PlaintextScanner(needleForms('WVWZZZ1JZXW000001'));
    expect(await audit({ scanner })).toMatchObject({ verified: true, hits: 0 });
    chain.append('datachain', [Buffer.from(`?${Buffer.from('VIN WVWZZZ1JZXW000001').toString('base64')}`)], [2]);
    expect(await audit({ scanner })).toMatchObject({ verified: false, hits: 1, faults: [] });
  });

  it('says when a source gives nothing more before its height, or is given up', async () => {
    const heights = { certchain: 3n, datachain: 99n };
    await expect(audit({ heights, patience: 50 })).rejects.toMatchObject({ code: 'E_CHAIN_SHORT' });
    await expect(audit({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'E_CHAIN_SHORT' });
  });

  it('says when a source ends before its height', async () => {
    const source: BlockSource = {
      async *blocks() {
        yield chain.blocksOf.certchain[0] as LedgerBlock;
      },
    };
    await expect(audit({ source })).rejects.toMatchObject({ code: 'E_CHAIN_SHORT' });
  });
});

describe('the forms of a needle', () => {
  const text = 'NO-CHC-1234';
  const found = (bytes: Buffer): boolean => needleForms(text).some((form) => bytes.includes(form));

  it.each<[string, (embedded: Buffer) => Buffer]>([
    ['raw', (bytes) => bytes],
    ['hex', (bytes) => Buffer.from(bytes.toString('hex'))],
    ['upper-case hex', (bytes) => Buffer.from(bytes.toString('hex').toUpperCase())],
    ['base64', (bytes) => Buffer.from(bytes.toString('base64'))],
    ['base64url', (bytes) => Buffer.from(bytes.toString('base64url'))],
    ['UTF-16LE', (bytes) => Buffer.from(bytes.toString('latin1'), 'utf16le')],
    ['UTF-16BE', (bytes) => Buffer.from(bytes.toString('latin1'), 'utf16le').swap16()],
  ])('are found in %s, wherever it stands', (_, encode) => {
    for (const before of ['', 'x', 'xy', 'xyz']) {
      for (const after of ['', '~', '~~', '~~~']) {
        expect(found(encode(Buffer.from(`${before}${text}${after}`)))).toBe(true);
        expect(found(encode(Buffer.from(`${before}${text.slice(0, -1)}${after}`)))).toBe(false);
      }
    }
  });

  it('take bytes too and leave out what chance would find', () => {
    expect(needleForms(Buffer.from([255, 254, 253])).map((form) => form.toString())).toEqual(['fffefd', 'FFFEFD']);
    expect(needleForms('é').every((form) => form.length >= 6)).toBe(true);
  });
});

describe('one σ', () => {
  it('is judged statelessly, by time and by reuse only where asked', async () => {
    const { params } = chain.trust;
    const sigma = await sealed();
    const { notAfter, oneTimeKey } = decodeSigma(sigma).header;
    const id = toHex(sigmaId(sigma));
    expect(judgeSigma(params, sigma)).toEqual({ id, holds: true });
    expect(judgeSigma(params, sigma, { at: notAfter - 1 }).holds).toBe(true);
    expect(judgeSigma(params, sigma, { at: notAfter })).toMatchObject({ holds: false, code: 'E_SIGMA_EXPIRED' });
    expect(judgeSigma(params, sigma, { spent: new Map([[toHex(oneTimeKey), id]]) }).holds).toBe(true);
    const spent = new Map([[toHex(oneTimeKey), 'ab'.repeat(32)]]);
    expect(judgeSigma(params, sigma, { spent })).toMatchObject({ holds: false, code: 'E_CREDENTIAL_SPENT' });
    const changed = flipped(sigma);
    expect(judgeSigma(params, changed)).toMatchObject({ holds: false, code: 'E_SIGMA_SIGNATURE' });
    expect(judgeSigma(params, new Uint8Array(0))).toMatchObject({ holds: false, code: 'E_SIGMA_MALFORMED' });
  });

  it('is described by its header', async () => {
    const sigma = await sealed();
    expect(describeSigma(sigma)).toMatchObject({
      id: toHex(sigmaId(sigma)),
      bytes: sigma.length,
      version: 1,
      epoch: 7,
      senderClass: Role.CSC,
      entryCount: 1,
    });
  });
});
