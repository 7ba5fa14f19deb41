import { type Commit, type Transaction } from '@hyperledger/fabric-gateway';

import { until } from '../../until';
import { DifferentialError } from '../errors';
import { type Json } from '../outcome';
import { scene } from '../script';
import { type Committed, type Session } from '../session';

type Call = readonly [name: string, ...args: string[]];

/**
 * Both calls endorsed on one state, then ordered: their codes in the order of the block that has both. Where the orderers
 * put them into two blocks, `written` is deleted and they are tried again.
 */
async function inOneBlock(session: Session, written: readonly string[], first: Call, second: Call): Promise<Json> {
  const before = session.labelled.length;
  return until(
    async () => {
      session.labelled.splice(before);
      const transactions: Transaction[] = [];
      for (const [name, ...args] of [first, second]) transactions.push(await session.endorse(name, args));
      const commits: Commit[] = [];
      for (const transaction of transactions) commits.push(await session.order(transaction));
      const committed = await Promise.all(
        commits.map(async (commit) => session.committed(commit.getTransactionId(), await commit.getStatus())),
      );
      if (new Set(committed.map(({ block }) => block)).size === 1) return codesOf(committed);
      for (const key of written) await session.submit('delete', key);
      return undefined;
    },
    {
      deadline: 120_000,
      interval: 0,
      onTimeout: (last) =>
        new DifferentialError('E_DIFFERENTIAL_STEP', `${session.step}: no block took both transactions`, {
          cause: last,
        }),
    },
  );
}

/** Which of the two the orderers put first is chance; a valid one stands before one that conflicts with it. */
function codesOf(committed: readonly Committed[]): Json {
  return committed
    .map(({ code }) => code)
    .sort()
    .reverse();
}

/** Endorsed first, ordered after `between`: the code it then gets. */
async function overtaken(
  session: Session,
  name: string,
  args: readonly string[],
  between: readonly [string, ...string[]],
): Promise<Json> {
  const late = await session.endorse(name, args);
  await session.submit(...between);
  return (await session.commit(late)).code;
}

export const conflicts = scene('conflicts', {
  'two increments in one block': (s) => inOneBlock(s, ['both'], ['increment', 'both'], ['increment', 'both']),
  'two blind writes in one block': (s) =>
    inOneBlock(s, ['blind'], ['quietPut', 'blind', '1'], ['quietPut', 'blind', '1']),
  'two readers of one key in one block': (s) =>
    inOneBlock(s, ['copied'], ['copy', 'from', 'copied'], ['copy', 'from', 'copied']),
  'a phantom in one block': (s) =>
    inOneBlock(s, ['ph-a'], ['countRange', 'ph-', 'ph~', 'ph-a'], ['countRange', 'ph-', 'ph~', 'ph-a']),
  'an increment after another block’s': (s) => overtaken(s, 'increment', ['ctr'], ['increment', 'ctr']),
  'a read of what was then overwritten with the same value': async (s) => {
    await s.submit('quietPut', 'same', 'x');
    return overtaken(s, 'copy', ['same', 'same-copy'], ['quietPut', 'same', 'x']);
  },
  'a read of nothing, which then appeared': (s) => overtaken(s, 'copy', ['appears', 'c'], ['quietPut', 'appears', 'x']),
  'a read of what was then deleted': async (s) => {
    await s.submit('quietPut', 'vanishes', 'x');
    return overtaken(s, 'copy', ['vanishes', 'c'], ['delete', 'vanishes']);
  },
  'a blind write after another’s': (s) => overtaken(s, 'quietPut', ['late', '1'], ['quietPut', 'late', '2']),
  'a read without a write, overtaken': async (s) => {
    await s.submit('quietPut', 'seen', 'x');
    return overtaken(s, 'get', ['seen'], ['quietPut', 'seen', 'y']);
  },
  'a key appeared in a range': (s) => overtaken(s, 'countRange', ['ph1:', 'ph1;', 'n'], ['quietPut', 'ph1:1', 'x']),
  'a key vanished from a range': async (s) => {
    await s.submit('quietPut', 'ph2:1', 'x');
    return overtaken(s, 'countRange', ['ph2:', 'ph2;', 'n'], ['delete', 'ph2:1']);
  },
  'a key of a range changed': async (s) => {
    await s.submit('quietPut', 'ph3:1', 'x');
    return overtaken(s, 'countRange', ['ph3:', 'ph3;', 'n'], ['quietPut', 'ph3:1', 'y']);
  },
  'a key appeared beside a range': (s) => overtaken(s, 'countRange', ['ph4:', 'ph4;', 'n'], ['quietPut', 'ph4;', 'x']),
  'a key appeared in a range of hundreds': (s) =>
    overtaken(s, 'countRange', ['m', 'm~', 'n'], ['quietPut', 'm0077x', 'x']),
  'nothing happened to a range of hundreds': (s) =>
    overtaken(s, 'countRange', ['m', 'm~', 'n'], ['quietPut', 'aside', 'x']),
  'a change beyond what a query left early had fetched': (s) =>
    overtaken(s, 'firstOfRange', ['m', 'm~', 'first'], ['quietPut', 'm0229', 'changed']),
  'a change within what a query left early had fetched': (s) =>
    overtaken(s, 'firstOfRange', ['m', 'm~', 'first'], ['quietPut', 'm0005', 'changed']),
  'a page without a write, overtaken': (s) =>
    overtaken(s, 'page', ['m', 'm~', '3', ''], ['quietPut', 'm0001', 'changed']),
  'the client’s error of a conflict': async (s) => {
    const contract = await s.contract();
    const late = await contract.newProposal('increment', { arguments: ['client'] }).endorse();
    await s.submit('increment', 'client');
    const commit = await s.order(late);
    const { successful, code, transactionId } = await commit.getStatus();
    return { successful, code, own: transactionId === late.getTransactionId() };
  },
  'what is left of it': async (s) => [await s.evaluate('get', 'ctr'), await s.evaluate('get', 'client')],
});
