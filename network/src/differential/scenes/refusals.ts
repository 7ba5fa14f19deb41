import { gateway as messages, peer } from '@hyperledger/fabric-protos';

import { type Json } from '../outcome';
import { scene } from '../script';
import { commitStatusRequest, type Session, textOf } from '../session';

const evaluates =
  (name: string, ...args: string[]) =>
  (session: Session): Promise<Json> =>
    session.evaluate(name, ...args);
const submits =
  (name: string, ...args: string[]) =>
  (session: Session): Promise<Json> =>
    session.submit(name, ...args);

const MIB = 1024 * 1024;

/** A transaction whose envelope is as many bytes and more. */
async function oversized(session: Session, size: number): Promise<Json> {
  return session.submit('bulk', 'oversized', String(size));
}

export const refusals = scene('refusals', {
  'a coded refusal, evaluated': evaluates('fail', 'E_NO_SUCH_PILE: none; name one of yours'),
  'a coded refusal, submitted': submits('fail', 'E_NO_SUCH_PILE: none; name one of yours'),
  'a coded refusal at two organisations named': async (s) =>
    s.codeOf('fail', { arguments: ['E_X: no'], endorsingOrganizations: ['CSS2MSP', 'CSS3MSP'] }),
  'a refusal without a text': evaluates('fail', ''),
  'a refusal of several lines': evaluates('fail', 'E_X: one\ntwo'),
  'a status of 400': evaluates('reply', '400', 'E_X: no', ''),
  'a status of 404, submitted': submits('reply', '404', 'E_X: no', 'payload'),
  'a status of 199': evaluates('reply', '199', 'too little', ''),
  'an unknown function, evaluated': evaluates('nope'),
  'an unknown function, submitted': submits('nope'),
  'an unknown channel, evaluated': async (s) =>
    textOf(await (await s.contract('nowhere')).evaluateTransaction('get', 'a')),
  'an unknown channel, submitted': async (s) =>
    textOf(await (await s.contract('nowhere')).submitTransaction('put', 'a', 'x')),
  'an unknown chaincode, evaluated': async (s) =>
    textOf(await (await s.relay()).contract(s.channel, 'missing').evaluateTransaction('get', 'a')),
  'an unknown chaincode, submitted': async (s) =>
    textOf(await (await s.relay()).contract(s.channel, 'missing').submitTransaction('put', 'a', 'x')),
  'a key of a private collection, read': evaluates('privateData', 'k'),
  'a key of a private collection, written': submits('putPrivateData', 'k'),
  'a key of a private collection, deleted': submits('deletePrivateData', 'k'),
  'a key of a private collection, purged': submits('purgePrivateData', 'k'),
  'a key of a private collection, its hash': evaluates('privateDataHash', 'k'),
  'a range of a private collection': evaluates('privateRange', 'a', 'b'),
  'the endorsement policy of a key, read': evaluates('readEndorsementPolicy', 'k'),
  'the endorsement policy of a key, read in a transaction': submits('readEndorsementPolicy', 'k'),
  'the endorsement policy of a key, set': evaluates('endorsementPolicy', 'k'),
  'a call of a chaincode nobody knows': evaluates('callOther', 'other'),
  'a call of a chaincode on another channel': evaluates('callOther', 'other', 'certchain'),
  'a call of itself': evaluates('callOther', 'chargecast'),
  'a call of itself on another channel': evaluates('callOther', 'chargecast', 'certchain'),
  'an evaluation longer than its caller waits': async (s) => {
    const proposal = (await s.contract()).newProposal('slow', { arguments: ['5000'] });
    return textOf(await proposal.evaluate({ deadline: Date.now() + 500 }));
  },
  'an endorsement longer than its caller waits': async (s) => {
    const proposal = (await s.contract()).newProposal('slow', { arguments: ['5000'] });
    await proposal.endorse({ deadline: Date.now() + 500 });
    return 'endorsed';
  },
  'a status longer than its caller waits': async (s) => {
    const transaction = await s.endorse('quietPut', ['unsent', '1']);
    const { gateway, signer } = await s.relay();
    const request = commitStatusRequest(await s.relay(), s.channel, transaction.getTransactionId());
    const commit = gateway.newCommit(request);
    const signed = gateway.newSignedCommit(commit.getBytes(), await signer(commit.getDigest()));
    return (await signed.getStatus({ deadline: Date.now() + 500 })).code;
  },
  'an envelope of 9 MB': (s) => oversized(s, 9_000_000),
  'an envelope of more than 10 MiB': (s) => oversized(s, 10 * MIB),
  'an empty call of Evaluate': (s) => call(s, 'Evaluate', new messages.EvaluateRequest()),
  'an empty call of Endorse': (s) => call(s, 'Endorse', new messages.EndorseRequest()),
  'an empty call of Submit': (s) => call(s, 'Submit', new messages.SubmitRequest()),
  'an empty call of CommitStatus': (s) => call(s, 'CommitStatus', new messages.SignedCommitStatusRequest()),
  'an unsigned proposal, evaluated': async (s) => {
    const request = new messages.EvaluateRequest();
    request.setProposedTransaction(await unsigned(s));
    return call(s, 'Evaluate', request);
  },
  'an unsigned proposal, endorsed': async (s) => {
    const request = new messages.EndorseRequest();
    request.setProposedTransaction(await unsigned(s));
    return call(s, 'Endorse', request);
  },
  'a proposal that is none': async (s) => {
    const signed = await unsigned(s);
    signed.setProposalBytes(Buffer.from('none'));
    const request = new messages.EvaluateRequest();
    request.setProposedTransaction(signed);
    return call(s, 'Evaluate', request);
  },
  'an unsigned envelope': async (s) => {
    const transaction = await s.endorse('put', ['unsigned', '1']);
    const prepared = messages.PreparedTransaction.deserializeBinary(transaction.getBytes());
    const request = new messages.SubmitRequest();
    request.setChannelId(s.channel);
    request.setPreparedTransaction(prepared.getEnvelope());
    return call(s, 'Submit', request);
  },
  'an unsigned question for a status': async (s) => {
    const bytes = commitStatusRequest(await s.relay(), s.channel, '00'.repeat(32));
    return call(s, 'CommitStatus', messages.SignedCommitStatusRequest.deserializeBinary(bytes));
  },
});

/** A call of the Gateway service that the client would not make. */
async function call(session: Session, method: string, request: { serializeBinary(): Uint8Array }): Promise<Json> {
  const { client } = await session.relay();
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      `/gateway.Gateway/${method}`,
      (message: { serializeBinary(): Uint8Array }) => Buffer.from(message.serializeBinary()),
      (answer) => answer,
      request,
      (error) => (error ? reject(error) : resolve('answered')),
    );
  });
}

async function unsigned(session: Session): Promise<peer.SignedProposal> {
  const proposal = (await session.contract()).newProposal('get', { arguments: ['a'] });
  const signed = messages.ProposedTransaction.deserializeBinary(proposal.getBytes()).getProposal();
  return signed ?? new peer.SignedProposal();
}
