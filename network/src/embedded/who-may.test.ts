import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { status } from '@grpc/grpc-js';
import { type Contract, type Gateway, StatusCode } from '@hyperledger/fabric-gateway';
import { Timestamp } from 'google-protobuf/google/protobuf/timestamp_pb';

import { alteredProposal, alteredTransaction } from '../differential/forgery';
import { createAuthority, issueCertificate, loadAuthority, organisationDirectory } from '../pki';
import { type EmbeddedFixture } from '../testing/embedded';
import { LedgerUnderTest, refusal, signDigestWith } from '../testing/ledger-under-test';
import { type EmbeddedLedger } from './embedded-ledger';

let under: LedgerUnderTest;
let fixture: EmbeddedFixture;
let ledger: EmbeddedLedger;
let gateway: Gateway;
let contract: Contract;
let keyPem: string;

beforeAll(async () => {
  under = await LedgerUnderTest.start('who-may', { chaincodeProcesses: 'shared' });
  ({ fixture, ledger, gateway, contract, keyPem } = under);
});

afterAll(() => under?.stop());

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
      ['CSS1MSP', 'creator org unknown, creator is malformed'],
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
    expect(await under.evaluate('get', 'stranger')).toBe('');
  });

  test('a member that is neither client, peer, orderer nor administrator is refused', async () => {
    const [keyFile, certificateFile] = ['key.pem', 'cert.pem'].map((file) =>
      join(organisationDirectory(fixture.directory, 'CSS1MSP'), 'pki', 'ca', file),
    ) as [string, string];
    const authority = await loadAuthority({
      keyPem: readFileSync(keyFile, 'utf8'),
      certificatePem: readFileSync(certificateFile, 'utf8'),
    });
    const visitor = await issueCertificate(authority, {
      commonName: 'visitor',
      organisation: 'CSS1MSP',
      organisationalUnit: 'visitor',
      usage: 'signing',
    });
    const connection = await fixture.connect(ledger.gateways, 'CSS1MSP', 'relay', {
      identity: { mspId: 'CSS1MSP', credentials: Buffer.from(visitor.certificatePem) },
      signer: signDigestWith(visitor.keyPem),
    });
    const target = connection.getNetwork('datachain').getContract('chargecast');
    expect((await refusal(target.evaluateTransaction('get', 'a'))).details[0]?.message).toBe(
      'error validating proposal: access denied: channel [datachain] creator org [CSS1MSP]',
    );
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
    expect(await under.evaluate('get', 'few')).toBe('');
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
    expect(await under.evaluate('get', 'changed')).toBe('');
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
