import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { status } from '@grpc/grpc-js';
import {
  CommitError,
  type Contract,
  EndorseError,
  type Gateway,
  GatewayError,
  type Network,
  type Signer,
  signers,
  StatusCode,
} from '@hyperledger/fabric-gateway';
import { Timestamp } from 'google-protobuf/google/protobuf/timestamp_pb';

import { EmbeddedFixture } from '../testing/embedded';
import { alteredProposal, alteredTransaction } from '../testing/proposals';
import { createAuthority, issueCertificate, loadAuthority } from '../pki';
import { type EmbeddedLedger, startEmbeddedLedger } from './embedded-ledger';
import { transactionId } from './proposal';

let fixture: EmbeddedFixture;
let ledger: EmbeddedLedger;
let gateway: Gateway;
let network: Network;
let contract: Contract;
let keyPem: string;

beforeAll(async () => {
  fixture = await EmbeddedFixture.make();
  ledger = await startEmbeddedLedger(await fixture.options('transactions'));
  gateway = await fixture.connect(ledger.gateways, 'CSS1MSP', 'relay');
  network = gateway.getNetwork('datachain');
  contract = network.getContract('chargecast');
  ({ keyPem } = await fixture.identity('CSS1MSP', 'relay'));
});

afterAll(async () => {
  await ledger?.stop();
  await fixture?.dispose();
});

const signDigestWith = (pem: string): Signer => signers.newPrivateKeySigner(createPrivateKey(pem));
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const evaluate = async (name: string, ...args: string[]): Promise<string> =>
  text(await contract.evaluateTransaction(name, ...args));
const submit = async (name: string, ...args: string[]): Promise<string> =>
  text(await contract.submitTransaction(name, ...args));

