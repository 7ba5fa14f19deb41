import { barChart, type Chart } from './chart';
import { type LineChart, lineChart } from './line-chart';

export type Drawing = Chart | LineChart;

/** @param footer where and when, in small print @returns SVG */
export function draw(drawing: Drawing, footer: string): string {
  return 'series' in drawing ? lineChart({ ...drawing, footer }) : barChart({ ...drawing, footer });
}
