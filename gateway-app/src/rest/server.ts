import { randomUUID } from 'node:crypto';
import { type AddressInfo } from 'node:net';
import { type TLSSocket } from 'node:tls';

import rateLimit from '@fastify/rate-limit';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';

import { parseAddress, type RestConfig } from '../common/config';
import { CodedError } from '../common/errors';
import { readFileCoded } from '../common/files';
import { Housekeeping } from '../common/housekeeping';
import { type Logger } from '../common/log';
import { handlerOf } from './dispatch';
import { EVENT_STREAM } from './events';
import { fromFramework } from './framework-errors';
import { Idempotency } from './idempotency';
import { Metrics } from './metrics';
import { describeApi, documentOf, schemaOf } from './openapi';
import { servePages } from './pages';
import { type Caller, People } from './people';
import { PROBLEM_TYPE, refusalOf, RestError } from './problems';
import { ANYONE, type Method, type Route } from './route';
import { refuseForeignOrigin, setSecurityHeaders } from './security-headers';
import { standingRoutes } from './standing-routes';
import { type RestService, type RunningRest } from './service';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Absent for pages, which are for every person. */
    readonly roles?: Route['roles'];
  }
}

const DEFAULT_BODY = 64 * 1024;
const PRUNE_MS = 10 * 60_000;
const METHODS: readonly Method[] = ['GET', 'POST', 'PUT', 'DELETE'];

/** @throws CodedError E_FILE_…, E_CONFIG_…, E_REST_TLS, E_REST_ROLES, E_LISTEN */
export async function serveRest(service: RestService, config: RestConfig): Promise<RunningRest> {
  const { name, log, path, store, pages = [] } = service;
  const stop = new AbortController();
  const people = await People.open(name, path(config.removed), service.ownersOf);
  const idempotency = await Idempotency.open({
    store: store.sub('idempotency', { hiddenKeys: true }),
    keepSeconds: config.idempotencySeconds,
    now: Date.now,
  });
  const metrics = new Metrics(service.gauges);
  const app = await openApp(config, path);
  const callers = new WeakMap<FastifyRequest, Caller>();
  let made: unknown;
  const document = (): unknown => (made ??= documentOf(app, routes));
  const routes = [...standingRoutes(name, service.checks, metrics, document), ...service.routes];
  routes.forEach(checkRoles);

  await limitRate(app, people, config);
  refuseAsProblems(app, log);
  observe(app, metrics);
  app.addHook('onRequest', async (request, reply) => {
    setSecurityHeaders(reply);
    const { roles } = request.routeOptions.config;
    if (roles === ANYONE) return;
    const caller = await people.admit(request.raw.socket as TLSSocket);
    if (roles && !roles.includes(caller.role)) {
      throw new RestError(403, 'E_FORBIDDEN', `not open to the role ${caller.role}`);
    }
    if (request.is404) throw unknownPath(routes, request);
    refuseForeignOrigin(request);
    callers.set(request, caller);
  });
  app.setNotFoundHandler((request) => {
    throw unknownPath(routes, request);
  });

  await describeApi(app, { title: service.title, description: service.description, version: '1' });
  const dispatch = {
    idempotency,
    stopping: stop.signal,
    callerOf: (request: FastifyRequest): Caller => callers.get(request) ?? NOBODY,
  };
  app.after(() => {
    for (const route of routes) {
      app.route({
        method: route.method,
        url: route.path,
        schema: schemaOf(route),
        config: { roles: route.roles },
        bodyLimit: route.bodyLimit ?? DEFAULT_BODY,
        handler: handlerOf(route, dispatch),
      });
    }
  });
  await servePages(app, pages);
  await app.ready();
  const { host, port } = parseAddress(config.listen);
  await listen(app, host, port);
  const pruning = new Housekeeping(PRUNE_MS, () => idempotency.prune(), log, 'old idempotency keys stay for now');
  return {
    url: urlOf(app, host),
    routes,
    document: document(),
    async close() {
      await pruning.stop();
      stop.abort();
      await app.close();
    },
  };
}

/** Calls a route that is open to anyone. */
const NOBODY: Caller = { role: 'monitor', at: '', name: '', id: '', serial: '' };

