import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

import { z } from 'zod';

import { type Store } from '../store';
import { RestError } from './problems';
import { wholeNumber } from './schemas';

const KEY = 'cursor-key';
const TAG_BYTES = 16;
const MAX_LIMIT = 1_000;
const DEFAULT_LIMIT = 100;

/** The members of a query that ask for a page. */
export const pageQuery = {
  limit: wholeNumber(1, MAX_LIMIT).default(DEFAULT_LIMIT).describe('most items of one page'),
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,1024}$/)
    .optional()
    .describe('`next` of the page before, with the same filters'),
};

/** One page of a list. */
export function page<S extends z.ZodType>(
  item: S,
): z.ZodObject<{ items: z.ZodArray<S>; next: z.ZodNullable<z.ZodString> }> {
  return z.object({ items: z.array(item), next: z.string().nullable().describe('cursor of the next page, if any') });
}

export interface Page<T> {
  readonly items: T[];
  readonly next: string | null;
}

export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Positions in lists, given to callers as text that only this service makes: HMAC-SHA-256 over list, filters and place. */
export class Cursors {
  readonly #key: Uint8Array;

  private constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** Its key stays with the store, so that cursors outlive a restart. */
  static async open(store: Store): Promise<Cursors> {
    const kept = await store.get(KEY);
    if (kept) return new Cursors(kept);
    const key = randomBytes(32);
    await store.put(KEY, key);
    return new Cursors(key);
  }

  /** @param list what is listed, with everything that filters or orders it */
  seal(list: string, place: string): string {
    const text = Buffer.from(place, 'utf8');
    return Buffer.concat([this.#tag(list, text), text]).toString('base64url');
  }

  /** @throws RestError 400 E_CURSOR */
  open(list: string, cursor: string): string {
    const bytes = Buffer.from(cursor, 'base64url');
    const place = bytes.subarray(TAG_BYTES);
    const isOwn =
      bytes.length > TAG_BYTES &&
      bytes.toString('base64url') === cursor &&
      timingSafeEqual(bytes.subarray(0, TAG_BYTES), this.#tag(list, place));
    if (isOwn) return place.toString('utf8');
    throw new RestError(400, 'E_CURSOR', 'this cursor is of another list or filter: begin again without one');
  }

  /**
   * A page of a list that can be read from any place on.
   * @param list see {@link seal}
   * @param read up to `limit` items after a place, from the start if there is none
   * @param placeOf of an item
   */
  async page<T>(
    list: string,
    { limit, cursor }: PageRequest,
    read: (after: string | undefined, limit: number) => Promise<readonly T[]> | readonly T[],
    placeOf: (item: T) => string,
  ): Promise<Page<T>> {
    const found = await read(cursor === undefined ? undefined : this.open(list, cursor), limit + 1);
    const items = found.slice(0, limit);
    const last = items.at(-1);
    const next = found.length > limit && last !== undefined ? this.seal(list, placeOf(last)) : null;
    return { items, next };
  }

  #tag(list: string, place: Uint8Array): Buffer {
    const hash = createHmac('sha256', this.#key)
      .update(`${Buffer.byteLength(list)}:${list}`)
      .update(place);
    return hash.digest().subarray(0, TAG_BYTES);
  }
}

/** `read` for {@link Cursors.page} over items in memory, in the order of their places. */
export function after<T>(
  items: readonly T[],
  placeOf: (item: T) => string,
): (after: string | undefined, limit: number) => readonly T[] {
  return (place, limit) => {
    const start = place === undefined ? 0 : items.findIndex((item) => placeOf(item) > place);
    return start < 0 ? [] : items.slice(start, start + limit);
  };
}
