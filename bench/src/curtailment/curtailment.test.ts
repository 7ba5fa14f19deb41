import { benchCurtailment, curtailmentTable, quantiles } from './curtailment';

test('nearest-rank quantiles', () => {
  const times = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(quantiles(times)).toEqual({ p50: 50, p95: 95, max: 100 });
  expect(quantiles([7])).toEqual({ p50: 7, p95: 7, max: 7 });
});

test('every ledger is measured after a first round, with another limit each time, and stopped even when it fails', async () => {
  const said: (string | number)[] = [];
  const subject =
    (ledger: string, fails = false) =>
    async () => ({
      ledger,
      stations: 2,
      startSeconds: 1,
      curtail: async (limitW: number): Promise<number[]> => {
        if (fails) throw new Error('no');
        said.push(limitW);
        return [limitW, 2 * limitW];
      },
      stop: async () => void said.push(`${ledger} stopped`),
    });
  const results = await benchCurtailment([subject('embedded')]);
  expect(new Set(said).size).toBe(7);
  expect(results.curtailment[0]).toMatchObject({ rounds: 5, acceptedMs: { max: 20_000 } });
  expect(curtailmentTable(results).split('\n')).toHaveLength(2);
  await expect(benchCurtailment([subject('fabric', true)])).rejects.toThrow('no');
  expect(said.at(-1)).toBe('fabric stopped');
});