/** What the work was refused with; fails where it was not. */
async function refusal(work: Promise<unknown>): Promise<GatewayError> {
  const error: unknown = await work.then(
    () => new Error('it was not refused'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(GatewayError);
  return error as GatewayError;
}

describe('good transactions', () => {
  test('a submitted value is committed, read back, and only on its own channel', async () => {
    expect(await submit('put', 'a', 'one')).toBe('one');
    expect(await evaluate('get', 'a')).toBe('one');
    const other = gateway.getNetwork('certchain').getContract('chargecast');
    expect(text(await other.evaluateTransaction('get', 'a'))).toBe('');
  });

  test('a deleted key is gone', async () => {
    await submit('put', 'gone', 'x');
    await submit('delete', 'gone');
    expect(await evaluate('get', 'gone')).toBe('');
  });

  test('a transaction does not see its own writes', async () => {
    await submit('put', 'own', 'before');
    expect(await submit('putThenGet', 'own', 'after')).toBe('before');
    expect(await evaluate('get', 'own')).toBe('after');
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
    expect(await evaluate('get', 'size')).toBe(String(secret.length));
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
    expect(await evaluate('get', 'offline')).toBe('yes');
  });

  test('the chaincode sees the proposal’s time', async () => {
    const seconds = Number(await evaluate('timestamp'));
    expect(Math.abs(seconds - Date.now() / 1000)).toBeLessThan(30);
  });
});

describe('range queries', () => {
  beforeAll(async () => {
    await submit('fill', 'many', '230');
    for (const name of ['𐀀', '\uffee', 'é', 'z']) await submit('put', `order:${name}`, name);
  });

  test('more results than one message holds come in key order', async () => {
    const found = JSON.parse(await evaluate('range', 'many', 'many~')) as string[];
    expect(found).toHaveLength(230);
    expect(found[0]).toBe('many0000=0');
    expect(found[229]).toBe('many0229=229');
  });

  test('keys stand in the order of their bytes', async () => {
    const found = JSON.parse(await evaluate('range', 'order:', 'order;')) as string[];
    expect(found.map((entry) => entry.split('=')[1])).toEqual(['z', 'é', '\uffee', '𐀀']);
  });

  test('pages follow each other by bookmark', async () => {
    const first = JSON.parse(await evaluate('page', 'many', 'many~', '100', '')) as Page;
    expect(first).toMatchObject({ count: 100, bookmark: 'many0100' });
    const third = JSON.parse(await evaluate('page', 'many', 'many~', '100', 'many0200')) as Page;
    expect(third).toMatchObject({ count: 30, bookmark: '' });
    expect(third.keys[0]).toBe('many0200');
  });

  test('a write after a page is refused', async () => {
    const error = await refusal(contract.submitTransaction('pageThenPut', 'many', 'many~'));
    expect(error.details[0]?.message).toContain('Transaction has already performed a paginated query');
  });

  test('composite keys are found by their first parts and are no simple keys', async () => {
    await submit('composite', 'bill', 'pile1', '1');
    await submit('composite', 'bill', 'pile1', '2');
    await submit('composite', 'bill', 'pile2', '1');
    expect(await evaluate('byPartialKey', 'bill', 'pile1')).toBe('2');
    expect(JSON.parse(await evaluate('range', '', '')) as string[]).not.toContain('pile1/1');
  });
});

interface Page {
  readonly keys: string[];
  readonly bookmark: string;
  readonly count: number;
}

describe('conflicts', () => {
  test('two transactions on one read: the second is MVCC_READ_CONFLICT', async () => {
    const first = await contract.newProposal('increment', { arguments: ['counter'] }).endorse();
    const second = await contract.newProposal('increment', { arguments: ['counter'] }).endorse();
    const commits = [await first.submit(), await second.submit()];
    const codes = (await Promise.all(commits.map((commit) => commit.getStatus()))).map(({ code }) => code);
    expect(codes).toEqual([StatusCode.VALID, StatusCode.MVCC_READ_CONFLICT]);
    expect(await evaluate('get', 'counter')).toBe('1');
  });

  test('a key that appeared in a range read: PHANTOM_READ_CONFLICT', async () => {
    await submit('put', 'phantom:1', 'x');
    const count = await contract.newProposal('countRange', { arguments: ['phantom:', 'phantom;', 'n'] }).endorse();
    await submit('put', 'phantom:2', 'x');
    expect((await (await count.submit()).getStatus()).code).toBe(StatusCode.PHANTOM_READ_CONFLICT);
  });

  test('a key that appeared in a range of hundreds: PHANTOM_READ_CONFLICT, none without it', async () => {
    await submit('fill', 'crowd', '160');
    const propose = () =>
      contract.newProposal('countRange', { arguments: ['crowd', 'crowd~', 'crowdCount'] }).endorse();
    expect((await (await (await propose()).submit()).getStatus()).code).toBe(StatusCode.VALID);
    const late = await propose();
    await submit('put', 'crowd0077x', 'x');
    expect((await (await late.submit()).getStatus()).code).toBe(StatusCode.PHANTOM_READ_CONFLICT);
  });

  test('of a query left early, what was not fetched does not matter', async () => {
    await submit('fill', 'early', '150');
    const first = await contract
      .newProposal('firstOfRange', { arguments: ['early', 'early~', 'firstEarly'] })
      .endorse();
    await submit('put', 'early0149', 'changed beyond the first batch');
    expect((await (await first.submit()).getStatus()).code).toBe(StatusCode.VALID);
  });

  test('the committed error names code and transaction', async () => {
    const stale = contract.newProposal('increment', { arguments: ['named'] });
    const transaction = await stale.endorse();
    await submit('increment', 'named');
    const commit = await transaction.submit();
    expect(await commit.getStatus()).toMatchObject({
      successful: false,
      code: StatusCode.MVCC_READ_CONFLICT,
      transactionId: stale.getTransactionId(),
    });
  });
});

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

  test('a committed transaction submitted again stands in the chain as DUPLICATE_TXID and changes nothing', async () => {
    const proposal = contract.newProposal('put', { arguments: ['replayed', '1'] });
    const transaction = await proposal.endorse();
    const first = await (await transaction.submit()).getStatus();
    await submit('put', 'replayed', '2');
    const blocks = await network.getFilteredBlockEvents();
    try {
      await transaction.submit();
      for await (const block of blocks) {
        const [again] = block.getFilteredTransactionsList();
        expect(again?.getTxid()).toBe(proposal.getTransactionId());
        expect(again?.getTxValidationCode()).toBe(StatusCode.DUPLICATE_TXID);
        break;
      }
    } finally {
      blocks.close();
    }
    const known = await (await transaction.submit()).getStatus();
    expect(known).toMatchObject({ code: StatusCode.VALID, blockNumber: first.blockNumber });
    expect(await evaluate('get', 'replayed')).toBe('2');
  });
});

