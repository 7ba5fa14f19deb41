import { silentLogger } from '../common/log';
import { Dispatcher, type DispatcherParts } from './dispatcher';

const GATHER_MS = 60_000;

let runs: number;
let dispatcher: Dispatcher;

beforeEach(() => {
  jest.useFakeTimers();
  runs = 0;
  dispatcher = new Dispatcher({
    sealer: { run: async () => void (runs += 1) },
    courier: { watch: async () => undefined, send: () => undefined, stop: async () => undefined },
    gatherMs: GATHER_MS,
    settleMs: 0,
    logger: silentLogger(),
    now: () => Date.now(),
  } as unknown as DispatcherParts);
  dispatcher.start();
});
afterEach(async () => {
  await dispatcher.stop();
  jest.useRealTimers();
});

const pass = (milliseconds: number): Promise<void> => jest.advanceTimersByTimeAsync(milliseconds);

test('what may wait is gathered; what is urgent ends the gathering, and only that one', async () => {
  dispatcher.wake();
  await pass(GATHER_MS / 2);
  expect(runs).toBe(0);
  dispatcher.wakeAtOnce();
  await pass(0);
  expect(runs).toBe(1);
  dispatcher.wake();
  await pass(GATHER_MS - 1);
  expect(runs).toBe(1);
  await pass(1);
  expect(runs).toBe(2);
});

test('what is urgent is sealed at once where nothing was gathered', async () => {
  dispatcher.wakeAtOnce();
  await pass(0);
  expect(runs).toBe(1);
});
