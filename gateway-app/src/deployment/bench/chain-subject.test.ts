import { type ChainSubject } from '@chargecast/bench';

import { chainSubject } from './chain-subject';

const SAMPLES = 9;
const [SHORT, LONG] = [32, 512];

interface Costs {
  readonly commit: number;
  readonly gateway: number;
  readonly pile: number;
  readonly query: number;
}

describe('a chain that grows', () => {
  let chain: ChainSubject;
  beforeAll(async () => (chain = await chainSubject('embedded', 4)), 240_000);
  afterAll(() => chain?.close(), 60_000);

  it('takes one more σ, is applied and queried for what it cost when it was short', async () => {
    await chain.extend(SHORT);
    const before = await quickest(chain);
    await chain.extend(LONG - SHORT);
    const after = await quickest(chain);
    // In step with the chain would be sixteen times; what a busy machine adds is not four times.
    for (const cost of Object.keys(before) as (keyof Costs)[]) expect(after[cost]).toBeLessThan(4 * before[cost]);
  }, 300_000);

  it('goes on from where it was after its ledger, gateway and pile have ended', async () => {
    const { ledger, gateway, pile } = await chain.restart();
    for (const milliseconds of [ledger, gateway, pile]) expect(milliseconds).toBeGreaterThan(0);
    const { commit, gateway: applied } = await chain.commitOne();
    expect(Math.min(commit, applied)).toBeGreaterThan(0);
    await chain.query();
    expect(await chain.newestTransactionBytes()).toBeGreaterThan(4_000);
  }, 240_000);
});

/** The quickest of several: the one that other work on the machine disturbed least. Milliseconds. */
async function quickest(chain: ChainSubject): Promise<Costs> {
  const costs: Costs[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const times = await chain.commitOne();
    const started = performance.now();
    await chain.query();
    costs.push({ ...times, query: performance.now() - started });
  }
  const least = (of: keyof Costs): number => Math.min(...costs.map((cost) => cost[of]));
  return { commit: least('commit'), gateway: least('gateway'), pile: least('pile'), query: least('query') };
}
