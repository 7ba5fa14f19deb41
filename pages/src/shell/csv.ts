import { getText, type Query } from './api';

const MOST_A_PAGE = 1000;

/**
 * A whole list as CSV (RFC 4180): the service's pages, each of which names the next in its header `Link`, under one header
 * line.
 * @throws Problem
 */
export async function readCsv(path: string, query: Query): Promise<{ text: string; rows: number }> {
  const parts: string[] = [];
  let cursor: string | undefined;
  do {
    const { text, headers } = await getText(path, { ...query, format: 'csv', limit: MOST_A_PAGE, cursor }, 'text/csv');
    parts.push(parts.length === 0 ? text : withoutHeader(text));
    cursor = nextCursor(headers.get('link'));
  } while (cursor !== undefined);
  const text = parts.join('');
  return { text, rows: countRows(text) - 1 };
}

/** The cursor in `<…?cursor=…>; rel="next"` (RFC 8288). */
export function nextCursor(link: string | null): string | undefined {
  const target = /<([^>]*)>;\s*rel="next"/.exec(link ?? '')?.[1];
  return target === undefined
    ? undefined
    : (new URL(target, 'https://service').searchParams.get('cursor') ?? undefined);
}

/** Column names hold no line break. */
export const withoutHeader = (csv: string): string => csv.slice(csv.indexOf('\r\n') + 2);

/** Records, not lines: a quoted cell may hold line breaks. */
export const countRows = (csv: string): number => csv.replace(/"(?:[^"]|"")*"/g, '').split('\r\n').length - 1;
