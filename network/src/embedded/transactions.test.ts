import { CommitError, type Contract, type Gateway, StatusCode } from '@hyperledger/fabric-gateway';

import { type EmbeddedFixture } from '../testing/embedded';
import { LedgerUnderTest, signDigestWith, text } from '../testing/ledger-under-test';
import { type EmbeddedLedger } from './embedded-ledger';
import { transactionId } from './proposal';

let under: LedgerUnderTest;
let fixture: EmbeddedFixture;
let ledger: EmbeddedLedger;
let gateway: Gateway;
let contract: Contract;

beforeAll(async () => {
  under = await LedgerUnderTest.start('transactions', { chaincodeProcesses: 'shared' });
  ({ fixture, ledger, gateway, contract } = under);
});

afterAll(() => under?.stop());

describe('good transactions', () => {
  test('a submitted value is committed, read back, and only on its own channel', async () => {
    expect(await under.submit('put', 'a', 'one')).toBe('one');
    expect(await under.evaluate('get', 'a')).toBe('one');
    const other = gateway.getNetwork('certchain').getContract('chargecast');
    expect(text(await other.evaluateTransaction('get', 'a'))).toBe('');
  });

  test('a deleted key is gone', async () => {
    await under.submit('put', 'gone', 'x');
    await under.submit('delete', 'gone');
    expect(await under.evaluate('get', 'gone')).toBe('');
  });

  test('a transaction does not see its own writes', async () => {
    await under.submit('put', 'own', 'before');
    expect(await under.submit('putThenGet', 'own', 'after')).toBe('before');
    expect(await under.evaluate('get', 'own')).toBe('after');
  });

  test('members without a peer submit through any gateway', async () => {
    const kgc = await fixture.connect(ledger.gateways, 'KGCMSP', 'kgc', { through: 'CSS3MSP' });
    const asKgc = kgc.getNetwork('certchain').getContract('chargecast');
    expect(text(await asKgc.submitTransaction('creator'))).toBe('KGCMSP');
  });

  test('transient data reach the chaincode and never the block', async () => {
    const secret = 'a value nobody is to see';
    const proposal = contract.newProposal('transientSize', {
      arguments: ['size'],
      transientData: { secret: Buffer.from(secret) },
    });
    const transaction = await proposal.endorse();
    expect(Buffer.from(transaction.getBytes()).includes(secret)).toBe(false);
    const commit = await transaction.submit();
    expect((await commit.getStatus()).successful).toBe(true);
    expect(await under.evaluate('get', 'size')).toBe(String(secret.length));
  });

  test('each step signed away from the client', async () => {
    const unsigned = await fixture.connect(ledger.gateways, 'CSS2MSP', 'relay', { unsigned: true });
    const signDigest = signDigestWith((await fixture.identity('CSS2MSP', 'relay')).keyPem);
    const proposal = unsigned
      .getNetwork('datachain')
      .getContract('chargecast')
      .newProposal('put', {
        arguments: ['offline', 'yes'],
      });
    const signedProposal = unsigned.newSignedProposal(proposal.getBytes(), await signDigest(proposal.getDigest()));
    const transaction = await signedProposal.endorse();
    const signedTransaction = unsigned.newSignedTransaction(
      transaction.getBytes(),
      await signDigest(transaction.getDigest()),
    );
    const commit = await signedTransaction.submit();
    const signedCommit = unsigned.newSignedCommit(commit.getBytes(), await signDigest(commit.getDigest()));
    expect(await signedCommit.getStatus()).toMatchObject({ successful: true, code: StatusCode.VALID });
    expect(await under.evaluate('get', 'offline')).toBe('yes');
  });

  test('the chaincode sees the proposal’s time', async () => {
    const seconds = Number(await under.evaluate('timestamp'));
    expect(Math.abs(seconds - Date.now() / 1000)).toBeLessThan(30);
  });
});

test('submitting through Contract.submit reports the validation code', async () => {
  const outcomes = await Promise.allSettled(
    Array.from({ length: 6 }, () => contract.submitTransaction('increment', 'race')),
  );
  const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
  expect(outcomes.length - errors.length).toBeGreaterThan(0);
  for (const error of errors) {
    expect(error).toBeInstanceOf(CommitError);
    expect((error as CommitError).code).toBe(StatusCode.MVCC_READ_CONFLICT);
  }
  expect(await under.evaluate('get', 'race')).toBe(String(outcomes.length - errors.length));
});

test('transaction ids are those of nonce and creator', () => {
  expect(transactionId(Buffer.from('nonce'), Buffer.from('creator'))).toBe(
    '709184f9d24f6ade8fcd4d6521a6eef295fef6c2e67216c58b68ac15e8946492',
  );
});
