import { status } from '@grpc/grpc-js';
import { type Contract, EndorseError, type Gateway, type Network } from '@hyperledger/fabric-gateway';

import { type EmbeddedFixture } from '../testing/embedded';
import { LedgerUnderTest, refusal, signDigestWith } from '../testing/ledger-under-test';

let under: LedgerUnderTest;
let fixture: EmbeddedFixture;
let gateway: Gateway;
let network: Network;
let contract: Contract;

beforeAll(async () => {
  under = await LedgerUnderTest.start('refusals', { chaincodeProcesses: 'shared' });
  ({ fixture, gateway, network, contract } = under);
});

afterAll(() => under?.stop());

const ALREADY_PROCESSED =
  'received unsuccessful response from orderer: status=SERVICE_UNAVAILABLE, info=failed to submit request: request already processed';

describe('replays', () => {
  test('a proposal whose transaction is committed is refused', async () => {
    const proposal = contract.newProposal('put', { arguments: ['once', '1'] });
    await (await (await proposal.endorse()).submit()).getStatus();
    const error = await refusal(proposal.endorse());
    expect(error).toBeInstanceOf(EndorseError);
    expect(error.code).toBe(status.ABORTED);
    expect(error.details[0]?.message).toMatch(
      new RegExp(`^duplicate transaction found \\[${proposal.getTransactionId()}`),
    );
    const evaluated = await refusal(proposal.evaluate());
    expect(evaluated.code).toBe(status.FAILED_PRECONDITION);
  });

  test('a transaction ordered already is not ordered again, as no orderer of Fabric would', async () => {
    const transaction = await contract.newProposal('put', { arguments: ['replayed', '1'] }).endorse();
    const first = await (await transaction.submit()).getStatus();
    await under.submit('put', 'replayed', '2');
    const error = await refusal(transaction.submit());
    expect(error.code).toBe(status.UNAVAILABLE);
    expect(error.details.map(({ message }) => message)).toEqual(Array(2).fill(ALREADY_PROCESSED));
    expect(first.successful).toBe(true);
    expect(await under.evaluate('get', 'replayed')).toBe('2');
  });
});

describe('refusals', () => {
  test('what the chaincode refuses carries its message', async () => {
    const evaluated = await refusal(contract.evaluateTransaction('fail', 'E_NO_SUCH_PILE: none'));
    expect(evaluated.code).toBe(status.UNKNOWN);
    expect(evaluated.details).toEqual([
      {
        address: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
        mspId: 'CSS1MSP',
        message: 'chaincode response 500, E_NO_SUCH_PILE: none',
      },
    ]);
    const endorsed = await refusal(contract.submitTransaction('fail', 'E_NO_SUCH_PILE: none'));
    expect(endorsed).toBeInstanceOf(EndorseError);
    expect(endorsed.code).toBe(status.ABORTED);
    expect(endorsed.message).toContain('failed to endorse transaction, see attached details for more info');
    expect(endorsed.details).toEqual([
      expect.objectContaining({ mspId: 'CSS1MSP', message: 'chaincode response 500, E_NO_SUCH_PILE: none' }),
    ]);
  });

  test.each([
    ['history', 'GET_HISTORY_FOR_KEY', 'history database is not enabled'],
    ['richQuery', 'GET_QUERY_RESULT', 'ExecuteQuery not supported for leveldb'],
    ['privateData', 'GET_STATE', 'collection datachain/chargecast/collection could not be found'],
    ['endorsementPolicy', 'PUT_STATE_METADATA', 'state metadata (key-level endorsement) is not supported'],
    ['callOther', 'INVOKE_CHAINCODE', 'chaincode key not found'],
    ['callOther', 'INVOKE_CHAINCODE', 'a chaincode calling another is not supported', 'chargecast', 'certchain'],
  ])('%s is refused by name', async (name, request, reason, ...args) => {
    const error = await refusal(contract.evaluateTransaction(name, ...(args.length > 0 ? args : ['key'])));
    expect(error.code).toBe(status.UNKNOWN);
    expect(error.details[0]?.message).toContain(`${request} failed: transaction ID: `);
    expect(error.details[0]?.message).toContain(reason);
  });

  test('an unknown channel', async () => {
    const nowhere = gateway.getNetwork('nowhere').getContract('chargecast');
    const evaluated = await refusal(nowhere.evaluateTransaction('get', 'a'));
    expect(evaluated.code).toBe(status.UNAVAILABLE);
    expect(evaluated.message).toContain('failed to get config for channel [nowhere]');
    expect((await refusal(nowhere.submitTransaction('put', 'a', 'b'))).code).toBe(status.FAILED_PRECONDITION);
  });

  test('an unknown chaincode', async () => {
    const missing = network.getContract('missing');
    const evaluated = await refusal(missing.evaluateTransaction('get', 'a'));
    expect(evaluated.code).toBe(status.FAILED_PRECONDITION);
    expect(evaluated.message).toContain('no peers available to evaluate chaincode missing in channel datachain');
    const endorsed = await refusal(missing.submitTransaction('put', 'a', 'b'));
    expect(endorsed.code).toBe(status.FAILED_PRECONDITION);
    expect(endorsed.message).toContain('No metadata was found for chaincode missing in channel datachain');
  });

  test('an unknown endorsing organisation', async () => {
    const proposal = contract.newProposal('put', {
      arguments: ['a', 'b'],
      endorsingOrganizations: ['CSS1MSP', 'CSS9MSP'],
    });
    const error = await refusal(proposal.endorse());
    expect(error.code).toBe(status.UNAVAILABLE);
    expect(error.message).toContain('failed to find any endorsing peers for org(s): CSS9MSP');
  });

  test('a status asked for by somebody else’s signature', async () => {
    const proposal = contract.newProposal('put', { arguments: ['status', '1'] });
    const commit = await (await proposal.endorse()).submit();
    const { keyPem: otherKey } = await fixture.identity('CSS2MSP', 'relay');
    const forged = gateway.newSignedCommit(commit.getBytes(), await signDigestWith(otherKey)(commit.getDigest()));
    const error = await refusal(forged.getStatus());
    expect(error.code).toBe(status.PERMISSION_DENIED);
    expect(error.message).toContain('with policy [/Channel/Application/Readers]');
  });

  test('an evaluation ends with the caller’s deadline', async () => {
    const slow = await refusal(
      contract.newProposal('slow', { arguments: ['2000'] }).evaluate({ deadline: Date.now() + 200 }),
    );
    expect(slow.code).toBe(status.DEADLINE_EXCEEDED);
  });
});
