import { setImmediate as turn } from 'node:timers/promises';

import { Gatherer } from './gatherer';

interface Flight {
  readonly items: readonly string[];
  readonly land: () => void;
}

const LIMITS = { maxItems: 4, maxBytes: 100, lingerMs: 50, maxInFlight: 2 };

function gatherer(limits = LIMITS): { gatherer: Gatherer<string>; flights: Flight[]; clock: { now: number } } {
  const flights: Flight[] = [];
  const clock = { now: 0 };
  const submit = (items: readonly string[]): Promise<void> =>
    new Promise((resolve) => flights.push({ items, land: resolve }));
  return { gatherer: new Gatherer(limits, submit, () => clock.now), flights, clock };
}

test('a lone item goes at once', async () => {
  const { gatherer: one, flights } = gatherer();
  one.add('a', 10);
  await turn();
  expect(flights.map((flight) => flight.items)).toEqual([['a']]);
});

test('one turn of the event loop makes one submission', async () => {
  const { gatherer: one, flights } = gatherer();
  one.add('a', 10);
  one.add('b', 10);
  await turn();
  expect(flights.map((flight) => flight.items)).toEqual([['a', 'b']]);
});

test('a burst behind a submission in flight fills the next ones, bounded in number', async () => {
  const { gatherer: one, flights, clock } = gatherer();
  one.add('a', 10);
  await turn();
  for (const item of 'bcdefghijk') one.add(item, 10);
  await turn();
  expect(flights.map((flight) => flight.items.length)).toEqual([1, 4]);
  expect(one.inFlight).toBe(2);
  clock.now += 1000;
  await turn();
  expect(flights).toHaveLength(2);
  flights[0]?.land();
  await turn();
  expect(flights.map((flight) => flight.items.length)).toEqual([1, 4, 4]);
  expect(flights.flatMap((flight) => flight.items).join('')).toBe('abcdefghi');
});

test('items behind a flight wait no longer than the linger', async () => {
  const { gatherer: one, flights, clock } = gatherer({ ...LIMITS, lingerMs: 5 });
  one.add('a', 10);
  await turn();
  one.add('b', 10);
  await turn();
  expect(flights).toHaveLength(1);
  clock.now += 5;
  const deadline = Date.now() + 5_000;
  while (flights.length < 2 && Date.now() < deadline) await turn();
  expect(flights.map((flight) => flight.items)).toEqual([['a'], ['b']]);
});

test.each([
  [500, 50],
  [501, 501],
  [60_000, 2_000],
])('after a submission that took %i ms, items behind the next one wait %i ms', async (took, wait) => {
  const { gatherer: one, flights, clock } = gatherer();
  one.add('a', 10);
  await turn();
  clock.now += took;
  flights[0]?.land();
  await turn();
  one.add('b', 10);
  await turn();
  one.add('c', 10);
  clock.now += wait - 1;
  one.add('d', 10);
  await turn();
  expect(flights.map((flight) => flight.items)).toEqual([['a'], ['b']]);
  clock.now += 1;
  one.add('e', 10);
  await turn();
  expect(flights.at(-1)?.items).toEqual(['c', 'd', 'e']);
});

test('bytes close a submission; an oversized item goes alone and not with others', async () => {
  const { gatherer: one, flights } = gatherer({ ...LIMITS, maxInFlight: 9 });
  one.add('a', 60);
  one.add('b', 60);
  one.add('c', 500);
  one.add('d', 1);
  await turn();
  expect(flights.map((flight) => flight.items)).toEqual([['a'], ['b'], ['c']]);
  flights.forEach((flight) => flight.land());
  await turn();
  expect(flights.at(-1)?.items).toEqual(['d']);
  expect(one.queuedBytes).toBe(0);
});

test('stop waits for what is in flight and takes nothing more', async () => {
  const { gatherer: one, flights } = gatherer();
  one.add('a', 10);
  await turn();
  one.add('b', 10);
  let stopped = false;
  const stopping = one.stop().then(() => (stopped = true));
  await turn();
  expect(stopped).toBe(false);
  one.add('c', 10);
  flights[0]?.land();
  await stopping;
  await turn();
  expect(flights).toHaveLength(1);
});
