import { fittedExponent, quantile, rounded, spread } from './statistics';

test('quantiles are values that were measured', () => {
  const values = [5, 1, 4, 2, 3];
  expect(spread(values)).toEqual({ median: 3, lowest: 1, highest: 5 });
  expect(quantile(values, 0.95)).toBe(5);
  expect(values).toEqual([5, 1, 4, 2, 3]);
  expect(quantile([], 0.5)).toBeNaN();
});

test('three significant digits', () => {
  expect([rounded(12345), rounded(0.0123456), rounded(7)]).toEqual([12300, 0.0123, 7]);
});

test.each([0, 0.5, 1, 2])('the exponent %p is found again', (exponent) => {
  const points = [10, 100, 1000].map((x) => [x, 3 * x ** exponent] as const);
  expect(fittedExponent(points)).toBeCloseTo(exponent, 9);
});
