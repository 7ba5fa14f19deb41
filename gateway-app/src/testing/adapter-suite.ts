/**
 * The adapter, the replica and the audit on a running ledger: the real client, the real contracts, four endorsers. One
 * suite for both ledgers.
 */
import { Consortium, GATEWAYS } from '@chargecast/chaincode/testing/consortium';
import {
  defaultTopology,
  freePorts,
  type LedgerKind,
  readProfile,
  type RunningLedger,
  startLedger,
  writeProfile,
} from '@chargecast/network';
import {
  BROADCAST,
  type PutRecordsReply,
  REGISTRATION,
  slotNumber,
  type SlotHead,
  type SubmitReply,
} from '@chargecast/protocol';
import {
  encodeParams,
  type HolderKey,
  merkleRoot,
  ready,
  RECORD_TREE,
  REVOCATION_TREE,
  Role,
  sigmaId,
  toHex,
} from '@chargecast/signcryption';
import { EPOCH, message, publicKeys } from '@chargecast/signcryption/testing/world';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { verifyChain } from '../audit';
import { openChain, spentCredentials } from '../audit/deployment-chain';
import { silentLogger } from '../common/log';
import { submitTransaction } from '../css/ledger-calls';
import { CHAINCODE_BUNDLE } from '../deployment/root';
import {
  connectLedger,
  encodeTrust,
  type Ledger,
  LedgerError,
  pinGenesis,
  type Transaction,
  type TrustBundle,
} from '../ledger';
import { openReplica } from '../replica';
import { openStore } from '../store';

const now = (): number => Math.floor(Date.now() / 1000);
const soon = (): AbortSignal => AbortSignal.timeout(30_000);
const SHORT = { evaluate: 5_000, endorse: 10_000, submit: 5_000, commitStatus: 15_000 };

const registration = (name: string, ...args: string[]): Transaction => ({
  contract: REGISTRATION.contract,
  name,
  args,
});
const broadcast = (name: string, ...args: string[]): Transaction => ({ contract: BROADCAST.contract, name, args });
const submission = (...sigmas: Uint8Array[]): Transaction => submitTransaction(sigmas);
const parsed = <T>(result: Uint8Array): T => JSON.parse(Buffer.from(result).toString()) as T;

