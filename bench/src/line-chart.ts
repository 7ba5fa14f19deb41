import { escaped } from './chart';

export interface Series {
  readonly label: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Axis {
  readonly label: string;
  readonly logarithmic?: boolean;
}

/** Lines over a common axis, as SVG. */
export interface LineChart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  /** Where and when, in small print. */
  readonly footer?: string;
}

const WIDTH = 860;
const HEIGHT = 460;
const PLOT = { left: 90, right: 600, top: 48, bottom: 380 };
const COLOURS = ['#2a6f97', '#c1121f', '#386641', '#7b2cbf', '#b08968', '#0a9396', '#e36414', '#5c677d'];

/** @throws RangeError for a value that is no number, or not positive on a logarithmic axis */
export function lineChart({ title, x, y, series, footer = '' }: LineChart): string {
  const points = series.flatMap((each) => each.points);
  const across = scale(
    x,
    points.map(([value]) => value),
    PLOT.left,
    PLOT.right,
  );
  const up = scale(
    y,
    points.map(([, value]) => value),
    PLOT.bottom,
    PLOT.top,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    `<text x="16" y="26" font-size="16" font-weight="bold">${escaped(title)}</text>`,
    ...across.ticks.map((tick) => vertical(tick, across.at(tick))),
    ...up.ticks.map((tick) => horizontal(tick, up.at(tick))),
    `<text x="${(PLOT.left + PLOT.right) / 2}" y="${PLOT.bottom + 40}" text-anchor="middle">${escaped(x.label)}</text>`,
    `<text transform="translate(20 ${(PLOT.top + PLOT.bottom) / 2}) rotate(-90)" text-anchor="middle">${escaped(y.label)}</text>`,
    ...series.map((each, i) => drawn(each, i, across.at, up.at)),
    `<text x="16" y="${HEIGHT - 10}" font-size="10" fill="#666">${escaped(footer)}</text>`,
    '</svg>',
    '',
  ].join('\n');
}

interface Scale {
  readonly ticks: readonly number[];
  readonly at: (value: number) => number;
}

function scale({ logarithmic = false }: Axis, values: readonly number[], from: number, to: number): Scale {
  for (const value of values) {
    if (!Number.isFinite(value) || (logarithmic && value <= 0)) throw new RangeError(`${value} cannot be drawn`);
  }
  const ticks = logarithmic ? powers(values) : steps(values);
  const place = logarithmic ? Math.log10 : (value: number): number => value;
  const [low, high] = [place(ticks[0] as number), place(ticks.at(-1) as number)];
  const at = (value: number): number => Math.round(from + ((place(value) - low) / (high - low)) * (to - from));
  return { ticks, at };
}

/** Powers of ten that enclose the values. */
function powers(values: readonly number[]): number[] {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  return Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
}

/** From zero, or the lowest value below it, in steps of 1, 2 or 5 times a power of ten. */
function steps(values: readonly number[]): number[] {
  const low = Math.min(0, ...values);
  const width = Math.max(...values, Number.MIN_VALUE) - low;
  const power = 10 ** Math.floor(Math.log10(width / 5));
  const step = power * ([1, 2, 5, 10].find((factor) => width / (power * factor) <= 6) ?? 10);
  const first = Math.floor(low / step);
  const count = Math.ceil((low + width) / step) - first;
  return Array.from({ length: count + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

function vertical(tick: number, x: number): string {
  return (
    `<line x1="${x}" x2="${x}" y1="${PLOT.top}" y2="${PLOT.bottom}" stroke="#ddd"/>` +
    `<text x="${x}" y="${PLOT.bottom + 18}" text-anchor="middle">${tick.toLocaleString('en')}</text>`
  );
}

function horizontal(tick: number, y: number): string {
  return (
    `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${y}" y2="${y}" stroke="#ddd"/>` +
    `<text x="${PLOT.left - 8}" y="${y + 4}" text-anchor="end">${tick.toLocaleString('en')}</text>`
  );
}

function drawn({ label, points }: Series, i: number, x: Scale['at'], y: Scale['at']): string {
  const colour = COLOURS[i % COLOURS.length] as string;
  const places = points.map(([across, up]) => [x(across), y(up)] as const);
  const legend = PLOT.top + 10 + i * 20;
  return [
    `<polyline points="${places.map((place) => place.join(',')).join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`),
    `<rect x="${PLOT.right + 20}" y="${legend - 9}" width="10" height="10" fill="${colour}"/>`,
    `<text x="${PLOT.right + 36}" y="${legend}">${escaped(label)}</text>`,
  ].join('');
}