describe('who may', () => {
  test('a stale timestamp is refused before anything else', async () => {
    const stale = (): ReturnType<typeof alteredProposal> =>
      alteredProposal(gateway, contract.newProposal('get', { arguments: ['a'] }), keyPem, ({ channel }) => {
        channel.setTimestamp(Timestamp.fromDate(new Date(Date.now() - 61_000)));
      });
    const evaluated = await refusal(stale().evaluate());
    expect(evaluated.code).toBe(status.UNAVAILABLE);
    expect(evaluated.details).toHaveLength(4);
    expect(evaluated.details[0]?.message).toMatch(
      /^request unauthorized due to incorrect timestamp .*, peer.authentication.timewindow 1m0s$/,
    );
    expect(evaluated.details[1]?.message).toMatch(/^rpc error: code = Unknown desc = request unauthorized/);
    expect((await refusal(stale().endorse())).code).toBe(status.ABORTED);
  });

  test('a signature that is not the creator’s is refused', async () => {
    const { keyPem: otherKey } = await fixture.identity('CSS2MSP', 'relay');
    const forged = alteredProposal(
      gateway,
      contract.newProposal('get', { arguments: ['a'] }),
      otherKey,
      () => undefined,
    );
    const error = await refusal(forged.evaluate());
    expect(error.code).toBe(status.FAILED_PRECONDITION);
    expect(error.details).toEqual([
      expect.objectContaining({
        mspId: 'CSS1MSP',
        message: 'error validating proposal: access denied: channel [datachain] creator org [CSS1MSP]',
      }),
    ]);
  });

  test('a creator certified by nobody known, or by another’s authority, is refused', async () => {
    const foreign = await loadAuthority(await createAuthority('ca.stranger.test', 'StrangerMSP'));
    const stranger = await issueCertificate(foreign, {
      commonName: 'stranger',
      organisation: 'StrangerMSP',
      organisationalUnit: 'client',
      usage: 'signing',
    });
    for (const [mspId, message] of [
      ['StrangerMSP', 'creator org unknown, creator is malformed'],
      ['CSS1MSP', 'creator org [CSS1MSP]'],
    ] as const) {
      const identity = { mspId, credentials: Buffer.from(stranger.certificatePem) };
      const connection = await fixture.connect(ledger.gateways, 'CSS1MSP', 'relay', {
        identity,
        signer: signDigestWith(stranger.keyPem),
      });
      const target = connection.getNetwork('datachain').getContract('chargecast');
      const error = await refusal(target.submitTransaction('put', 'stranger', 'x'));
      expect(error.code).toBe(status.ABORTED);
      expect(error.details[0]?.message).toBe(
        `error validating proposal: access denied: channel [datachain] ${message}`,
      );
    }
    expect(await evaluate('get', 'stranger')).toBe('');
  });

  test('a peer’s certificate cannot write', async () => {
    const peerFiles = fixture.material.css.get('CSS1MSP')?.peer;
    const peerKey = readFileSync(peerFiles?.keyPath ?? '', 'utf8');
    const connection = await fixture.connect(ledger.gateways, 'CSS1MSP', 'relay', {
      identity: { mspId: 'CSS1MSP', credentials: readFileSync(peerFiles?.certPath ?? '') },
      signer: signDigestWith(peerKey),
    });
    const error = await refusal(
      connection.getNetwork('datachain').getContract('chargecast').evaluateTransaction('get', 'a'),
    );
    expect(error.code).toBe(status.FAILED_PRECONDITION);
    expect(error.details[0]?.message).toContain("requires 1 of the 'Writers' sub-policies to be satisfied");
  });

  test('a transaction id that is not of its nonce and creator is refused', async () => {
    const wrong = alteredProposal(gateway, contract.newProposal('get', { arguments: ['a'] }), keyPem, ({ channel }) => {
      channel.setTxId('00'.repeat(32));
    });
    expect((await refusal(wrong.evaluate())).details[0]?.message).toContain('incorrectly computed txid');
  });

  test('an envelope signed by another is not ordered', async () => {
    const transaction = await contract.newProposal('put', { arguments: ['stolen', '1'] }).endorse();
    const { keyPem: otherKey } = await fixture.identity('CSS2MSP', 'relay');
    const signed = gateway.newSignedTransaction(
      transaction.getBytes(),
      await signDigestWith(otherKey)(transaction.getDigest()),
    );
    const error = await refusal(signed.submit());
    expect(error.name).toBe('SubmitError');
    expect(error.code).toBe(status.UNAVAILABLE);
    expect(error.details[0]?.message).toMatch(/status=FORBIDDEN, info=.*permission denied$/);
  });
});

