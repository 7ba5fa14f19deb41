/** Of repeated measurements: the middle and how far they lie apart. */
export interface Spread {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/** @param share 0 to 1 @returns NaN for no values */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function spread(values: readonly number[]): Spread {
  return { median: quantile(values, 0.5), lowest: quantile(values, 0), highest: quantile(values, 1) };
}

/** Three significant digits: what is measured here is not known better. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

export function roundedSpread(values: readonly number[]): Spread {
  const { median, lowest, highest } = spread(values);
  return { median: rounded(median), lowest: rounded(lowest), highest: rounded(highest) };
}

/** Exponent b of y ≈ a·xᵇ by least squares of the logarithms: 1 is linear, 0 constant. */
export function fittedExponent(points: readonly (readonly [x: number, y: number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const mean = (of: (point: readonly [number, number]) => number): number =>
    logs.reduce((sum, point) => sum + of(point), 0) / logs.length;
  const [mx, my] = [mean(([x]) => x), mean(([, y]) => y)];
  const over = logs.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0);
  return over / logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
}

/** A power law y ≈ a·xᵇ fitted to measurements. */
export interface Fit {
  /** b. */
  readonly exponent: number;
  /** Half the width of b's 95 % confidence interval, by Student's t. */
  readonly plusMinus: number;
}

/** 97.5 % quantiles of Student's t for 1, 2, … degrees of freedom. */
const STUDENT = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
];
const NORMAL = 1.96;

/** @throws RangeError for fewer than three points: two always fit */
export function fittedPower(points: readonly (readonly [x: number, y: number])[]): Fit {
  const freedom = points.length - 2;
  if (freedom < 1) throw new RangeError(`a power law is fitted to three points or more, not ${points.length}`);
  const exponent = fittedExponent(points);
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const mean = (of: 0 | 1): number => logs.reduce((sum, point) => sum + point[of], 0) / logs.length;
  const [mx, my] = [mean(0), mean(1)];
  const residuals = logs.reduce((sum, [x, y]) => sum + (y - my - exponent * (x - mx)) ** 2, 0);
  const width = logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
  const t = STUDENT[freedom - 1] ?? NORMAL + 2.5 / freedom;
  return { exponent, plusMinus: t * Math.sqrt(residuals / freedom / width) };
}

export function roundedFit(points: readonly (readonly [x: number, y: number])[]): Fit {
  const { exponent, plusMinus } = fittedPower(points);
  return { exponent: Number(exponent.toFixed(3)), plusMinus: Number(plusMinus.toFixed(3)) };
}
