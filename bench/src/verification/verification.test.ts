import { committedPerSecond } from './verification';

test('submits each once and keeps to the bound', async () => {
  const submitted: number[] = [];
  let underWay = 0;
  let most = 0;
  const rate = await committedPerSecond(20, 4, async (i) => {
    submitted.push(i);
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
  });
  expect(submitted.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(most).toBe(4);
  expect(rate).toBeGreaterThan(0);
});

test('a refused transaction ends the run', async () => {
  const refused = new Error('refused');
  await expect(committedPerSecond(3, 1, () => Promise.reject(refused))).rejects.toBe(refused);
});
