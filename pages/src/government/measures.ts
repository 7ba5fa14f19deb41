import { formatCount, formatEnergy } from '../shell/format';
import { type UsageTotals } from './api';

export type MeasureName = 'energyWh' | 'sessions' | 'pluggedMinutes' | 'vehiclesAtLeast';

export interface Measure {
  readonly name: MeasureName;
  readonly label: string;
  /** Short, for a cell. */
  readonly brief: (value: number) => string;
  readonly whole: (value: number) => string;
  /** Spread evenly over the hours of a cell; a number of vehicles cannot be. */
  readonly isSum: boolean;
}

const hours = (minutes: number): string => formatCount(Math.round(minutes / 60));

export const MEASURES: readonly [Measure, ...Measure[]] = [
  {
    name: 'energyWh',
    label: 'Energy, kWh',
    brief: (value) => formatCount(Math.round(value / 1000)),
    whole: formatEnergy,
    isSum: true,
  },
  { name: 'sessions', label: 'Sessions', brief: formatCount, whole: formatCount, isSum: true },
  {
    name: 'pluggedMinutes',
    label: 'Time plugged in, h',
    brief: hours,
    whole: (value) => `${hours(value)} h`,
    isSum: true,
  },
  {
    name: 'vehiclesAtLeast',
    label: 'Vehicles, at least',
    brief: (value) => `≥ ${formatCount(value)}`,
    whole: (value) => `at least ${formatCount(value)}`,
    isSum: false,
  },
];

/** Steps of colour, the first of them for the least. */
export const LEVELS = 6;

/**
 * How strongly a cell is coloured: its value an hour, so that a cell of six hours is not darker for being wide.
 * @param most of all cells, by {@link intensity} @returns 0 … LEVELS - 1
 */
export const levelOf = (value: number, most: number): number =>
  most <= 0 ? 0 : Math.max(0, Math.min(LEVELS - 1, Math.ceil((value / most) * LEVELS) - 1));

export function intensity(
  { isSum, name }: Measure,
  cell: UsageTotals & { readonly fromHour: number; readonly toHour: number },
): number {
  return isSum ? cell[name] / (cell.toHour - cell.fromHour) : cell[name];
}
