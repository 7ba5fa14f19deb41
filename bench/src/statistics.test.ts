import { fittedExponent, fittedPower, quantile, rounded, spread } from './statistics';

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

test('the confidence of a fit is that of the regression line', () => {
  // Logarithms 0, 1, 2, 3 against 0, 1.1, 1.9, 3.2: slope 1.04, standard error √(0.042 / 2 / 5).
  const points = [0, 1.1, 1.9, 3.2].map((y, x) => [Math.exp(x), Math.exp(y)] as const);
  const { exponent, plusMinus } = fittedPower(points);
  expect(exponent).toBeCloseTo(1.04, 9);
  expect(plusMinus).toBeCloseTo(4.303 * Math.sqrt(0.042 / 2 / 5), 9);
});

test('an exact law leaves no doubt, and two points are none', () => {
  expect(fittedPower([10, 100, 1000, 10_000].map((x) => [x, 7] as const))).toEqual({ exponent: 0, plusMinus: 0 });
  expect(() =>
    fittedPower([
      [1, 1],
      [2, 2],
    ]),
  ).toThrow(RangeError);
});
