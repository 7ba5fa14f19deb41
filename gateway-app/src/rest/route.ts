import { type PersonRole } from '@chargecast/network';
import { type z } from 'zod';

import { type Caller } from './people';

/** What is served without a certificate: it says nothing of anybody. */
export const ANYONE = 'anyone';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

type Nothing = z.ZodObject<Record<never, never>>;

/** A request as its route's schemas let it through. */
export interface Call<P = unknown, Q = unknown, B = unknown> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly person: Caller;
  /** Aborts when the caller is gone or the service stops. */
  readonly signal: AbortSignal;
  /** 32 bytes, hex: the same for the same idempotency key, else fresh. What is derived from it is not done twice. */
  readonly seed: string;
  /** Where an event stream was interrupted. */
  readonly lastEventId: string | undefined;
  /** Whether the caller asks for this media type by name. */
  readonly wants: (mediaType: string) => boolean;
}

/** An answer that is more than JSON with the route's status. */
export class Answer {
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  /** Media type of a body that is not JSON. */
  readonly type: string | undefined;

  constructor(body: unknown, { headers = {}, type }: { headers?: Record<string, string>; type?: string } = {}) {
    this.body = body;
    this.headers = headers;
    this.type = type;
  }
}

export interface ReplySpec {
  readonly status: 200 | 201 | 202 | 204;
  readonly description: string;
  /** JSON; absent for 204 and for replies that are never JSON. */
  readonly schema?: z.ZodType;
  /** Further media types, such as `text/csv`. */
  readonly media?: Readonly<Record<string, z.ZodType>>;
}

interface RouteHead {
  readonly method: Method;
  /** As `/v1/commands/:id`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  /** Who may call it. A service with a route that declares nobody does not start. */
  readonly roles: readonly PersonRole[] | typeof ANYONE;
  readonly reply: ReplySpec;
  /** Takes a required Idempotency-Key. */
  readonly idempotent?: boolean;
  /** Largest body, bytes; default 64 KiB. */
  readonly bodyLimit?: number;
}

export interface RouteSpec<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType> extends RouteHead {
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** @returns the JSON body, or an {@link Answer} */
  handle(call: Call<z.output<P>, z.output<Q>, z.output<B>>): Promise<unknown>;
}

/** A route of any service, its schemas' types forgotten. */
export interface Route extends RouteHead {
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  handle(call: Call): Promise<unknown>;
}

/** One route: who may call it, what it takes, what it answers. */
export function route<
  P extends z.ZodObject = Nothing,
  Q extends z.ZodObject = Nothing,
  B extends z.ZodType = z.ZodUndefined,
>(spec: RouteSpec<P, Q, B>): Route {
  return spec;
}
