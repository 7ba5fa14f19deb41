import { z } from 'zod';

/** Schemas that stand under a name of their own in the OpenAPI document. */
export const namedSchemas = z.registry<{ id: string }>();

/** @param id unique among all services' schemas, `PascalCase` */
export function named<S extends z.ZodType>(id: string, schema: S): S {
  namedSchemas.add(schema, { id });
  return schema;
}

/** A whole number in a query or path, which arrives as text. */
export function wholeNumber(low: number, high: number): z.ZodType<number, number> {
  const number = z.int().min(low).max(high);
  return z.preprocess(
    (text) => (typeof text === 'string' && /^-?\d{1,15}$/.test(text) ? Number(text) : text),
    number,
  ) as unknown as z.ZodType<number, number>;
}

/** Bytes in lower-case hex. */
export function hexBytes(bytes: number): z.ZodString {
  return z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`), `must be ${bytes} bytes in lower-case hex`);
}

/** Unix milliseconds as RFC 3339 in UTC. */
export function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

export const time = z.iso.datetime();
