import fc from 'fast-check';

import { checkCommand } from '../ocpp';
import { fairShare, type PowerDemand } from './fair-share';
import { allot, limitCommand, siteSchema } from './site-schedule';

test('a site’s limits are schema-true commands', () => {
  const site = siteSchema.parse({
    limitW: 9_000,
    vehicles: [
      { customer: 'a', maxW: 11_000 },
      { customer: 'b', maxW: 2_000 },
    ],
  });
  const allotments = allot(site);
  expect(allotments).toEqual([
    { customer: 'a', limitW: 7_000 },
    { customer: 'b', limitW: 2_000 },
  ]);
  for (const { kind, action, payload } of allotments.map(limitCommand)) {
    expect(() => checkCommand(kind, action, JSON.parse(payload))).not.toThrow();
  }
});

const demand = (id: string, maxW: number, minW = 0): PowerDemand => ({ id, maxW, minW });
const shares = (siteW: number, ...demands: PowerDemand[]): number[] => [...fairShare(siteW, demands).values()];

test.each<[string, number, PowerDemand[], number[]]>([
  ['enough for all', 30_000, [demand('a', 11_000), demand('b', 7_400)], [11_000, 7_400]],
  [
    'what one leaves goes to the others',
    20_000,
    [demand('a', 3_000), demand('b', 11_000), demand('c', 11_000)],
    [3_000, 8_500, 8_500],
  ],
  ['a rest of single watts goes to the first', 10, [demand('a', 9), demand('b', 9), demand('c', 9)], [4, 3, 3]],
  ['minima first', 10_000, [demand('a', 11_000, 4_140), demand('b', 11_000, 1_380)], [5_000, 5_000]],
  ['who does not fit pauses', 5_000, [demand('a', 11_000, 4_140), demand('b', 11_000, 4_140)], [5_000, 0]],
  ['nothing to share', 0, [demand('a', 11_000)], [0]],
  ['nobody there', 5_000, [], []],
])('%s', (_, siteW, demands, expected) => expect(shares(siteW, ...demands)).toEqual(expected));

test('never more than the site has, nor than one can take; nobody gains but at the cost of one with no more', () => {
  const anyDemand = fc
    .tuple(fc.integer({ min: 0, max: 30_000 }), fc.integer({ min: 0, max: 5_000 }))
    .map(([above, minW]) => ({ minW, maxW: minW + above }));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 400_000 }), fc.array(anyDemand, { maxLength: 40 }), (siteW, list) => {
      const demands = list.map((each, i) => ({ ...each, id: String(i) }));
      const result = fairShare(siteW, demands);
      const of = ({ id }: PowerDemand): number => result.get(id) as number;
      const sum = [...result.values()].reduce((total, watts) => total + watts, 0);
      expect(sum).toBeLessThanOrEqual(siteW);
      expect([...result.values()].every(Number.isSafeInteger)).toBe(true);
      for (const each of demands) expect(of(each) === 0 || (of(each) >= each.minW && of(each) <= each.maxW)).toBe(true);
      const hungry = demands.filter((each) => of(each) > 0 && of(each) < each.maxW);
      if (hungry.length > 0) expect(sum).toBe(siteW);
      for (const poor of hungry) {
        for (const rich of demands) {
          expect(of(rich) <= of(poor) + 1 || of(rich) === rich.minW).toBe(true);
        }
      }
    }),
  );
});
