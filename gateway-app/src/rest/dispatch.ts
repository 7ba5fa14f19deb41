import { randomBytes } from 'node:crypto';

import { canonicalJson, type Json } from '@chargecast/protocol';
import { type FastifyReply, type FastifyRequest } from 'fastify';

import { type Idempotency, type KeptAnswer } from './idempotency';
import { type Caller } from './people';
import { Answer, type Call, type Route } from './route';

export interface Dispatch {
  readonly idempotency: Idempotency;
  readonly stopping: AbortSignal;
  readonly callerOf: (request: FastifyRequest) => Caller;
}

/** The framework's handler of a route: makes the call, answers what it gives. */
export function handlerOf(
  route: Route,
  { idempotency, stopping, callerOf }: Dispatch,
): (request: FastifyRequest, reply: FastifyReply) => Promise<unknown> {
  return async (request, reply) => {
    const person = callerOf(request);
    const call: Omit<Call, 'seed'> = {
      params: request.params,
      query: request.query,
      body: request.body,
      person,
      signal: AbortSignal.any([stopping, goneSignal(reply)]),
      lastEventId: header(request, 'last-event-id'),
      wants: (mediaType) => (request.headers.accept ?? '').includes(mediaType),
    };
    if (!route.idempotent) {
      return send(reply, route, await route.handle({ ...call, seed: freshSeed() }));
    }
    const { role, at, name } = person;
    const key = [role, at, name, route.operationId, header(request, 'idempotency-key')].join(' ');
    const asked = canonicalJson({ params: call.params, query: call.query, body: call.body ?? null } as Json);
    const { status, headers, body } = await idempotency.run(key, asked, async (seed) =>
      kept(route, await route.handle({ ...call, seed })),
    );
    return reply.code(status).headers(headers).send(body);
  };
}

function kept(route: Route, result: unknown): KeptAnswer {
  const { body, headers } = result instanceof Answer ? result : new Answer(result);
  return { status: route.reply.status, headers, body };
}

function send(reply: FastifyReply, route: Route, result: unknown): FastifyReply {
  const { body, headers, type } = result instanceof Answer ? result : new Answer(result);
  reply.code(route.reply.status).headers(headers);
  if (type !== undefined) reply.type(type);
  return reply.send(body);
}

function goneSignal({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once('close', () => gone.abort());
  return gone.signal;
}

function header({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function freshSeed(): string {
  return randomBytes(32).toString('hex');
}
