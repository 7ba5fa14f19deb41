import { createAuthority } from '@chargecast/network';
import { NOW } from '@chargecast/signcryption/testing/world';

import { type EnvelopeOptions, issuePeer, TestChain, VALIDITY } from '../testing/test-chain';
import { EndorsementVerifier } from './endorsements';
import { type LedgerTransaction } from './port';

let chain: TestChain;
let verifier: EndorsementVerifier;
beforeAll(async () => {
  chain = await TestChain.initialised('endorsements');
  verifier = new EndorsementVerifier(chain.trust);
});

async function made(options: EnvelopeOptions = {}): Promise<LedgerTransaction> {
  const simulation = await chain.consortium.endorse([Buffer.from('no σ')]);
  const [transaction] = chain.build('datachain', [chain.envelope('datachain', simulation, options)]).transactions;
  return transaction as LedgerTransaction;
}

const refused = (transaction: LedgerTransaction, channel = 'datachain'): void =>
  expect(() => verifier.verify(transaction, channel)).toThrow(
    expect.objectContaining({ code: 'E_ENDORSEMENT', transactionId: transaction.transactionId }) as Error,
  );

describe('endorsements', () => {
  it('suffice from a majority of the pinned gateways, whichever', async () => {
    for (const endorsers of [
      ['CSS1MSP', 'CSS2MSP', 'CSS3MSP'],
      ['CSS4MSP', 'CSS2MSP', 'CSS1MSP', 'CSS3MSP'],
    ]) {
      const transaction = await made({ endorsers });
      expect(() => verifier.verify(transaction, 'datachain')).not.toThrow();
    }
  });

  it('do not suffice from half, nor from one gateway several times', async () => {
    refused(await made({ endorsers: ['CSS1MSP', 'CSS2MSP'] }));
    refused(await made({ endorsers: ['CSS1MSP', 'CSS1MSP', 'CSS1MSP', 'CSS2MSP'] }));
    refused(await made({ endorsers: [] }));
  });

  it('count only under a certificate the organisation’s own pinned root issued', async () => {
    const foreign = await issuePeer(await createAuthority('ca', 'CSS3MSP', VALIDITY), 'CSS3MSP');
    refused(await made({ signers: { CSS3MSP: foreign } }));
    const neighbour = chain.peers.CSS4MSP;
    refused(await made({ signers: { CSS3MSP: neighbour as never } }));
  });

  it('count only from gateways, not from other organisations of the consortium', async () => {
    const root = await createAuthority('ca', 'ESP1MSP', VALIDITY);
    const trust = { ...chain.trust, roots: { ...chain.trust.roots, ESP1MSP: [root.certificatePem] } };
    const signers = { ESP1MSP: await issuePeer(root, 'ESP1MSP') };
    const transaction = await made({ endorsers: ['CSS1MSP', 'CSS2MSP', 'ESP1MSP'], signers });
    expect(() => new EndorsementVerifier(trust).verify(transaction, 'datachain')).toThrow(/2 of the 3/);
  });

  it('count only while the certificate is valid at the transaction’s time', async () => {
    const root = await createAuthority('ca', 'CSS3MSP', VALIDITY);
    const trust = { ...chain.trust, roots: { ...chain.trust.roots, CSS3MSP: [root.certificatePem] } };
    const aged = new EndorsementVerifier(trust);
    const notAfter = new Date(NOW * 1000);
    const signers = { CSS3MSP: await issuePeer(root, 'CSS3MSP', { ...VALIDITY, notAfter }) };
    const inTime = await made({ signers, time: NOW });
    expect(() => aged.verify(inTime, 'datachain')).not.toThrow();
    const late = await made({ signers, time: NOW + 1 });
    expect(() => aged.verify(late, 'datachain')).toThrow(/2 of the 3/);
  });

  it('bind the headers: time, id and channel cannot be changed afterwards', async () => {
    refused(await made({ shownTime: NOW - 3600 }));
    refused(await made(), 'certchain');
    refused(await made({ channel: 'elsewhere' }));
  });

  it('bind the writes and are for the trusted chaincode alone', async () => {
    refused(await made({ chaincode: 'other' }));
    const good = await made();
    const swapped = Uint8Array.from(good.responsePayload);
    swapped[swapped.length - 1] = (swapped[swapped.length - 1] as number) ^ 1;
    refused({ ...good, responsePayload: swapped });
    const broken = good.endorsements.map((endorsement) => ({ ...endorsement, signature: Buffer.from('junk') }));
    refused({ ...good, endorsements: broken });
    const unreadable = good.endorsements.map((endorsement) => ({ ...endorsement, certificate: Buffer.from('junk') }));
    expect(() =>
      new EndorsementVerifier(chain.trust).verify({ ...good, endorsements: unreadable }, 'datachain'),
    ).toThrow(expect.objectContaining({ code: 'E_ENDORSEMENT' }) as Error);
  });

  it('are not looked for on configuration', () => {
    refused(chain.blocksOf.datachain[0]?.transactions[0] as LedgerTransaction);
  });
});
