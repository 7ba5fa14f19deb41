import { type DemoSummary, isGood, summaryTable } from './summary';

const good: DemoSummary = {
  ledger: 'embedded',
  organisations: 4,
  channels: ['certchain', 'datachain'],
  companies: 2,
  vehicles: 3,
  piles: 2,
  sigmas: 5,
  messages: 6,
  delivered: 6,
  deliveredTwice: 0,
  lost: 0,
  duplicatesSuppressed: 1,
  blocks: 9,
  sessionsRead: 3,
  sessionsSkipped: 1,
  sessionsPlayed: 3,
  billedMinor: 100,
  chargedMinor: 100,
  attacks: [{ name: 'an attack', refused: true, code: 'E_X' }],
  plaintextHits: 0,
  chainVerified: true,
  seconds: 1.5,
};

describe('the summary', () => {
  it('is good when all is', () => expect(isGood(good)).toBe(true));

  it.each<[string, Partial<DemoSummary>]>([
    ['a message is lost', { delivered: 5, lost: 1 }],
    ['a message acted twice', { deliveredTwice: 1 }],
    ['more was charged than billed', { chargedMinor: 101 }],
    ['an attack got through', { attacks: [...good.attacks, { name: 'another', refused: false, code: 'ACCEPTED' }] }],
    ['no attack was played', { attacks: [] }],
    ['something stands in clear', { plaintextHits: 1 }],
    ['the chain does not hold', { chainVerified: false }],
  ])('is not good when %s', (_, change) => expect(isGood({ ...good, ...change })).toBe(false));

  it('closes with a table of every figure', () => {
    const table = summaryTable(good);
    for (const figure of ['embedded', 'certchain, datachain', '3 / 1', '100 = 100', '1 of 1', 'yes']) {
      expect(table).toContain(figure);
    }
    expect(summaryTable({ ...good, chainVerified: false })).toContain('NO');
  });
});