describe('forged transactions', () => {
  const forge = async (alter: Parameters<typeof alteredTransaction>[2], ...args: [string, string]): Promise<number> => {
    const transaction = await contract.newProposal('put', { arguments: args }).endorse();
    const { bytes, signature } = alteredTransaction(transaction.getBytes(), keyPem, alter);
    const commit = await gateway.newSignedTransaction(bytes, signature).submit();
    return (await commit.getStatus()).code;
  };

  test('fewer endorsements than the policy asks: ENDORSEMENT_POLICY_FAILURE', async () => {
    const code = await forge((_, action) => action.getAction()?.getEndorsementsList().pop(), 'few', '1');
    expect(code).toBe(StatusCode.ENDORSEMENT_POLICY_FAILURE);
    expect(await evaluate('get', 'few')).toBe('');
  });

  test('one endorsement three times does not make three', async () => {
    const code = await forge(
      (_, action) => {
        const endorsed = action.getAction();
        const [one] = endorsed?.getEndorsementsList() ?? [];
        if (one) endorsed?.setEndorsementsList([one, one, one]);
      },
      'thrice',
      '1',
    );
    expect(code).toBe(StatusCode.ENDORSEMENT_POLICY_FAILURE);
  });

  test('a response changed after its endorsement', async () => {
    const code = await forge(
      (_, action) => {
        const endorsed = action.getAction();
        const payload = Buffer.from(endorsed?.getProposalResponsePayload_asU8() ?? []);
        const at = payload.indexOf('honest');
        payload.write('crafty', at);
        endorsed?.setProposalResponsePayload(payload);
      },
      'changed',
      'honest',
    );
    expect(code).toBe(StatusCode.ENDORSEMENT_POLICY_FAILURE);
    expect(await evaluate('get', 'changed')).toBe('');
  });

  test('arguments other than those endorsed: INVALID_ENDORSER_TRANSACTION', async () => {
    const code = await forge(
      (_, action) => {
        const payload = Buffer.from(action.getChaincodeProposalPayload_asU8());
        payload.write('9', payload.indexOf('argument1') + 8);
        action.setChaincodeProposalPayload(payload);
      },
      'hash',
      'argument1',
    );
    expect(code).toBe(StatusCode.INVALID_ENDORSER_TRANSACTION);
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
    ['privateData', 'GET_STATE', 'private data is not supported by the embedded ledger (collection collection)'],
    ['endorsementPolicy', 'PUT_STATE_METADATA', 'state metadata (key-level endorsement) is not supported'],
    ['callOther', 'INVOKE_CHAINCODE', 'a chaincode calling another is not supported'],
  ])('%s is refused by name', async (name, request, reason) => {
    const error = await refusal(contract.evaluateTransaction(name, 'key'));
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
  expect(await evaluate('get', 'race')).toBe(String(outcomes.length - errors.length));
});

test('transaction ids are those of nonce and creator', () => {
  expect(transactionId(Buffer.from('nonce'), Buffer.from('creator'))).toBe(
    '709184f9d24f6ade8fcd4d6521a6eef295fef6c2e67216c58b68ac15e8946492',
  );
});
