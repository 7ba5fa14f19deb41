import { getJson, type Page, type Query } from './api';

/** Every item of a list. @throws Problem */
export async function readAll<T>(path: string, query: Query, signal?: AbortSignal): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null | undefined;
  do {
    const page: Page<T> = await getJson<Page<T>>(path, { ...query, limit: 1000, cursor: cursor ?? undefined }, signal);
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return items;
}
