import { type PersonRole, PERSON_ROLES } from '@chargecast/network';
import { z } from 'zod';

import { type Metrics } from './metrics';
import { RestError } from './problems';
import { Answer, ANYONE, type Route, route } from './route';
import { named } from './schemas';

/** What must hold for the service to do its work. */
export interface Check {
  /** Kebab-case. */
  readonly name: string;
  /** @returns why it does not hold; undefined if it does */
  readonly fault: () => Promise<string | undefined> | string | undefined;
}

const healthSchema = named('Health', z.object({ status: z.literal('ok') }));
const readinessSchema = named('Readiness', z.object({ status: z.literal('ready'), checks: z.array(z.string()) }));
const meSchema = named(
  'Me',
  z.object({ id: z.string(), role: z.enum(PERSON_ROLES), at: z.string(), name: z.string(), service: z.string() }),
);
const READERS_OF_METRICS: readonly PersonRole[] = ['monitor', 'operator'];

/** What every service serves besides its own. */
export function standingRoutes(
  service: string,
  checks: readonly Check[],
  metrics: Metrics,
  document: () => unknown,
): Route[] {
  return [
    route({
      method: 'GET',
      path: '/healthz',
      operationId: 'getHealth',
      summary: 'The process answers',
      tag: 'service',
      roles: ANYONE,
      reply: { status: 200, description: 'It does.', schema: healthSchema },
      handle: () => Promise.resolve({ status: 'ok' }),
    }),
    route({
      method: 'GET',
      path: '/readyz',
      operationId: 'getReadiness',
      summary: 'The service can do its work',
      description: 'Otherwise 503 E_NOT_READY, with what is missing under `errors`.',
      tag: 'service',
      roles: ANYONE,
      reply: { status: 200, description: 'It can.', schema: readinessSchema },
      handle: () => readiness(checks),
    }),
    route({
      method: 'GET',
      path: '/metrics',
      operationId: 'getMetrics',
      summary: 'Figures for Prometheus',
      tag: 'service',
      roles: READERS_OF_METRICS,
      reply: { status: 200, description: 'Text exposition format.', media: { 'text/plain': z.string() } },
      handle: async () => new Answer(await metrics.text(), { type: metrics.contentType }),
    }),
    route({
      method: 'GET',
      path: '/v1/me',
      operationId: 'getMe',
      summary: 'Whom the certificate names, and which service this is',
      tag: 'service',
      roles: PERSON_ROLES,
      reply: { status: 200, description: 'The caller.', schema: meSchema },
      handle: ({ person: { id, role, at, name } }) => Promise.resolve({ id, role, at, name, service }),
    }),
    route({
      method: 'GET',
      path: '/v1/openapi.json',
      operationId: 'getOpenapi',
      summary: 'This document',
      tag: 'service',
      roles: PERSON_ROLES,
      reply: { status: 200, description: 'OpenAPI 3.1.', schema: z.record(z.string(), z.unknown()) },
      handle: () => Promise.resolve(document()),
    }),
  ];
}

async function readiness(checks: readonly Check[]): Promise<unknown> {
  const faults = await Promise.all(checks.map(async ({ name, fault }) => ({ at: name, message: await fault() })));
  const errors = faults.flatMap(({ at, message }) => (message === undefined ? [] : [{ at, message }]));
  if (errors.length === 0) return { status: 'ready', checks: checks.map(({ name }) => name) };
  throw new RestError(503, 'E_NOT_READY', 'something this service needs is missing: see errors', {
    errors,
    headers: { 'retry-after': '2' },
  });
}