async function openApp({ tls }: RestConfig, path: (relative: string) => string): Promise<FastifyInstance> {
  const [cert, key, people] = await Promise.all(
    [tls.cert, tls.key, tls.people].map((file) => readFileCoded(path(file))),
  );
  try {
    const app = fastify({
      // A caller without a certificate gets an answer that says so, not a broken handshake.
      https: { cert, key, ca: people, requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2' },
      logger: false,
      genReqId: () => randomUUID(),
      bodyLimit: DEFAULT_BODY,
      requestTimeout: 30_000,
      exposeHeadRoutes: false,
      forceCloseConnections: true,
      return503OnClosing: false,
      routerOptions: { maxParamLength: 256 },
      frameworkErrors: (error, request, reply) => void refuse(error, request, reply),
    }) as unknown as FastifyInstance;
    app.setValidatorCompiler(validatorCompiler);
    app.setSerializerCompiler(serializerCompiler);
    app.removeContentTypeParser('text/plain');
    takeEmptyBodies(app);
    return app;
  } catch (error) {
    throw new CodedError('E_REST_TLS', 'the certificate or key in rest.tls is no PEM, or they do not belong together', {
      cause: error,
    });
  }
}

/** Programs name a body's type also where they send none; a route that needs one says so by its schema. */
function takeEmptyBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parse(request, body as string, done);
  });
}

function checkRoles({ operationId, roles }: Route): void {
  if (roles.length === 0) {
    throw new CodedError('E_REST_ROLES', `the route ${operationId} declares nobody who may call it: declare its roles`);
  }
}

async function limitRate(app: FastifyInstance, people: People, { rateLimit: limit }: RestConfig): Promise<void> {
  await app.register(rateLimit, {
    global: false,
    max: limit.requests,
    timeWindow: limit.seconds * 1000,
    enableDraftSpec: true,
    keyGenerator: ({ raw, ip }) => people.callerOf(raw.socket as TLSSocket)?.id ?? ip,
    errorResponseBuilder: (_request, { ttl }) =>
      new RestError(429, 'E_RATE_LIMIT', 'too many requests: wait as long as Retry-After says', {
        headers: { 'retry-after': String(Math.ceil(ttl / 1000)) },
      }),
  });
  app.addHook('onRequest', app.rateLimit());
}

function refuseAsProblems(app: FastifyInstance, log: Logger): void {
  app.setErrorHandler((error, request, reply) => {
    const { status } = refuse(error, request, reply);
    if (status >= 500 && status !== 503) {
      log.error({ err: error, instance: request.id, route: request.routeOptions.url }, 'a request failed');
    }
  });
}

function refuse(error: unknown, { id }: FastifyRequest, reply: FastifyReply): { readonly status: number } {
  const { problem, headers } = refusalOf(fromFramework(error), id);
  void reply.code(problem.status).headers(headers).type(PROBLEM_TYPE).send(JSON.stringify(problem));
  return problem;
}

function observe(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onResponse', (request, reply, done) => {
    const isStream = String(reply.getHeader('content-type') ?? '').startsWith(EVENT_STREAM);
    const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none');
    metrics.answered(request.method, route, reply.statusCode, isStream ? undefined : reply.elapsedTime / 1000);
    done();
  });
}

/** 405 where another method would do, else 404. */
function unknownPath(routes: readonly Route[], { method, url }: FastifyRequest): RestError {
  const path = url.split('?')[0] as string;
  const allowed = METHODS.filter((each) => routes.some((route) => route.method === each && matches(route.path, path)));
  if (allowed.length === 0) {
    return new RestError(404, 'E_PATH', 'this service has no such path: /v1/openapi.json lists what it has');
  }
  return new RestError(405, 'E_METHOD', `${method} is not for this path: it takes ${allowed.join(', ')}`, {
    headers: { allow: allowed.join(', ') },
  });
}

function matches(pattern: string, path: string): boolean {
  const parts = pattern.split('/');
  const found = path.split('/');
  return parts.length === found.length && parts.every((part, at) => part.startsWith(':') || part === found[at]);
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw new CodedError('E_LISTEN', `cannot serve people on ${host}:${port}: another process may hold the port`, {
      cause: error,
    });
  }
}

function urlOf(app: FastifyInstance, host: string): string {
  const { port } = app.server.address() as AddressInfo;
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
