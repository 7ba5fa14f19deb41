import { districtOf, districtsOf, pileUses } from './pile-use';

const DISTRICTS = { 'cp1/': 'north', 'cp1/harbour-': 'harbour' };
const PILES: Readonly<Record<string, string>> = { aa: 'cp1/harbour-P1', bb: 'cp2/mill-east-P2' };
const bill = { startedAt: '2019-01-07T08:00:00Z', endedAt: '2019-01-07T09:30:00Z', energyWh: 7_000 };

test('a pile is in the district of the longest beginning that fits, else in that of its own name', () => {
  expect(districtOf('cp1/harbour-P1', DISTRICTS)).toBe('harbour');
  expect(districtOf('cp1/hill-P1', DISTRICTS)).toBe('north');
  expect(districtOf('cp2/mill-east-P2', DISTRICTS)).toBe('mill-east');
  expect(districtOf('cp2/solo', {})).toBe('solo');
  expect(districtsOf({ piles: () => Object.values(PILES) }, DISTRICTS)).toEqual(['north', 'harbour', 'mill-east']);
});

test('uses are billed transactions of known customers at known piles', () => {
  const account = { transaction: 't', session: 's', vehicle: 'v1', pile: 'aa', salt: '', bill };
  const accounts = [
    account,
    { ...account, vehicle: 'stranger' },
    { ...account, pile: 'cc' },
    { ...account, bill: undefined },
  ];
  const charging = {
    accounts: () => accounts as never,
    customerOf: ({ vehicle }: { vehicle: string }) => (vehicle === 'v1' ? 'esp1/alice' : undefined),
  };
  expect([...pileUses(charging, { pileOf: (f) => PILES[f] }, DISTRICTS)]).toEqual([
    { customer: 'esp1/alice', district: 'harbour', startedAt: 1_546_848_000, endedAt: 1_546_853_400, energyWh: 7_000 },
  ]);
});
