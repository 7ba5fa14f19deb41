import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { type FastifyInstance, type FastifySchema } from 'fastify';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';

import { EVENT_STREAM } from './events';
import { PROBLEM_TYPE, problemSchema } from './problems';
import { ANYONE, type ReplySpec, type Route } from './route';
import { namedSchemas } from './schemas';

export interface ApiInfo {
  readonly title: string;
  readonly description: string;
  readonly version: string;
}

/** The members of a document that are looked into here. */
interface Document {
  readonly paths?: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, unknown> };
}
interface Operation {
  readonly operationId?: string;
  security?: unknown[];
  responses: Record<string, { description?: string; headers?: Record<string, unknown> }>;
}

export async function describeApi(app: FastifyInstance, { title, description, version }: ApiInfo): Promise<void> {
  const openapi: FastifyDynamicSwaggerOptions['openapi'] = {
    openapi: '3.1.0',
    info: {
      title,
      description,
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    } as never,
    servers: [{ url: '/' }],
    components: { securitySchemes: { clientCertificate: { type: 'mutualTLS' } as never } },
    security: [{ clientCertificate: [] }],
  };
  const config = { schemaRegistry: namedSchemas };
  await app.register(swagger, {
    openapi,
    transform: createJsonSchemaTransform(config),
    transformObject: createJsonSchemaTransformObject(config),
  });
}

const lastEventId = z.object({ 'last-event-id': z.string().max(64).optional() });
const idempotencyKey = z.object({ 'idempotency-key': z.string().regex(/^[A-Za-z0-9._~-]{8,128}$/) });

/** What validates a route's requests and replies, and documents them. */
export function schemaOf(route: Route): FastifySchema {
  const { operationId, summary, description, tag, roles, params, query, body, reply } = route;
  const who = roles === ANYONE ? 'Open to anyone.' : `Open to: ${roles.join(', ')}.`;
  const headers = headersOf(route);
  return {
    operationId,
    summary,
    description: description === undefined ? who : `${description} ${who}`,
    tags: [tag],
    'x-roles': roles === ANYONE ? [ANYONE] : [...roles],
    ...(params ? { params } : {}),
    ...(query ? { querystring: query } : {}),
    ...(body ? { body } : {}),
    ...(headers ? { headers } : {}),
    response: { [reply.status]: replyOf(reply), ...problemsOf(route) },
  } as FastifySchema;
}

function headersOf({ idempotent, reply }: Route): z.ZodObject | undefined {
  if (idempotent) return idempotencyKey;
  return reply.media?.[EVENT_STREAM] ? lastEventId : undefined;
}

function replyOf({ description, schema, media = {} }: ReplySpec): unknown {
  const types = [...(schema ? [['application/json', schema] as const] : []), ...Object.entries(media)];
  if (types.length === 0) return z.undefined().describe(description);
  return { description, content: Object.fromEntries(types.map(([type, each]) => [type, { schema: each }])) };
}

const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'The request does not match its schema.',
  401: 'No client certificate of the people this service knows, or a withdrawn one.',
  403: 'The certificate’s role, or its service, does not allow this.',
  404: 'There is no such thing, or none for this caller.',
  409: 'The state of the service contradicts the request.',
  413: 'The body is too large.',
  415: 'The body is not application/json.',
  422: 'The request is well formed and refused for what it says, or its idempotency key came with another one.',
  429: 'Too many requests, or too many event streams.',
  500: 'The service is at fault; its log names the instance.',
  503: 'Something the service needs is missing now; try again.',
};

function problemsOf({ roles, method }: Route): Record<string, unknown> {
  const needless = new Set([...(roles === ANYONE ? [401, 403] : []), ...(method === 'GET' ? [413, 415] : [])]);
  return Object.fromEntries(
    Object.entries(PROBLEMS)
      .filter(([status]) => !needless.has(Number(status)))
      .map(([status, description]) => [
        status,
        { description, content: { [PROBLEM_TYPE]: { schema: problemSchema } } },
      ]),
  );
}

/** The finished document: response headers and open routes marked, schemas of other services in this process left out. */
export function documentOf(app: FastifyInstance, routes: readonly Route[]): unknown {
  const document = structuredClone(app.swagger()) as unknown as Document;
  const byId = new Map(routes.map((route) => [route.operationId, route]));
  for (const operation of Object.values(document.paths ?? {}).flatMap((path) => Object.values(path))) {
    const route = byId.get(operation.operationId ?? '');
    if (route?.roles === ANYONE) operation.security = [];
    const created = operation.responses['202'];
    if (created) created.headers = { Location: { description: 'The operation.', schema: { type: 'string' } } };
  }
  dropUnused(document);
  return document;
}

function dropUnused(document: Document): void {
  const all = document.components?.schemas ?? {};
  const used = new Set<string>();
  const visit = (value: unknown): void => {
    for (const [, name] of JSON.stringify(value ?? null).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (name === undefined || used.has(name)) continue;
      used.add(name);
      visit(all[name]);
    }
  };
  visit(document.paths);
  if (document.components) {
    document.components.schemas = Object.fromEntries(Object.entries(all).filter(([name]) => used.has(name)));
  }
}
