import { freePorts } from '.';

test('ports promised to others are not given again', async () => {
  const first = await freePorts(4);
  expect(await freePorts(4, first)).toBe(first);
  for (const wanted of [first - 3, first, first + 3]) {
    const other = await freePorts(4, wanted, { first, count: 4 });
    expect(Math.abs(other - first)).toBeGreaterThanOrEqual(4);
  }
});
