import { Problem, problemOf } from './problem';

/** One page of a list; `next` is null on the last. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SendOptions {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly body?: unknown;
  /** The same for every attempt at one thing, so that it happens once: {@link newIdempotencyKey}. */
  readonly idempotencyKey?: string;
}

/** @param path from the service's root, as `/v1/blocks/datachain` */
export function address(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  const text = search.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** @throws Problem with the service's code, or E_OFFLINE */
export async function getJson<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  const response = await request(address(path, query), { headers: { accept: 'application/json' }, signal });
  return (await response.json()) as T;
}

/** @throws as {@link getJson} */
export async function getBytes(path: string, mediaType: string, signal?: AbortSignal): Promise<Uint8Array> {
  const response = await request(path, { headers: { accept: mediaType }, signal });
  return new Uint8Array(await response.arrayBuffer());
}

/** @returns the JSON answer; undefined for 204 @throws as {@link getJson} */
export async function send<T>(path: string, { method, body, idempotencyKey }: SendOptions): Promise<T> {
  const response = await request(path, {
    method,
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
  return (response.status === 204 ? undefined : await response.json()) as T;
}

export const newIdempotencyKey = (): string => crypto.randomUUID();

/** An answer's text and headers. @throws as {@link getJson} */
export async function getText(
  path: string,
  query: Query,
  mediaType: string,
): Promise<{ text: string; headers: Headers }> {
  const response = await request(address(path, query), { headers: { accept: mediaType } });
  return { text: await response.text(), headers: response.headers };
}

async function request(
  path: string,
  init: Omit<RequestInit, 'signal'> & { signal?: AbortSignal | undefined },
): Promise<Response> {
  const { signal, ...rest } = init;
  let response: Response;
  try {
    response = await fetch(path, { ...rest, cache: 'no-store', redirect: 'error', signal: signal ?? null });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new Problem(0, 'E_OFFLINE', 'the service does not answer', [], undefined, { cause });
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}
