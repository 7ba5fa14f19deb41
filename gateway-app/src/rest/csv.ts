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

/** A page as CSV; the cursor of the next one stands in the header `Link`. */
export function csvAnswer<T>(
  columns: Readonly<Record<string, (item: T) => Cell>>,
  { items, next }: { readonly items: readonly T[]; readonly next: string | null },
  path: string,
): Answer {
  const headers: Record<string, string> =
    next === null ? {} : { link: `<${path}?format=csv&cursor=${next}>; rel="next"` };
  return new Answer(csvOf(columns, items), { type: `${CSV}; charset=utf-8`, headers });
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
