/** Horizontal bars as SVG: enough to see what a suite measured, with nothing to install. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Of the rounds; drawn as a line over the bar. */
  readonly lowest?: number;
  readonly highest?: number;
}

export interface Chart {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
  /** Where and when, in small print. */
  readonly footer?: string;
}

const WIDTH = 860;
const LABELS = 300;
const PLOT = 400;
const ROW = 26;
const TOP = 48;

/** @throws RangeError for a value that is negative or no number */
export function barChart({ title, unit, bars, footer = '' }: Chart): string {
  for (const { label, value } of bars) {
    if (!(value >= 0 && Number.isFinite(value))) throw new RangeError(`${label} has no value to draw: ${value}`);
  }
  const most = Math.max(...bars.map(({ value, highest = value }) => Math.max(value, highest)), Number.MIN_VALUE);
  const x = (value: number): number => Math.round((value / most) * PLOT);
  const height = TOP + bars.length * ROW + 30;
  const rows = bars.map((bar, i) => row(bar, TOP + i * ROW, x, unit));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="13">`,
    `<rect width="${WIDTH}" height="${height}" fill="white"/>`,
    `<text x="16" y="26" font-size="16" font-weight="bold">${escaped(title)}</text>`,
    ...rows,
    `<text x="16" y="${height - 10}" font-size="10" fill="#666">${escaped(footer)}</text>`,
    '</svg>',
    '',
  ].join('\n');
}

function row({ label, value, lowest, highest }: Bar, y: number, x: (value: number) => number, unit: string): string {
  const middle = y + 8;
  const spread =
    lowest === undefined || highest === undefined
      ? ''
      : `<line x1="${LABELS + x(lowest)}" x2="${LABELS + x(highest)}" y1="${middle}" y2="${middle}" stroke="#222"/>`;
  const end = LABELS + Math.max(x(value), x(highest ?? 0)) + 8;
  return (
    `<text x="${LABELS - 8}" y="${y + 12}" text-anchor="end">${escaped(label)}</text>` +
    `<rect x="${LABELS}" y="${y}" width="${Math.max(1, x(value))}" height="16" fill="#2a6f97"/>${spread}` +
    `<text x="${end}" y="${y + 12}">${escaped(`${value.toLocaleString('en')} ${unit}`)}</text>`
  );
}

export function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
