import { type Contract, StatusCode } from '@hyperledger/fabric-gateway';

import { EmbeddedFixture } from '../testing/embedded';
import { type EmbeddedLedger, startEmbeddedLedger } from './embedded-ledger';
import { type EmbeddedLedgerOptions, type EndorsementPolicy } from './options';

/** Not what a majority of four would be: both of two organisations, and the others do not count. */
const BOTH: EndorsementPolicy = { organisations: ['CSS1MSP', 'CSS2MSP'], quorum: 2 };

let fixture: EmbeddedFixture;
let ledger: EmbeddedLedger;
let contract: Contract;

beforeAll(async () => {
  fixture = await EmbeddedFixture.make();
  ledger = await startEmbeddedLedger(await withPolicy(BOTH));
  const gateway = await fixture.connect(ledger.gateways, 'CSS1MSP', 'relay');
  contract = gateway.getNetwork('datachain').getContract('chargecast');
});

afterAll(async () => {
  await ledger?.stop();
  await fixture?.dispose();
});

async function withPolicy(endorsement: EndorsementPolicy): Promise<EmbeddedLedgerOptions> {
  const options = await fixture.options('policies', { chaincodeProcesses: 'shared' });
  return {
    ...options,
    chaincodes: options.chaincodes.map((chaincode) => ({ ...chaincode, endorsement })),
    channels: options.channels.filter(({ name }) => name === 'datachain'),
  };
}

async function codeOf(name: string, key: string, endorsingOrganizations?: string[]): Promise<number> {
  const options = { arguments: [key, 'value'], ...(endorsingOrganizations && { endorsingOrganizations }) };
  const transaction = await contract.newProposal(name, options).endorse();
  return (await (await transaction.submit()).getStatus()).code;
}

test('the organisations of the policy endorse', async () => {
  expect(await codeOf('put', 'planned')).toBe(StatusCode.VALID);
  expect(await codeOf('put', 'chosen', ['CSS1MSP', 'CSS2MSP'])).toBe(StatusCode.VALID);
});

test('a majority without one of them does not', async () => {
  expect(await codeOf('put', 'majority', ['CSS1MSP', 'CSS3MSP', 'CSS4MSP'])).toBe(
    StatusCode.ENDORSEMENT_POLICY_FAILURE,
  );
  expect(Buffer.from(await contract.evaluateTransaction('get', 'majority')).toString()).toBe('');
});

test.each<[EndorsementPolicy, RegExp]>([
  [{ organisations: ['CSS1MSP'], quorum: 0 }, /asks for 0 of 1 organisations/],
  [{ organisations: ['CSS1MSP', 'CSS2MSP'], quorum: 3 }, /asks for 3 of 2 organisations/],
  [{ organisations: ['CSS1MSP', 'CSS1MSP'], quorum: 1 }, /repeats a name/],
  [{ organisations: ['Unknown'], quorum: 1 }, /Unknown of chaincode chargecast's endorsement policy has no peer/],
])('%j is no policy', async (policy, fault) => {
  const started = startEmbeddedLedger(await withPolicy(policy));
  await expect(started).rejects.toMatchObject({
    code: 'E_LEDGER_OPTIONS',
    message: expect.stringMatching(fault) as string,
  });
});
