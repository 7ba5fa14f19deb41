import { type Contract, StatusCode } from '@hyperledger/fabric-gateway';

import { LedgerUnderTest, refusal } from '../testing/ledger-under-test';

let under: LedgerUnderTest;
let contract: Contract;

beforeAll(async () => {
  under = await LedgerUnderTest.start('conflicts', { chaincodeProcesses: 'shared' });
  ({ contract } = under);
});

afterAll(() => under?.stop());

describe('range queries', () => {
  beforeAll(async () => {
    await under.submit('fill', 'many', '230');
    for (const name of ['𐀀', '\uffee', 'é', 'z']) await under.submit('put', `order:${name}`, name);
  });

  test('more results than one message holds come in key order', async () => {
    const found = JSON.parse(await under.evaluate('range', 'many', 'many~')) as string[];
    expect(found).toHaveLength(230);
    expect(found[0]).toBe('many0000=0');
    expect(found[229]).toBe('many0229=229');
  });

  test('keys stand in the order of their bytes', async () => {
    const found = JSON.parse(await under.evaluate('range', 'order:', 'order;')) as string[];
    expect(found.map((entry) => entry.split('=')[1])).toEqual(['z', 'é', '\uffee', '𐀀']);
  });

  test('pages follow each other by bookmark', async () => {
    const first = JSON.parse(await under.evaluate('page', 'many', 'many~', '100', '')) as Page;
    expect(first).toMatchObject({ count: 100, bookmark: 'many0100' });
    const third = JSON.parse(await under.evaluate('page', 'many', 'many~', '100', 'many0200')) as Page;
    expect(third).toMatchObject({ count: 30, bookmark: '' });
    expect(third.keys[0]).toBe('many0200');
  });

  test('a write after a page is refused', async () => {
    const error = await refusal(contract.submitTransaction('pageThenPut', 'many', 'many~'));
    expect(error.details[0]?.message).toContain('Transaction has already performed a paginated query');
  });

  test('composite keys are found by their first parts and are no simple keys', async () => {
    await under.submit('composite', 'bill', 'pile1', '1');
    await under.submit('composite', 'bill', 'pile1', '2');
    await under.submit('composite', 'bill', 'pile2', '1');
    expect(await under.evaluate('byPartialKey', 'bill', 'pile1')).toBe('2');
    expect(JSON.parse(await under.evaluate('range', '', '')) as string[]).not.toContain('pile1/1');
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
    expect(await under.evaluate('get', 'counter')).toBe('1');
  });

  test('a key that appeared in a range read: PHANTOM_READ_CONFLICT', async () => {
    await under.submit('put', 'phantom:1', 'x');
    const count = await contract.newProposal('countRange', { arguments: ['phantom:', 'phantom;', 'n'] }).endorse();
    await under.submit('put', 'phantom:2', 'x');
    expect((await (await count.submit()).getStatus()).code).toBe(StatusCode.PHANTOM_READ_CONFLICT);
  });

  test('a key that appeared in a range of hundreds: PHANTOM_READ_CONFLICT, none without it', async () => {
    await under.submit('fill', 'crowd', '160');
    const propose = () =>
      contract.newProposal('countRange', { arguments: ['crowd', 'crowd~', 'crowdCount'] }).endorse();
    expect((await (await (await propose()).submit()).getStatus()).code).toBe(StatusCode.VALID);
    const late = await propose();
    await under.submit('put', 'crowd0077x', 'x');
    expect((await (await late.submit()).getStatus()).code).toBe(StatusCode.PHANTOM_READ_CONFLICT);
  });

  test('of a query left early, what was not fetched does not matter', async () => {
    await under.submit('fill', 'early', '150');
    const first = await contract
      .newProposal('firstOfRange', { arguments: ['early', 'early~', 'firstEarly'] })
      .endorse();
    await under.submit('put', 'early0149', 'changed beyond the first batch');
    expect((await (await first.submit()).getStatus()).code).toBe(StatusCode.VALID);
  });

  test('the committed error names code and transaction', async () => {
    const stale = contract.newProposal('increment', { arguments: ['named'] });
    const transaction = await stale.endorse();
    await under.submit('increment', 'named');
    const commit = await transaction.submit();
    expect(await commit.getStatus()).toMatchObject({
      successful: false,
      code: StatusCode.MVCC_READ_CONFLICT,
      transactionId: stale.getTransactionId(),
    });
  });
});
