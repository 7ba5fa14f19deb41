import { type Json } from '../outcome';
import { scene } from '../script';
import { type Session } from '../session';

/** What a query found, short enough to be read in a recording. */
async function found(session: Session, ...range: [string, string]): Promise<Json> {
  const entries = JSON.parse(await session.evaluate('range', ...range)) as string[];
  return { count: entries.length, first: entries[0] ?? null, last: entries.at(-1) ?? null };
}

const page = async (session: Session, ...args: string[]): Promise<Json> => {
  const { keys, ...rest } = JSON.parse(await session.evaluate('page', ...args)) as { keys: string[]; bookmark: string };
  return { ...rest, first: keys[0] ?? null, last: keys.at(-1) ?? null };
};

export const queries = scene('queries', {
  fill: (s) => s.submit('fill', 'm', '230'),
  'a range of more than one batch': (s) => found(s, 'm', 'm~'),
  'the order of keys is that of their bytes': async (s) => {
    for (const name of ['\u{10000}', 'ﾮ', 'é', 'z']) await s.submit('put', `order:${name}`, name);
    return JSON.parse(await s.evaluate('range', 'order:', 'order;')) as string[];
  },
  'an empty range': (s) => found(s, 'x1', 'x2'),
  'a range from its end to its start': (s) => found(s, 'm~', 'm'),
  'a range of hundreds, submitted': (s) => s.submit('countRange', 'm', 'm~', 'counted'),
  'a range of fifty, submitted': (s) => s.submit('countRange', 'm0000', 'm0050', 'counted'),
  'a range of fifty-one, submitted': (s) => s.submit('countRange', 'm0000', 'm0051', 'counted'),
  'a range of ten, submitted': (s) => s.submit('countRange', 'm000', 'm001', 'counted'),
  'an empty range, submitted': (s) => s.submit('countRange', 'x1', 'x2', 'counted'),
  'the whole state, submitted': (s) => s.submit('countRange', '', '', 'counted'),
  'a query left early, submitted': (s) => s.submit('firstOfRange', 'm', 'm~', 'first'),
  'the first page': (s) => page(s, 'm', 'm~', '100', ''),
  'a page from a bookmark': (s) => page(s, 'm', 'm~', '100', 'm0100'),
  'the last page': (s) => page(s, 'm', 'm~', '100', 'm0200'),
  'a page as large as the range': (s) => page(s, 'm', 'm~', '230', ''),
  'a bookmark beyond the range': (s) => page(s, 'm', 'm~', '10', 'n'),
  'a page, submitted': (s) => s.submit('page', 'm', 'm~', '3', ''),
  'a write after a page': (s) => s.submit('pageThenPut', 'm', 'm~'),
  'composite keys': async (s) => {
    for (const part of [
      ['pile1', '1'],
      ['pile1', '2'],
      ['pile2', '1'],
    ])
      await s.submit('composite', 'bill', ...part);
    return null;
  },
  'composite keys by their first part': (s) => s.evaluate('byPartialKey', 'bill', 'pile1'),
  'composite keys by their first part, submitted': (s) => s.submit('byPartialKey', 'bill', 'pile1'),
  'composite keys are no simple keys': async (s) =>
    (JSON.parse(await s.evaluate('range', '', '')) as string[]).some((entry) => entry.includes('pile1')),
  'an empty key': (s) => s.submit('put', '', 'x'),
  'history of a key': (s) => s.evaluate('history', 'a'),
  'a rich query': (s) => s.evaluate('richQuery'),
});
