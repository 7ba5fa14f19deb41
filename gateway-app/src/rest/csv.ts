import { type z } from 'zod';

import { Answer, type Call } from './route';

export const CSV = 'text/csv';

type Cell = string | number | boolean | null | undefined;

/** Whether a list is asked for as CSV, by `?format=csv` or by `Accept`. */
export function wantsCsv(
  call: Pick<Call<unknown, { readonly format?: 'json' | 'csv' | undefined }>, 'query' | 'wants'>,
): boolean {
  return call.query.format === undefined ? call.wants(CSV) : call.query.format === 'csv';
}

/** RFC 4180, with a header line. A cell that a spreadsheet would take for a formula is made text. */
export function csvOf<T>(columns: Readonly<Record<string, (item: T) => Cell>>, items: readonly T[]): string {
  const names = Object.keys(columns);
  const lines = items.map((item) => names.map((name) => cell((columns[name] as (item: T) => Cell)(item))).join(','));
  return [names.join(','), ...lines, ''].join('\r\n');
}

/** Every member of a flat schema as a column of its own name. */
export function columnsOf<Shape extends Record<string, z.ZodType>>(
  schema: z.ZodObject<Shape>,
): Readonly<Record<string, (item: z.output<z.ZodObject<Shape>>) => Cell>> {
  const names = Object.keys(schema.shape);
  return Object.fromEntries(names.map((name) => [name, (item) => (item as Record<string, Cell>)[name]]));
}

/**
 * A page as CSV; the next one stands in the header `Link`.
 * @param query what was asked: the next page has the same filters
 */
export function csvAnswer<T>(
  columns: Readonly<Record<string, (item: T) => Cell>>,
  { items, next }: { readonly items: readonly T[]; readonly next: string | null },
  path: string,
  query: Readonly<Record<string, unknown>>,
): Answer {
  const headers: Record<string, string> = next === null ? {} : { link: `<${path}?${again(query, next)}>; rel="next"` };
  return new Answer(csvOf(columns, items), { type: `${CSV}; charset=utf-8`, headers });
}

function again(query: Readonly<Record<string, unknown>>, cursor: string): string {
  const asked = Object.entries({ ...query, format: 'csv', cursor }).filter(([, value]) => value !== undefined);
  return new URLSearchParams(asked.map(([name, value]): [string, string] => [name, String(value)])).toString();
}

/** The further media type of a list's reply. */
export function orCsv(text: z.ZodType): Readonly<Record<string, z.ZodType>> {
  return { [CSV]: text };
}

function cell(value: Cell): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
