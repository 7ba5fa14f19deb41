import { silentLogger } from '../common/log';
import { type Act } from './actuator';
import { type Effect, type OpenedEntry } from './effect-journal';
import { type EffectParts, Effects } from './effects';

const DONE: Act = { outcome: 'done' };
const EFFECT = {
  sigmaId: '00'.repeat(32),
  order: { unit: 'P1', kind: 'control', action: 'RequestStopTransaction', payload: { transactionId: 'tx-1' } },
} as unknown as Effect;

let act: (done: Act) => void;
let effects: Effects;
let isLull: boolean;

beforeEach(async () => {
  jest.useFakeTimers();
  isLull = false;
  const acting = new Promise<Act>((resolve) => (act = resolve));
  effects = new Effects({
    journal: {
      record: async () => ({ pending: [EFFECT], repeated: [], duplicates: 0 }),
      finish: async () => EFFECT,
    },
    actuator: { act: () => acting },
    owe: () => undefined,
    owed: () => undefined,
    finished: () => undefined,
    log: silentLogger(),
    stopping: new AbortController().signal,
  } as unknown as EffectParts);
  await effects.accept({} as OpenedEntry, () => undefined);
  void effects.lull().then(() => (isLull = true));
});
afterEach(() => jest.useRealTimers());

test('a lull comes when every command is carried out', async () => {
  await jest.advanceTimersByTimeAsync(499);
  expect(isLull).toBe(false);
  act(DONE);
  await jest.advanceTimersByTimeAsync(0);
  expect(isLull).toBe(true);
  await effects.settled();
});

test('or after a moment, whatever is still carried out: then the next is waited for anew', async () => {
  await jest.advanceTimersByTimeAsync(500);
  expect(isLull).toBe(true);
  let isNext = false;
  void effects.lull().then(() => (isNext = true));
  await jest.advanceTimersByTimeAsync(499);
  expect(isNext).toBe(false);
  await jest.advanceTimersByTimeAsync(1);
  expect(isNext).toBe(true);
});
