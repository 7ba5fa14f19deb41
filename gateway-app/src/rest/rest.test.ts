import { X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { join } from 'node:path';

import { type Person } from '@chargecast/network';
import { z } from 'zod';

import { CodedError } from '../common/errors';
import { type RestConfig } from '../common/config';
import { silentLogger } from '../common/log';
import { openStore, type Store } from '../store';
import {
  accepted,
  acceptedReply,
  after,
  csvAnswer,
  Cursors,
  EVENT_STREAM,
  EventLog,
  eventsAnswer,
  orCsv,
  page,
  pageQuery,
  type RunningRest,
  type Route,
  route,
  startRest,
  StreamSeats,
  wantsCsv,
} from './index';
import { askWith, TestPeople } from './testing/people';

const OPERATOR: Person = { role: 'operator', at: 'svc1', name: '1' };
const AUDITOR: Person = { role: 'auditor', at: 'any', name: '1' };
const MONITOR: Person = { role: 'monitor', at: 'any', name: '1' };

const numberSchema = z.object({ number: z.int() });
const numbers = Array.from({ length: 25 }, (_, number) => ({ number }));
const place = ({ number }: { number: number }): string => String(number).padStart(6, '0');

describe('the REST base', () => {
  let people: TestPeople;
  let store: Store;
  let rest: RunningRest;
  let ready: string | undefined;
  let done: string[];
  let failing: Error | undefined;
  const log = new EventLog(4);

  beforeAll(async () => {
    people = await TestPeople.make();
    store = await openStore(join(people.directory, 'store'));
    rest = await start(await people.restConfig('svc1'));
  });
  beforeEach(() => {
    done = [];
    failing = undefined;
    ready = undefined;
  });
  afterAll(async () => {
    await rest.close();
    await store.close();
    await people.remove();
  });

  async function start(config: RestConfig, more: readonly Route[] = []): Promise<RunningRest> {
    const running = await startRest(
      {
        name: 'svc1',
        log: silentLogger(),
        path: (file) => file,
        store: store.sub('rest'),
        title: 'Test',
        description: 'A service of a test.',
        routes: [...(await testRoutes()), ...more],
        checks: [{ name: 'store', fault: () => ready }],
        gauges: [
          {
            name: 'chargecast_test',
            help: 'A figure',
            labels: ['state'],
            read: () => [{ value: 7, labels: { state: 'open' } }],
          },
          { name: 'chargecast_test_total', help: 'A count', read: () => 3 },
        ],
      },
      config,
    );
    return running as RunningRest;
  }

  async function testRoutes(): Promise<Route[]> {
    const cursors = await Cursors.open(store.sub('cursors'));
    const seats = new StreamSeats(4, 2);
    return [
      route({
        method: 'GET',
        path: '/v1/numbers',
        operationId: 'listNumbers',
        summary: 'Numbers',
        tag: 'numbers',
        roles: ['operator', 'auditor'],
        query: z.strictObject({ ...pageQuery, format: z.enum(['json', 'csv']).optional() }),
        reply: { status: 200, description: 'Some.', schema: page(numberSchema), media: orCsv(z.string()) },
        handle: async (call) => {
          const found = await cursors.page('numbers', call.query, after(numbers, place), place);
          if (!wantsCsv(call)) return found;
          return csvAnswer<{ number: number }>(
            { number: ({ number }) => number, formula: () => '=1,"2"' },
            found,
            '/v1/numbers',
            call.query,
          );
        },
      }),
      route({
        method: 'POST',
        path: '/v1/numbers/:number/things',
        operationId: 'addThings',
        summary: 'Adds',
        tag: 'numbers',
        roles: ['operator'],
        idempotent: true,
        params: z.strictObject({ number: z.string().regex(/^\d+$/) }),
        body: z.strictObject({ things: z.array(z.string().max(8)).min(1) }),
        reply: acceptedReply,
        handle: ({ seed, body }) => {
          if (failing) return Promise.reject(failing);
          done.push(seed);
          const progress = { things: body.things.length };
          return Promise.resolve(
            accepted({ id: seed, kind: 'things', state: 'running', createdAt: new Date(0).toISOString(), progress }),
          );
        },
      }),
      route({
        method: 'PUT',
        path: '/v1/numbers/:number/mark',
        operationId: 'mark',
        summary: 'Marks',
        tag: 'numbers',
        roles: ['operator'],
        params: z.strictObject({ number: z.string().regex(/^\d+$/) }),
        reply: { status: 204, description: 'Marked.' },
        handle: () => Promise.resolve(),
      }),
      route({
        method: 'GET',
        path: '/v1/events',
        operationId: 'followEvents',
        summary: 'Live',
        tag: 'events',
        roles: ['operator'],
        reply: { status: 200, description: 'Events.', media: { [EVENT_STREAM]: z.string() } },
        handle: (call) => Promise.resolve(eventsAnswer(call, log, seats)),
      }),
    ];
  }

  const things = (body: unknown, key = 'key-00000001', person: Person = OPERATOR) =>
    people.ask(`${rest.url}/v1/numbers/3/things`, person, {
      method: 'POST',
      body,
      headers: key === '' ? {} : { 'idempotency-key': key },
    });

  const refused = { status: expect.any(Number) as number, type: expect.stringMatching(/^\/problems\/E_/) as string };

  it('refuses by default: no certificate, another authority, another role, another service', async () => {
    const url = `${rest.url}/v1/numbers`;
    const stranger = await TestPeople.make();
    const none = await people.ask(url, undefined);
    expect(none.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect([none.status, none.json().code]).toEqual([401, 'E_UNAUTHENTICATED']);
    const foreign = await stranger.tls(OPERATOR);
    const answered = await askWith(url, { ...foreign, ca: people.authority.certificatePem }, {});
    expect([answered.status, answered.json().code]).toEqual([401, 'E_UNAUTHENTICATED']);
    const monitor = await people.ask(url, MONITOR);
    expect([monitor.status, monitor.json().code]).toEqual([403, 'E_FORBIDDEN']);
    const elsewhere = await people.ask(url, { ...OPERATOR, at: 'svc2' });
    expect([elsewhere.status, elsewhere.json().code]).toEqual([403, 'E_FORBIDDEN']);
    expect((await people.ask(url, AUDITOR)).status).toBe(200);
    await stranger.remove();
  });

  it('does not start with a route that declares nobody', async () => {
    const open = { ...(await testRoutes())[0], operationId: 'open', path: '/v1/open', roles: [] } as Route;
    await expect(start(await people.restConfig('svc1'), [open])).rejects.toMatchObject({ code: 'E_REST_ROLES' });
  });

  it('refuses a withdrawn certificate from then on', async () => {
    const config = await people.restConfig('svc1');
    const removed = join(people.directory, 'removed-here.json');
    await writeFile(removed, '[]');
    const other = await start({ ...config, removed });
    const leaver: Person = { ...OPERATOR, name: 'leaver' };
    expect((await people.ask(`${other.url}/v1/numbers`, leaver)).status).toBe(200);
    const serial = new X509Certificate((await people.certificate(leaver)).certificatePem).serialNumber.toLowerCase();
    await writeFile(
      removed,
      JSON.stringify([{ serial, id: 'operator-svc1-leaver', removedAt: new Date().toISOString() }]),
    );
    const deadline = Date.now() + 30_000;
    let answer = await people.ask(`${other.url}/v1/numbers`, leaver);
    while (answer.status === 200 && Date.now() < deadline) answer = await people.ask(`${other.url}/v1/numbers`, leaver);
    expect([answer.status, answer.json().code]).toEqual([401, 'E_PERSON_REMOVED']);
    expect((await people.ask(`${other.url}/v1/numbers`, OPERATOR)).status).toBe(200);
    await other.close();
  });

  it('answers every misuse with a problem and a code of its own', async () => {
    const ask = (path: string, more: object = {}) => people.ask(`${rest.url}${path}`, OPERATOR, more);
    const found = await Promise.all([
      ask('/v1/nothing'),
      ask('/v1/numbers', { method: 'DELETE' }),
      ask('/v1/numbers', { method: 'QUERY' }),
      ask('/v1/numbers?limit=0'),
      ask('/v1/numbers?limit=5&other=1'),
      ask('/v1/numbers?cursor=AAAA'),
      ask('/v1/%zz'),
      ask('/v1/numbers/3/things', { method: 'POST', body: '{', headers: { 'idempotency-key': 'key-00000009' } }),
      ask('/v1/numbers/3/things', {
        method: 'POST',
        body: 'a=1',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }),
      ask('/v1/numbers/3/things', {
        method: 'POST',
        body: { things: ['x'.repeat(70_000)] },
        headers: { 'idempotency-key': 'key-00000009' },
      }),
      ask('/v1/numbers/3/things', {
        method: 'POST',
        body: { things: [] },
        headers: { 'idempotency-key': 'key-00000009' },
      }),
      ask('/v1/numbers/3/things', { method: 'POST', body: { things: ['a'] } }),
      ask('/v1/numbers/3/things', {
        method: 'POST',
        body: { things: ['a'] },
        headers: { 'idempotency-key': 'key-00000009', origin: 'https://elsewhere.example' },
      }),
    ]);
    expect(found.map((answer) => [answer.status, answer.json().code])).toEqual([
      [404, 'E_PATH'],
      [405, 'E_METHOD'],
      [405, 'E_METHOD'],
      [400, 'E_REQUEST'],
      [400, 'E_REQUEST'],
      [400, 'E_CURSOR'],
      [400, 'E_URL'],
      [400, 'E_JSON'],
      [415, 'E_MEDIA_TYPE'],
      [413, 'E_BODY_SIZE'],
      [400, 'E_REQUEST'],
      [400, 'E_IDEMPOTENCY_KEY'],
      [403, 'E_ORIGIN'],
    ]);
    for (const answer of found) {
      expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(answer.json()).toMatchObject({ ...refused, status: answer.status });
    }
    expect(found[1]?.headers.allow).toBe('GET');
    expect(found[10]?.json().errors).toEqual([{ at: 'body/things', message: expect.any(String) as string }]);
    expect(done).toEqual([]);
  });

  it('takes a body’s type without a body where it needs none', async () => {
    const typed = { headers: { 'content-type': 'application/json' } };
    const marked = await people.ask(`${rest.url}/v1/numbers/3/mark`, OPERATOR, { method: 'PUT', ...typed });
    expect([marked.status, marked.text]).toEqual([204, '']);
    const empty = { method: 'POST', headers: { ...typed.headers, 'idempotency-key': 'key-00000010' } };
    const needed = await people.ask(`${rest.url}/v1/numbers/3/things`, OPERATOR, empty);
    expect([needed.status, needed.json().code]).toEqual([400, 'E_REQUEST']);
  });

  it('tells nothing of a failure without a code', async () => {
    failing = new Error('the secret key is opensesame');
    const answer = await things({ things: ['a'] }, 'key-00000100');
    expect(answer.status).toBe(500);
    expect(answer.text).not.toMatch(/opensesame|secret/);
    failing = new CodedError('E_OCPP_SCHEMA', 'command 0: no such member');
    const coded = await things({ things: ['a'] }, 'key-00000101');
    expect([coded.status, coded.json().detail]).toEqual([422, 'command 0: no such member']);
  });

  it('pages through a list with cursors nobody else makes', async () => {
    const seen: number[] = [];
    let next: string | null = '';
    while (next !== null) {
      const url = `${rest.url}/v1/numbers?limit=10${next === '' ? '' : `&cursor=${next}`}`;
      const got: { items: { number: number }[]; next: string | null } = (await people.ask(url, OPERATOR)).json();
      seen.push(...got.items.map(({ number }) => number));
      next = got.next;
    }
    expect(seen).toEqual(numbers.map(({ number }) => number));
    const { next: own } = (await people.ask(`${rest.url}/v1/numbers?limit=1`, OPERATOR)).json<{ next: string }>();
    const forged = Buffer.from(own, 'base64url');
    forged[forged.length - 1] = (forged[forged.length - 1] as number) ^ 1;
    const answer = await people.ask(`${rest.url}/v1/numbers?cursor=${forged.toString('base64url')}`, OPERATOR);
    expect([answer.status, answer.json().code]).toEqual([400, 'E_CURSOR']);
  });

  it('gives a list as CSV, formulas as text', async () => {
    const byQuery = await people.ask(`${rest.url}/v1/numbers?limit=2&format=csv`, OPERATOR);
    const byAccept = await people.ask(`${rest.url}/v1/numbers?limit=2`, OPERATOR, { headers: { accept: 'text/csv' } });
    expect(byQuery.text).toBe('number,formula\r\n0,"\'=1,""2"""\r\n1,"\'=1,""2"""\r\n');
    expect(byAccept.text).toBe(byQuery.text);
    expect(byQuery.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(byQuery.headers.link).toContain('rel="next"');
  });

  it('does what has the same idempotency key once, and refuses another request under it', async () => {
    const key = 'key-00000200';
    const answers = await Promise.all([things({ things: ['a'] }, key), things({ things: ['a'] }, key)]);
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    expect(answers[0]?.text).toBe(answers[1]?.text);
    expect(answers[0]?.headers.location).toBe(`/v1/operations/${answers[0]?.json().id as string}`);
    expect(answers[1]?.headers.location).toBe(answers[0]?.headers.location);
    expect(done).toHaveLength(1);
    const other = await things({ things: ['b'] }, key);
    expect([other.status, other.json().code]).toEqual([422, 'E_IDEMPOTENCY_REUSED']);
    const somebodyElse = await things({ things: ['b'] }, key, { ...OPERATOR, name: '2' });
    expect(somebodyElse.status).toBe(202);
    await rest.close();
    rest = await start(await people.restConfig('svc1'));
    expect((await things({ things: ['a'] }, key)).text).toBe(answers[0]?.text);
    expect(done).toHaveLength(2);
  });

  it('runs a request that failed within the service again with the same seed', async () => {
    const key = 'key-00000300';
    failing = new Error('power cut');
    expect((await things({ things: ['a'] }, key)).status).toBe(500);
    failing = undefined;
    expect((await things({ things: ['b'] }, key)).json().code).toBe('E_IDEMPOTENCY_REUSED');
    expect((await things({ things: ['a'] }, key)).status).toBe(202);
    expect(done).toHaveLength(1);
  });

  it('streams events, resumes after the last one seen and says when some were lost', async () => {
    const first = await follow(undefined, 2, () => ['a', 'b'].forEach((type) => log.publish(type, { n: 1 })));
    expect(first.map(({ event }) => event)).toEqual(['a', 'b']);
    log.publish('c', {});
    const resumed = await follow(first[0]?.id, 2);
    expect(resumed.map(({ event }) => event)).toEqual(['b', 'c']);
    for (let more = 0; more < 9; more++) log.publish('d', {});
    expect((await follow(first[0]?.id, 1))[0]?.event).toBe('reset');
    expect((await follow('00000000-3', 1))[0]?.event).toBe('reset');
  });

  /** Reads so many events, then leaves. @param open called when the stream is open */
  async function follow(
    lastId: string | undefined,
    count: number,
    open = (): void => undefined,
  ): Promise<{ id: string; event: string }[]> {
    const tls = await people.tls(OPERATOR);
    const headers = lastId === undefined ? {} : { 'last-event-id': lastId };
    return new Promise((resolve, reject) => {
      const sent = get(`${rest.url}/v1/events`, { ...tls, agent: false, headers }, (response) => {
        let text = '';
        let isOpen = false;
        response.on('data', (part: Buffer) => {
          text += part.toString('utf8');
          if (!isOpen) open();
          isOpen = true;
          const found = [...text.matchAll(/id: (\S+)\nevent: (\S+)\ndata: .*\n\n/g)];
          if (found.length < count) return;
          sent.destroy();
          resolve(found.map(([, id, event]) => ({ id: id as string, event: event as string })));
        });
      });
      sent.on('error', reject);
    });
  }

  it('says whether it lives and can work, to anyone', async () => {
    expect((await people.ask(`${rest.url}/healthz`, undefined)).json()).toEqual({ status: 'ok' });
    expect((await people.ask(`${rest.url}/readyz`, undefined)).json()).toEqual({ status: 'ready', checks: ['store'] });
    ready = 'the store is closed';
    const answer = await people.ask(`${rest.url}/readyz`, undefined);
    expect(answer.status).toBe(503);
    expect(answer.json()).toMatchObject({ code: 'E_NOT_READY', errors: [{ at: 'store', message: ready }] });
  });

  it('gives its figures to monitors, by route pattern', async () => {
    await things({ things: ['a'] }, 'key-00000400');
    const answer = await people.ask(`${rest.url}/metrics`, MONITOR);
    expect(answer.text).toContain('# TYPE chargecast_test gauge\nchargecast_test{state="open"} 7');
    expect(answer.text).toContain('# TYPE chargecast_test_total counter\nchargecast_test_total 3');
    expect(answer.text).toMatch(
      /chargecast_http_requests_total\{method="POST",route="\/v1\/numbers\/:number\/things",status="202"\} \d/,
    );
    expect((await people.ask(`${rest.url}/metrics`, AUDITOR)).status).toBe(403);
  });

  it('limits the requests of each person', async () => {
    const other = await start(await people.restConfig('svc1', { rateLimit: { requests: 3, seconds: 600 } }));
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) statuses.push((await people.ask(`${other.url}/v1/numbers`, OPERATOR)).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    const answer = await people.ask(`${other.url}/v1/numbers`, OPERATOR);
    expect([answer.json().code, Number(answer.headers['retry-after']) > 0]).toEqual(['E_RATE_LIMIT', true]);
    expect((await people.ask(`${other.url}/v1/numbers`, AUDITOR)).status).toBe(200);
    await other.close();
  });

  it('lets a page of this service write, and sets a strict content policy', async () => {
    const answer = await people.ask(`${rest.url}/v1/numbers/3/things`, OPERATOR, {
      method: 'POST',
      body: { things: ['a'] },
      headers: { 'idempotency-key': 'key-00000500', origin: rest.url },
    });
    expect(answer.status).toBe(202);
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
  });

  it('documents its routes from the schemas that validate', async () => {
    interface Operation {
      readonly 'x-roles': string[];
      readonly responses: Record<string, unknown>;
    }
    const document = (await people.ask(`${rest.url}/v1/openapi.json`, AUDITOR)).json<{
      openapi: string;
      paths: Record<string, Record<string, Operation>>;
      components: { schemas: Record<string, unknown> };
    }>();
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths).sort()).toEqual(
      [
        '/healthz',
        '/metrics',
        '/readyz',
        '/v1/events',
        '/v1/me',
        '/v1/numbers',
        '/v1/numbers/{number}/mark',
        '/v1/numbers/{number}/things',
        '/v1/openapi.json',
      ].sort(),
    );
    expect(document.paths['/v1/numbers']?.get?.['x-roles']).toEqual(['operator', 'auditor']);
    expect(Object.keys(document.components.schemas).sort()).toEqual([
      'Health',
      'Me',
      'Operation',
      'Problem',
      'Readiness',
    ]);
  });
});
