import { type EndToEndSubject } from '../end-to-end/subject';
import { type RegistrationSubject } from '../registration/subject';
import { benchDelay, delayChart, delayTable, PAPER_DELAY } from './delay';
import { offerSteadily } from './offer';
import { benchQueries, QUERIES_LOAD, queriesChart, queriesTable } from './queries';
import { benchStorage, storageTable } from './storage';
import { type Cutting, type Query, type RecordsSubject, type Weight } from './subject';
import { benchThroughput, throughputTable, WARM_UP } from './throughput';

const later = <T>(milliseconds: number, value: T): Promise<T> =>
  new Promise((resolve) => setTimeout(() => resolve(value), milliseconds));

/** Chains that take 1,000 bytes a transaction and 100 an item in blocks, and half of that in state. */
class Chains implements RecordsSubject {
  readonly ledger = 'embedded';
  readonly organisations = 4;
  readonly blockLimits = { maxMessageCount: 500, maxBytes: 22_000 };
  readonly pageSize = 100;
  readonly asked: Query[] = [];
  registered = 0;
  charged = 0;
  closed = 0;

  async register(vehicles: number): Promise<Weight> {
    this.registered += vehicles;
    return weight(vehicles);
  }

  async charge(records: number): Promise<Weight> {
    if (records > 128) throw new RangeError('at most 128');
    this.charged += records;
    return weight(records);
  }

  broadcast = async (receivers: number): Promise<Weight> => weight(receivers);
  put = async (): Promise<Weight> => weight(1);
  burst = async (): Promise<{ transactions: number; overheadBytes: number }[]> => [
    { transactions: 3, overheadBytes: 70 },
    { transactions: 7, overheadBytes: 72 },
  ];

  async query(what: Query): Promise<void> {
    this.asked.push(what);
    await later(what === 'vehicle' ? this.registered / 10 : 2, undefined);
  }

  close = async (): Promise<void> => void (this.closed += 1);
}

const weight = (items: number): Weight => {
  const blockBytes = 1000 + 100 * items;
  return { transactions: 1, blockBytes, stateBytes: blockBytes / 2 };
};

test('storage: bytes an item, and how many such transactions fit a block', async () => {
  const chains = new Chains();
  const load = { certificates: [1], receivers: [100], chargingRecords: [], putBytes: [], burst: 10, burstBytes: 100 };
  const results = await benchStorage(async () => chains, load);
  expect(results.stored).toEqual([
    expect.objectContaining({ kind: 'registration', blockBytesPerItem: 1100, stateBytesPerItem: 550, fitsInBlock: 20 }),
    expect.objectContaining({ kind: 'σ', items: 100, blockBytesPerItem: 110, fitsInBlock: 2 }),
  ]);
  expect(results.burst.transactionsPerBlock).toEqual({ mean: 5, lowest: 3, highest: 7 });
  expect(chains.closed).toBe(1);
  expect(storageTable(results)).toContain('σ, 100 receivers');
});

test('queries: asked of chains as full as said, kinds alternating, growth found where there is some', async () => {
  const chains = new Chains();
  const totals = [100, 200, 400];
  const results = await benchQueries(async () => chains, { totals, repetitions: 5 });
  expect([chains.registered, chains.charged]).toEqual([400, 400]);
  expect(chains.asked.slice(0, 6)).toEqual([...chains.asked.slice(0, 3), ...chains.asked.slice(0, 3)]);
  expect(chains.asked).toHaveLength(3 * 6 * 3);
  expect(results.growth.vehicle.exponent).toBeGreaterThan(0.5);
  expect(results.latencyMs.map(({ total }) => total)).toEqual(totals);
  expect(queriesChart(results).series[0]?.points).toHaveLength(3);
  expect(queriesTable(results)).toContain('listVPK, page of 100');
});

test('queries: 1,000 to 5,000 in steps of 500, as the second paper asks', () => {
  expect(QUERIES_LOAD.totals).toEqual(Array.from({ length: 9 }, (_, i) => 1000 + 500 * i));
});

test('delay: a network for each cutting, one after the other, beside the second paper’s table', async () => {
  const open = new Set<Cutting | undefined>();
  const asked: (Cutting | undefined)[] = [];
  const results = await benchDelay(
    async (cutting) => {
      expect(open.size).toBe(0);
      open.add(cutting);
      asked.push(cutting);
      let puts = 0;
      return {
        ledger: 'embedded',
        put: () => later(cutting?.intervalMs ?? 1, void (puts += 1)),
        height: async () => Math.ceil(puts / (cutting?.maxMessageCount ?? 10)),
        close: async () => void open.delete(cutting),
      };
    },
    { maxMessageCounts: [5, 10], intervalsMs: [20, 60], lone: 3, burst: 20, bytes: 1 },
  );
  expect(open.size).toBe(0);
  expect(asked.map((cutting) => cutting?.maxMessageCount)).toEqual([undefined, 5, 5, 10, 10]);
  const [, quick, slow] = results.cells;
  expect(quick?.loneMs.lowest).toBeGreaterThanOrEqual(19);
  expect(slow?.loneMs.lowest).toBeGreaterThanOrEqual(59);
  expect(quick?.burstTransactionsPerBlock).toBeGreaterThan(3);
  expect(PAPER_DELAY.map(({ cpu1 }) => cpu1)).toEqual([11_967, 1152.09, 564.13, 431.15, 299.11, 277.56, 241.53]);
  expect(delayTable(results)).toContain('241.53 to 14256 ms');
  expect(delayChart(results).series).toHaveLength(4);
});

test('throughput: what saturates processes less than it accepts, and everything ends', async () => {
  const closed = jest.fn<void, []>();
  let offered = 0;
  const registration: RegistrationSubject = {
    prepare: async () => undefined,
    offer(count) {
      offered += count;
      // The first hundred are those of the first step.
      return { accepted: Promise.resolve(), processed: later(offered > 100 + WARM_UP ? 1500 : 1, count) };
    },
    close: async () => closed(),
  };
  let listener: Parameters<EndToEndSubject['listen']>[0];
  let sealed = 0;
  const endToEnd = {
    ledger: 'embedded',
    seal: async (commands: number) => ({ id: String(sealed++), bytes: 1, commands }),
    hold: async ({ id }: { id: string }) => void later(5, undefined).then(() => listener?.sigma(id)),
    listen: (heard: typeof listener) => void (listener = heard),
    close: async () => closed(),
  } as unknown as EndToEndSubject;
  const load = { vehiclesPerSecond: [100, 400], sigmasPerSecond: [10], receivers: 7, seconds: 1 };
  const results = await benchThroughput(
    { registration: async () => registration, endToEnd: async () => endToEnd },
    load,
  );
  const [light, heavy] = results.registrations;
  expect(light?.acceptedPerSecond).toBe(100);
  expect(light?.processedPerSecond).toBe(100);
  expect(heavy?.acceptedPerSecond).toBe(400);
  expect(heavy?.processedPerSecond).toBeLessThan(200);
  expect(results.commands).toEqual([expect.objectContaining({ offeredPerSecond: 70, processedPerSecond: 70 })]);
  expect(closed).toHaveBeenCalledTimes(2);
  expect(throughputTable(results)).toContain('registrations');
});

test('what an offer rejects with comes out when all is waited for', async () => {
  const failure = new Error('refused');
  const { drained } = await offerSteadily({
    perSecond: 10,
    seconds: 0.2,
    offer: () => ({ accepted: Promise.reject(failure), processed: Promise.resolve(1) }),
  });
  await expect(drained).rejects.toBe(failure);
});
