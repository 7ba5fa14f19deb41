import { benchCentre } from '@chargecast/bench/centre/centre';

import { centreSubject } from './subject';

const LOAD = { receivers: [1, 2, 4], sigmas: 2, vehicles: 4, rounds: 2, warmUp: 1 };

it('takes commands from an operator to their delivery', async () => {
  const { costs, growth } = await benchCentre(centreSubject, LOAD);
  expect(costs.map(({ receivers }) => receivers)).toEqual([1, 2, 4]);
  for (const { steps, all, signcryptShare } of costs) {
    expect(Object.keys(steps)).toEqual(['taken from an operator', 'sealed', 'acknowledged', 'committed', 'delivered']);
    expect(Math.min(...Object.values(steps))).toBeGreaterThan(0);
    expect(all).toBeGreaterThan(0);
    expect(signcryptShare.median).toBeGreaterThan(0);
  }
  expect(growth['all steps']?.exponent).toBeDefined();
});

it('a step left out is told from one that costs nothing', async () => {
  const leavingOut = async (...given: Parameters<typeof centreSubject>) => {
    const subject = await centreSubject(...given);
    const begin: typeof subject.begin = (...load) => {
      const run = subject.begin(...load);
      return { step: async (index) => (index === 4 ? undefined : run.step(index)) };
    };
    return { ...subject, begin };
  };
  await expect(benchCentre(leavingOut, LOAD)).rejects.toMatchObject({ code: 'E_BENCH' });
});