export function adapterSuite(kind: LedgerKind): void {
  const directory = mkdtempSync(join(tmpdir(), 'adapter-'));
  const stateDir = join(directory, 'ledger');

  let running: RunningLedger;
  let restart: () => Promise<RunningLedger>;
  let profileFile: string;
  let consortium: Consortium;
  let trust: TrustBundle;
  let csc: HolderKey;
  let ev: HolderKey;
  const ledgers: Ledger[] = [];

  async function as(mspId: string, name: string, file = profileFile): Promise<Ledger> {
    const ledger = await connectLedger(file, { mspId, name }, SHORT);
    ledgers.push(ledger);
    return ledger;
  }

  async function sealed(text = 'charge'): Promise<Uint8Array> {
    consortium.world.env.time = now();
    const receiver = { keys: publicKeys(ev), bind: new Uint8Array(64), message: message(text) };
    return (await consortium.world.seal(csc, [receiver])).sigma;
  }

  async function advanceSlot(relay: Ledger): Promise<void> {
    const roots = {
      recordsRoot: toHex(merkleRoot(RECORD_TREE, [])),
      revocationsRoot: toHex(merkleRoot(REVOCATION_TREE, [])),
    };
    const head: SlotHead = { number: slotNumber(now()), epoch: EPOCH, certchainBlock: 0, ...roots };
    await relay.submit('datachain', broadcast(BROADCAST.advanceSlot, JSON.stringify(consortium.slotHead(head))));
  }

  beforeAll(async () => {
    await ready();
    const topology = defaultTopology({ basePort: await freePorts(40) });
    restart = () => startLedger({ ledger: kind, stateDir, topology, chaincodeBundle: CHAINCODE_BUNDLE });
    running = await restart();
    ({ profileFile } = running);
    consortium = await Consortium.create('adapter');
    csc = await consortium.world.enrol('csc', Role.CSC);
    ev = await consortium.world.enrol('ev', Role.EV);
    const roots = Object.fromEntries(
      GATEWAYS.map((mspId) => [
        mspId,
        [readFileSync(join(stateDir, 'organisations', mspId, 'pki', 'ca', 'cert.pem'), 'utf8')],
      ]),
    );
    const admin = await as('CSS1MSP', 'admin');
    const { params } = consortium.world;
    trust = { params, chaincode: topology.chaincode, ...(await pinGenesis(admin)) };
    expect(trust.roots).toMatchObject(roots);
    const paramsJson = encodeParams(trust.params);
    await admin.submit('certchain', registration(REGISTRATION.init, paramsJson, '{}'));
    await admin.submit('datachain', broadcast(BROADCAST.init, paramsJson, JSON.stringify(consortium.genesis()), '{}'));
    await advanceSlot(await as('CSS1MSP', 'relay'));
  }, 240_000);

  afterAll(async () => {
    for (const ledger of ledgers) ledger.close();
    await running.stop();
    rmSync(directory, { recursive: true, force: true });
  }, 120_000);

  describe('transactions', () => {
    it('commit, and tell the block and the result', async () => {
      const relay = await as('CSS2MSP', 'relay');
      const entries = JSON.stringify([consortium.entry(csc.record)]);
      const { result, blockNumber, transactionId } = await relay.submit(
        'certchain',
        registration(REGISTRATION.putRecords, entries),
      );
      expect(parsed<PutRecordsReply>(result).outcomes).toMatchObject([{ status: 'committed' }]);
      expect(await relay.height('certchain')).toBe(blockNumber + 1n);
      expect(transactionId).toMatch(/^[0-9a-f]{64}$/);
    });

    it('carry σ once, and are readable before they are ordered', async () => {
      const relay = await as('CSS2MSP', 'relay');
      const sigma = await sealed();
      const endorsed = await relay.endorse('datachain', submission(sigma));
      expect(parsed<SubmitReply>(endorsed.result).outcomes).toMatchObject([{ status: 'committed' }]);
      const { blockNumber } = await endorsed.submit();
      for await (const block of relay.blocks('datachain', { from: blockNumber })) {
        const [transaction] = block.transactions;
        expect(transaction).toMatchObject({
          valid: true,
          creatorMspId: 'CSS2MSP',
          transactionId: endorsed.transactionId,
        });
        const envelope = Buffer.from(transaction?.envelope ?? []);
        expect(envelope.indexOf(sigma)).toBe(envelope.lastIndexOf(sigma));
        break;
      }
    });

    it('keep the chaincode’s code and words when refused', async () => {
      const auditor = await as('ReadersMSP', 'auditor');
      const refused = auditor.submit('datachain', submission(await sealed()));
      await expect(refused).rejects.toMatchObject({ name: 'LedgerError', code: 'E_FORBIDDEN' });
      const unknown = auditor.evaluate('datachain', broadcast(BROADCAST.getSigma, 'ab'.repeat(32)));
      await expect(unknown).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
      const error = await unknown.catch((reason: unknown) => reason as LedgerError);
      expect(error).toBeInstanceOf(LedgerError);
      expect((error as LedgerError).message).not.toContain('chaincode response');
    });

    it('conflict when both write one nullifier: the second learns it', async () => {
      const relay = await as('CSS3MSP', 'relay');
      const sigma = await sealed();
      const [first, second] = await Promise.all([
        relay.endorse('datachain', submission(sigma)),
        relay.endorse('datachain', submission(sigma)),
      ]);
      await first.submit();
      const { transactionId } = second;
      await expect(second.submit()).rejects.toMatchObject({ code: 'E_MVCC', validationCode: 11, transactionId });
    });

    it('need an identity of the profile', async () => {
      await expect(as('CSS1MSP', 'nobody')).rejects.toMatchObject({ code: 'E_LEDGER_IDENTITY' });
      await expect(as('NobodyMSP', 'relay')).rejects.toMatchObject({ code: 'E_LEDGER_IDENTITY' });
    });

    it('go through another gateway when one is not reached', async () => {
      const profile = await readProfile(profileFile);
      const [dead] = await Promise.all([freePorts(1)]);
      const organisations = profile.organisations.map((organisation) =>
        organisation.mspId === 'CSS1MSP'
          ? { ...organisation, gateways: organisation.gateways.map((g) => ({ ...g, endpoint: `127.0.0.1:${dead}` })) }
          : organisation,
      );
      const file = join(directory, 'failover', 'profile.json');
      await writeProfile(file, { ...profile, organisations });
      const auditor = await as('ReadersMSP', 'auditor', file);
      expect(parsed(await auditor.evaluate('datachain', broadcast(BROADCAST.slot)))).toMatchObject({ epoch: EPOCH });
      const own = await as('CSS1MSP', 'relay', file);
      await expect(own.evaluate('datachain', broadcast(BROADCAST.slot))).rejects.toMatchObject({
        code: 'E_LEDGER_UNAVAILABLE',
      });
    });
  });

  describe('blocks', () => {
    it('come from the beginning, in order, until the reader aborts', async () => {
      const auditor = await as('ReadersMSP', 'auditor');
      const height = await auditor.height('datachain');
      const controller = new AbortController();
      const numbers: bigint[] = [];
      for await (const { number } of auditor.blocks('datachain', { from: 0n, signal: controller.signal })) {
        numbers.push(number);
        if (number === height - 1n) controller.abort();
      }
      expect(numbers).toEqual(Array.from({ length: Number(height) }, (_, index) => BigInt(index)));
    });

    it('feed a replica and hold in an audit', async () => {
      const relay = await as('CSS1MSP', 'relay');
      const store = await openStore(join(directory, 'replica'));
      const replica = await openReplica({ store, trust, source: relay, logger: silentLogger() });
      try {
        replica.start();
        const sigma = await sealed('late');
        const committed = replica.whenCommitted(sigmaId(sigma), soon());
        const { blockNumber } = await relay.submit('datachain', submission(sigma));
        expect(await committed).toMatchObject({ block: blockNumber });
        await replica.reached('certchain', (await relay.height('certchain')) - 1n, soon());
        expect((await replica.record(csc.record.f))?.keys?.Q).toEqual(csc.Q);
        expect(replica.isFresh(now())).toBe(true);
      } finally {
        await replica.stop();
        await store.close();
      }
      writeFileSync(join(directory, 'trust.json'), encodeTrust(trust));
      const chain = await openChain(directory);
      ledgers.push(chain.ledger);
      const ids: string[] = [];
      const onSigma = (id: string): void => void ids.push(id);
      const report = await verifyChain({ trust: chain.trust, source: chain.ledger, heights: chain.heights, onSigma });
      expect(report).toMatchObject({ verified: true, faults: [], sigmas: 3, invalidTransactions: 1, records: 1 });
      expect(chain.trust.ordering).toBe(kind === 'fabric' ? 'bft' : 'unsigned');
      expect(new Set((await spentCredentials(chain)).values())).toEqual(new Set(ids));
      expect(toHex(chain.trust.params.ctx)).toBe(toHex(trust.params.ctx));
    });
  });

  describe('a ledger that goes and comes back', () => {
    it('is unavailable meanwhile and continues where it stood', async () => {
      const relay = await as('CSS4MSP', 'relay');
      const height = await relay.height('datachain');
      const endorsed = await relay.endorse('datachain', submission(await sealed()));
      const reading = (async () => {
        for await (const block of relay.blocks('datachain', { from: height })) return block;
        throw new Error('the stream ended quietly');
      })();
      const lost = expect(reading).rejects.toMatchObject({ code: 'E_LEDGER_UNAVAILABLE' });
      await running.stop();
      await lost;
      await expect(relay.evaluate('datachain', broadcast(BROADCAST.slot))).rejects.toMatchObject({
        code: 'E_LEDGER_UNAVAILABLE',
      });
      const submitting = endorsed.submit();
      const unknown = expect(submitting).rejects.toMatchObject({
        code: 'E_COMMIT_UNKNOWN',
        transactionId: endorsed.transactionId,
      });
      await unknown;
      running = await restart();
      const deadline = Date.now() + 60_000;
      for (;;) {
        try {
          expect(await relay.height('datachain')).toBe(height);
          break;
        } catch (error) {
          if (!(error instanceof LedgerError) || Date.now() > deadline) throw error;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
      const { blockNumber } = await relay.submit('datachain', submission(await sealed()));
      expect(blockNumber).toBe(height);
    }, 240_000);
  });
}
