import { createPrivateKey } from 'node:crypto';
import { join } from 'node:path';

import { common, gateway, peer } from '@hyperledger/fabric-protos';
import fc from 'fast-check';

import { EmbeddedFixture } from '../testing/embedded';
import { sign } from './ecdsa';
import { type EmbeddedLedger, startEmbeddedLedger } from './embedded-ledger';
import { Identities } from './identities';
import { ChannelPolicies } from './policies';
import { Store } from './store';
import { Validator } from './validator';

const Code = peer.TxValidationCode;

let fixture: EmbeddedFixture;
let ledger: EmbeddedLedger;
let store: Store;
let validator: Validator;
let prepared: common.Envelope;
let keyPem: string;

beforeAll(async () => {
  fixture = await EmbeddedFixture.make();
  const options = await fixture.options('validator', { chaincodeProcesses: 'shared' });
  ledger = await startEmbeddedLedger(options);
  const connection = await fixture.connect(ledger.gateways, 'CSS1MSP', 'relay');
  const contract = connection.getNetwork('datachain').getContract('chargecast');
  const transaction = await contract.newProposal('put', { arguments: ['key', 'value'] }).endorse();
  prepared = gateway.PreparedTransaction.deserializeBinary(transaction.getBytes()).getEnvelope() as common.Envelope;
  ({ keyPem } = await fixture.identity('CSS1MSP', 'relay'));
  const policies = new ChannelPolicies(
    { name: 'datachain', chaincodes: ['chargecast'] },
    options.organisations,
    options.chaincodes,
  );
  store = await Store.open(join(fixture.directory, 'validator-store'));
  validator = new Validator('datachain', policies, ['chargecast'], new Identities(options.organisations), store);
});

afterAll(async () => {
  await store?.close();
  await ledger?.stop();
  await fixture?.dispose();
});

function signed(payload: Uint8Array): common.Envelope {
  const envelope = new common.Envelope();
  envelope.setPayload(payload);
  envelope.setSignature(sign(createPrivateKey(keyPem), payload));
  return envelope;
}

const validate = async (...envelopes: common.Envelope[]): Promise<readonly number[]> =>
  (await validator.validate(1, envelopes)).codes;

test('as endorsed: valid once, a duplicate the second time', async () => {
  const envelope = signed(prepared.getPayload_asU8());
  expect(await validate(envelope)).toEqual([Code.VALID]);
  expect(await validate(envelope, envelope)).toEqual([Code.VALID, Code.DUPLICATE_TXID]);
});

test('nothing, or bytes that are nothing', async () => {
  expect(await validate(new common.Envelope())).toEqual([Code.BAD_COMMON_HEADER]);
  expect(await validate(signed(Buffer.from('no payload at all')))).not.toEqual([Code.VALID]);
});

test('any bytes changed by a member who signs them: a code, never a stop; never valid but where nothing counts', async () => {
  const original = Buffer.from(prepared.getPayload_asU8());
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(original.length - 1), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 }),
      async (changes) => {
        const payload = Buffer.from(original);
        for (const [at, change] of changes) payload[at] = (payload[at] as number) ^ change;
        const [code] = await validate(signed(payload));
        seen.add(code as number);
        if (payload.equals(original)) return;
        expect(code).not.toBe(Code.NOT_VALIDATED);
        if (code === Code.VALID) expect(resultsOf(payload)).toEqual(resultsOf(original));
      },
    ),
    { numRuns: 400 },
  );
  expect(seen.size).toBeGreaterThan(3);
});

test('truncated anywhere', async () => {
  const original = prepared.getPayload_asU8();
  for (let length = 0; length < original.length; length += 23) {
    const [code] = await validate(signed(original.subarray(0, length)));
    expect(code).not.toBe(Code.VALID);
  }
});

/** What a transaction writes: the endorsed results. */
function resultsOf(payload: Uint8Array): string {
  const transaction = peer.Transaction.deserializeBinary(common.Payload.deserializeBinary(payload).getData_asU8());
  const [action] = transaction.getActionsList() as [peer.TransactionAction];
  const endorsed = peer.ChaincodeActionPayload.deserializeBinary(action.getPayload_asU8()).getAction();
  return Buffer.from(endorsed?.getProposalResponsePayload_asU8() ?? []).toString('hex');
}
