/** The whole way of a curtailment: centre → σ → ledger → piles → stations, on the embedded ledger. */
import { CurtailedSystem, curtailmentSubjects } from './subject';

jest.setTimeout(400_000);

test('each station accepts each limit once it was called for', async () => {
  const system = await CurtailedSystem.start(4, 'embedded');
  try {
    for (const limitW of [5000, 3000]) {
      const times = await system.curtail(limitW);
      expect(times).toHaveLength(4);
      expect(Math.min(...times)).toBeGreaterThan(0);
    }
    expect(system).toMatchObject({ ledger: 'embedded', stations: 4 });
  } finally {
    await system.stop();
  }
});

test('the ledger asked for is the one measured', async () => {
  expect(await curtailmentSubjects(4, 'embedded')).toHaveLength(1);
});
