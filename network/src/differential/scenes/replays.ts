import { type Proposal, type Transaction } from '@hyperledger/fabric-gateway';

import { validationCode } from '../outcome';
import { scene } from '../script';
import { type Session } from '../session';

interface Replayed {
  readonly proposal: Proposal;
  readonly transaction: Transaction;
}

/** What the first step committed. */
const replayed = new WeakMap<Session, Replayed>();

function once(session: Session): Replayed {
  const known = replayed.get(session);
  if (!known) throw new RangeError('the scene begins with its first step');
  return known;
}

/** The same bytes, by a client of the restarted ledger. */
async function sameTransaction(session: Session): Promise<Transaction> {
  const { gateway, signer } = await session.relay();
  const { transaction } = once(session);
  return gateway.newSignedTransaction(transaction.getBytes(), await signer(transaction.getDigest()));
}

/** Orderers know the last thousand transactions they ordered, until they are started anew. */
export const replays = scene('replays', {
  'a transaction': async (s) => {
    const proposal = (await s.contract()).newProposal('put', { arguments: ['once', '1'] });
    const transaction = await proposal.endorse();
    replayed.set(s, { proposal, transaction });
    return (await s.commit(transaction)).code;
  },
  'its envelope again': async (s) => {
    await once(s).transaction.submit();
    return 'taken';
  },
  'its transaction, signed again': async (s) => {
    await (await sameTransaction(s)).submit();
    return 'taken';
  },
  'its proposal again': async (s) => {
    await once(s).proposal.endorse();
    return 'endorsed';
  },
  'its proposal evaluated': async (s) => {
    await once(s).proposal.evaluate();
    return 'evaluated';
  },
  'its proposal again, at two organisations named': async (s) => {
    const { transaction } = once(s);
    const proposal = (await s.contract()).newProposal('put', {
      arguments: ['once', '1'],
      endorsingOrganizations: ['CSS2MSP', 'CSS3MSP'],
    });
    await s.commit(await proposal.endorse());
    await proposal.endorse();
    return transaction.getTransactionId();
  },
  'its effect is the first one’s': (s) => s.evaluate('get', 'once'),
});

/** On the ledger as it was left, by a new start of all its processes. */
export const afterRestart = scene('after a restart', {
  'the state stands': async (s) => [await s.evaluate('get', 'once'), await s.evaluate('get', 'truth')],
  'a committed envelope again': async (s) => {
    const first = await s.statusOf(once(s).transaction.getTransactionId());
    await s.submit('quietPut', 'once', 'since then');
    const transaction = await sameTransaction(s);
    const { gateway } = await s.relay();
    const blocks = await gateway.getNetwork(s.channel).getFilteredBlockEvents({ startBlock: first.blockNumber + 1n });
    await transaction.submit();
    const again = await s.find(blocks, (block) =>
      block.getFilteredTransactionsList().find((entry) => entry.getTxid() === transaction.getTransactionId()),
    );
    return validationCode(again.getTxValidationCode());
  },
  'its status is the first one’s': async (s) =>
    validationCode((await s.statusOf(once(s).transaction.getTransactionId())).code),
  'its effect is not repeated': (s) => s.evaluate('get', 'once'),
  'its proposal again': async (s) => {
    const { gateway, signer } = await s.relay();
    const { proposal } = once(s);
    await gateway.newSignedProposal(proposal.getBytes(), await signer(proposal.getDigest())).endorse();
    return 'endorsed';
  },
  'the next transaction': (s) => s.submit('increment', 'ctr'),
});
