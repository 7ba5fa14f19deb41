import { scene } from '../script';
import { textOf } from '../session';

export const good = scene('good', {
  put: (s) => s.submit('put', 'a', 'one'),
  get: (s) => s.evaluate('get', 'a'),
  'the same key on the other channel': async (s) =>
    textOf(await (await s.contract(s.members.profile.channels.certchain)).evaluateTransaction('get', 'a')),
  'a transaction does not see its own write': (s) => s.submit('putThenGet', 'a', 'two'),
  overwrite: (s) => s.submit('quietPut', 'a', 'three'),
  'an empty value deletes': (s) => s.submit('quietPut', 'a', ''),
  'get what an empty value deleted': (s) => s.evaluate('get', 'a'),
  delete: async (s) => [await s.submit('put', 'gone', 'x'), await s.submit('delete', 'gone')],
  'get deleted': (s) => s.evaluate('get', 'gone'),
  'delete what is not there': (s) => s.submit('delete', 'never'),
  'several keys, written out of order': (s) => s.submit('putMany', '4', 'k3', 'k1', 'k4', 'k2', 'k1'),
  'keys beyond ASCII': (s) => s.submit('putMany', 'x', 'é', '\u{10000}', 'ﾮ', 'z'),
  'a copy: one read, one write': async (s) => [
    await s.submit('put', 'from', 'x'),
    await s.submit('copy', 'from', 'to'),
  ],
  'a read of nothing, and a write': (s) => s.submit('copy', 'nothing', 'to2'),
  'submit what writes nothing': (s) => s.submit('creator'),
  'a value of 1 MB': (s) => s.submit('bulk', 'bulk', String(1_000_000)),
  'a member without a peer': async (s) => {
    const member = await s.members.of('KGCMSP', 'kgc');
    const transaction = await member.contract(s.channel).newProposal('creator').endorse();
    return [(await s.commit(transaction)).code, textOf(transaction.getResult())];
  },
  'an administrator': async (s) => {
    const member = await s.members.of('CSS2MSP', 'admin');
    const transaction = await member.contract(s.channel).newProposal('creator').endorse();
    return [(await s.commit(transaction)).code, textOf(transaction.getResult())];
  },
  'transient data': async (s) => {
    const secret = 'a value nobody is to see';
    const transaction = await s.endorse('transientSize', {
      arguments: ['size'],
      transientData: { secret: Buffer.from(secret) },
    });
    const { code } = await s.commit(transaction);
    const shown = Buffer.from(transaction.getBytes()).includes(secret);
    return { code, result: textOf(transaction.getResult()), shown };
  },
  'transient data, evaluated at another organisation': async (s) => {
    const proposal = (await s.contract()).newProposal('transientSize', {
      arguments: ['size'],
      transientData: { secret: Buffer.from('x') },
      endorsingOrganizations: ['CSS2MSP'],
    });
    return textOf(await proposal.evaluate());
  },
  'every step signed away from the client': async (s) => {
    const { unsigned, signer } = await s.relay('CSS2MSP');
    const contract = unsigned.getNetwork(s.channel).getContract(s.members.profile.chaincode);
    const proposal = contract.newProposal('put', { arguments: ['offline', 'yes'] });
    const signedProposal = unsigned.newSignedProposal(proposal.getBytes(), await signer(proposal.getDigest()));
    const transaction = await signedProposal.endorse();
    const signed = unsigned.newSignedTransaction(transaction.getBytes(), await signer(transaction.getDigest()));
    const commit = await s.order(signed, unsigned);
    const signedCommit = unsigned.newSignedCommit(commit.getBytes(), await signer(commit.getDigest()));
    return (await s.committed(signed.getTransactionId(), await signedCommit.getStatus())).code;
  },
  'the chaincode sees the time of the proposal': async (s) =>
    Math.abs(Number(await s.evaluate('timestamp')) - Date.now() / 1000) < 30,
  'the chaincode’s own status below 400': async (s) => s.submit('reply', '399', 'nearly', 'a payload'),
  'the last of two events counts': (s) => s.submit('twoEvents', 'one', 'two'),
});
