import { ready } from '@chargecast/signcryption';
import { chainCosts } from './chain';
import { growthChart, growthTable, lengthsTo, benchGrowth } from './growth';
import { receiverCosts } from './receivers';
import { type ChainSubject, type GrowthSubjects, type LedgerName } from './subject';

/** A chain of which queries grow with its square root, restarts of a pile and what follows them linearly, and nothing else. */
class GrowingChain implements ChainSubject {
  readonly #milliseconds: number;
  #length = 0;
  #cpu = 0;
  #settling = 0;

  /** @param milliseconds for a hundred σ */
  constructor(milliseconds = 0) {
    this.#milliseconds = milliseconds;
  }

  async extend(sigmas: number): Promise<void> {
    this.#length += sigmas;
    await later((this.#milliseconds * sigmas) / 100);
  }

  async commitOne(): Promise<{ commit: number; gateway: number; pile: number }> {
    this.#length += 1;
    this.#cpu += 7;
    if (this.#settling-- > 0) this.#cpu += this.#length / 100;
    return { commit: 20, gateway: 3, pile: 2 };
  }

  query = (): Promise<void> => later(2 * Math.sqrt(this.#length));
  restart = async (): Promise<{ ledger: number; gateway: number; pile: number }> => {
    this.#settling = LOAD.samples;
    return { ledger: 900, gateway: 10, pile: this.#length / 100 };
  };
  newestTransactionBytes = async (): Promise<number> => 6000;
  ledgerCpuMs = async (): Promise<number> => this.#cpu;
  close = jest.fn(async () => undefined);
}

const later = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

const LOAD = {
  receivers: [1, 10, 100],
  receiverRounds: 3,
  lengths: 4,
  samples: 3,
  chainSeconds: 60,
  organisations: { embedded: [4, 7], fabric: [] },
  gathered: 10,
};

function subjectsOf(chain: () => GrowingChain): {
  subjects: GrowthSubjects;
  made: [LedgerName, number, GrowingChain][];
} {
  const made: [LedgerName, number, GrowingChain][] = [];
  const make = async (ledger: LedgerName, organisations: number): Promise<ChainSubject> => {
    const subject = chain();
    made.push([ledger, organisations, subject]);
    return subject;
  };
  return { subjects: { chain: make, ledgers: ['embedded'], messages: 3162 }, made };
}

test('finds what grows and what does not, and ends every consortium it began', async () => {
  const { subjects, made } = subjectsOf(() => new GrowingChain());
  const results = await benchGrowth(subjects, LOAD);
  const { growth, lengths } = results.chain;
  expect(lengths.map(({ messages }) => messages)).toEqual([100, 316, 1000, 3162]);
  for (const constant of ['commit', 'gateway', 'pile', 'restartLedger', 'restartGateway', 'ledgerCpu'] as const) {
    expect(growth[constant]).toEqual({ exponent: 0, plusMinus: 0 });
  }
  expect(growth.query.exponent).toBeGreaterThan(0.2);
  expect(growth.restartPile.exponent).toBeCloseTo(1, 1);
  expect(made.map(([ledger, count]) => [ledger, count])).toEqual([
    ['embedded', 4],
    ['embedded', 4],
    ['embedded', 7],
  ]);
  for (const [, , subject] of made) expect(subject.close).toHaveBeenCalledTimes(1);
  expect(results.organisations.map(({ organisations, ledgerCpuMs }) => [organisations, ledgerCpuMs])).toEqual([
    [4, 7],
    [7, 7],
  ]);
  expect(growthTable(results)).toContain('restart of a pile');
  expect(growthChart(results).series).toHaveLength(8);
});

test('costs of a message grow no faster than its receivers; finding and opening an entry not at all', async () => {
  await ready();
  const { growth, costs } = await receiverCosts(LOAD.receivers, LOAD.receiverRounds);
  expect(costs.map(({ sigmas }) => sigmas)).toEqual([1, 1, 1]);
  for (const step of ['seal', 'verify', 'index', 'bytes'] as const) expect(growth[step].exponent).toBeLessThan(1.15);
  for (const step of ['locate', 'open'] as const) expect(growth[step].exponent).toBeLessThan(0.3);
});

test('a chain that would not be made in time ends at the length it reached', async () => {
  const load = { messages: [100, 316, 1000, 3162], samples: 3, chainSeconds: 2 };
  const { lengths, wanted } = await chainCosts(new GrowingChain(100), 'embedded', load);
  expect(lengths.map(({ messages }) => messages)).toEqual([100, 316, 1000]);
  expect(wanted).toBe(3162);
});

test('lengths are evenly spread by powers and end at the one asked for', () => {
  expect(lengthsTo(100_000, 5)).toEqual([1000, 3162, 10_000, 31_623, 100_000]);
});
