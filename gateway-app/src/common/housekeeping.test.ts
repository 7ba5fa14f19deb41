import { Housekeeping } from './housekeeping';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const log = { warn: jest.fn() };

test('a run that is slow delays the next, and the stop', async () => {
  const ends: (() => void)[] = [];
  const work = jest.fn(() => new Promise<void>((resolve) => ends.push(resolve)));
  const keeping = new Housekeeping(10, work, log, 'it stays');
  await jest.advanceTimersByTimeAsync(35);
  expect(work).toHaveBeenCalledTimes(1);
  ends[0]?.();
  await jest.advanceTimersByTimeAsync(10);
  expect(work).toHaveBeenCalledTimes(2);
  let stopped = false;
  const stopping = keeping.stop().then(() => (stopped = true));
  await jest.advanceTimersByTimeAsync(50);
  expect(stopped).toBe(false);
  ends[1]?.();
  await stopping;
  await jest.advanceTimersByTimeAsync(50);
  expect(work).toHaveBeenCalledTimes(2);
});

test('a run that fails is logged and followed by the next', async () => {
  const error = new Error('no disk');
  const work = jest.fn().mockRejectedValueOnce(error).mockResolvedValue(undefined);
  const keeping = new Housekeeping(10, work, log, 'it stays');
  await jest.advanceTimersByTimeAsync(20);
  await keeping.stop();
  expect(work).toHaveBeenCalledTimes(2);
  expect(log.warn).toHaveBeenCalledWith({ err: error }, 'it stays');
});
