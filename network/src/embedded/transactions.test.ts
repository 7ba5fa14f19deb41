import { type Contract } from '@hyperledger/fabric-gateway';

import { EmbeddedFixture } from '../testing/embedded';
import { type EmbeddedLedger, startEmbeddedLedger } from './embedded-ledger';

let fixture: EmbeddedFixture;
let ledger: EmbeddedLedger;
let contract: Contract;

beforeAll(async () => {
  fixture = await EmbeddedFixture.make();
  ledger = await startEmbeddedLedger(await fixture.options('transactions'));
  contract = (await fixture.connect(ledger.gateways, 'CSS1MSP', 'relay'))
    .getNetwork('datachain')
    .getContract('chargecast');
});

afterAll(async () => {
  await ledger?.stop();
  await fixture?.dispose();
});

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

test('a submitted value is read back', async () => {
  expect(text(await contract.submitTransaction('put', 'a', 'one'))).toBe('one');
  expect(text(await contract.evaluateTransaction('get', 'a'))).toBe('one');
});
