import { type ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

import { DataTable } from './table';

export interface Series {
  readonly label: string;
  /** One for each label of the chart; null where there is none. */
  readonly values: readonly (number | null)[];
}

interface ChartProps {
  /** What the chart shows, with its unit. */
  readonly title: string;
  readonly kind: 'bars' | 'line';
  /** What the horizontal axis names, as "hour". */
  readonly axis: string;
  readonly labels: readonly string[];
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
}

interface Row {
  readonly label: string;
  readonly index: number;
}

const HEIGHT = 240;
const STROKES = ['--series-1', '--series-2', '--series-3', '--series-4'];
const DASHES = [[], [6, 4], [2, 3], [10, 3, 2, 3]];

/** A chart to look at, and the same numbers as a table to read. */
export function Chart(props: ChartProps): ComponentChildren {
  const { title, axis, labels, series, format } = props;
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    let plot = draw(element, props);
    const redraw = (): void => {
      plot.destroy();
      plot = draw(element, props);
    };
    const resized = new ResizeObserver(([entry]) => {
      if (entry && Math.abs(entry.contentRect.width - plot.width) > 1) redraw();
    });
    resized.observe(element);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', redraw);
    return () => {
      scheme.removeEventListener('change', redraw);
      resized.disconnect();
      plot.destroy();
    };
  }, [title, JSON.stringify([labels, series])]);
  const rows = labels.map((label, index) => ({ label, index }));
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <div ref={place} aria-hidden="true" />
      <details>
        <summary>The same as a table</summary>
        <DataTable
          caption={title}
          rows={rows}
          keyOf={({ index }) => String(index)}
          columns={[
            { title: axis, cell: ({ label }: Row) => label },
            ...series.map(({ label, values }) => ({
              title: label,
              isNumber: true,
              cell: ({ index }: Row) => {
                const value = values[index];
                return value === null || value === undefined ? 'none' : format(value);
              },
            })),
          ]}
        />
      </details>
    </figure>
  );
}

function draw(element: HTMLElement, { kind, labels, series, format }: ChartProps): uPlot {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const ticks = { stroke: colour('--muted'), grid: { stroke: colour('--line') }, ticks: { stroke: colour('--line') } };
  const data: uPlot.AlignedData = [labels.map((_, index) => index), ...series.map(({ values }) => [...values])];
  return new uPlot(
    {
      width: Math.max(240, Math.floor(element.clientWidth)),
      height: HEIGHT,
      cursor: { drag: { x: false, y: false } },
      scales: {
        x: { time: false, range: () => [-0.6, labels.length - 0.4] },
        // A bar's length is its value: it begins at zero.
        y:
          kind === 'bars'
            ? { range: (_, least, most) => uPlot.rangeNum(Math.min(0, least), Math.max(0, most), 0.1, true) }
            : {},
      },
      axes: [
        { ...ticks, values: (_, places) => places.map((at) => (Number.isInteger(at) ? (labels[at] ?? '') : '')) },
        { ...ticks, size: 72, values: (_, values) => values.map(format) },
      ],
      series: [
        { value: (_, at) => labels[at] ?? '' },
        ...series.map(({ label }, index) => ({
          label,
          stroke: colour(STROKES[index % STROKES.length] as string),
          width: 2,
          dash: DASHES[index % DASHES.length] as number[],
          value: (_: uPlot, value: number | null) => (value === null ? 'none' : format(value)),
          ...(kind === 'bars' && {
            fill: colour(STROKES[index % STROKES.length] as string),
            paths: uPlot.paths.bars?.({ size: [0.7, 60] }),
            points: { show: false },
          }),
        })),
      ],
    },
    data,
    element,
  );
}
