import { request } from 'node:http';
import { join } from 'node:path';

import { type Person } from '@chargecast/network';
import { z } from 'zod';

import { silentLogger } from '../common/log';
import { openStore, type Store } from '../store';
import { route, type RunningRest, startRest } from './index';
import { type RunningProxy, startProxy } from './pages-proxy';
import { TestPeople } from './testing/people';

const OPERATOR: Person = { role: 'operator', at: 'svc1', name: '1' };

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

describe('the proxy that presents a certificate', () => {
  let people: TestPeople;
  let store: Store;
  let rest: RunningRest;
  let proxy: RunningProxy;

  beforeAll(async () => {
    people = await TestPeople.make();
    store = await openStore(join(people.directory, 'store'));
    rest = (await startRest(
      {
        name: 'svc1',
        log: silentLogger(),
        path: (file) => file,
        store,
        title: 'Test',
        description: 'A service of a test.',
        routes: [
          route({
            method: 'POST',
            path: '/v1/echo',
            operationId: 'echo',
            summary: 'Echo',
            tag: 'test',
            roles: ['operator'],
            body: z.strictObject({ text: z.string() }),
            reply: { status: 200, description: 'The same.', schema: z.object({ text: z.string(), by: z.string() }) },
            handle: ({ body: { text }, person }) => Promise.resolve({ text, by: person.id }),
          }),
        ],
        checks: [],
        gauges: [],
      },
      await people.restConfig('svc1'),
    )) as RunningRest;
  });
  beforeEach(async () => {
    const { keyPem, certificatePem } = await people.certificate(OPERATOR);
    proxy = await startProxy({
      service: rest.url,
      key: Buffer.from(keyPem),
      cert: Buffer.from(certificatePem),
      ca: Buffer.from(people.authority.certificatePem),
      port: 0,
      home: '/operator/',
    });
  });
  afterEach(() => proxy.close());
  afterAll(async () => {
    await rest.close();
    await store.close();
    await people.remove();
  });

  function ask(path: string, headers: Record<string, string> = {}, body?: unknown): Promise<Answered> {
    const method = body === undefined ? 'GET' : 'POST';
    const host = `127.0.0.1:${proxy.port}`;
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: proxy.port, path, method, headers: { host, ...type, ...headers } };
      const sent = request(options, (reply) => {
        let text = '';
        reply.on('data', (part: Buffer) => (text += part.toString('utf8')));
        reply.on('end', () => resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body: text }));
      });
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  async function enter(home: string): Promise<string> {
    const { status, headers } = await ask(new URL(proxy.entrance).pathname);
    expect([status, headers.location]).toEqual([303, home]);
    const [cookie] = headers['set-cookie'] as string[];
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict; Path=\/$/);
    return (cookie as string).split(';')[0] as string;
  }

  it('passes on what bears the cookie, as the person', async () => {
    const cookie = await enter('/operator/');
    const answer = await ask('/v1/echo', { cookie, origin: `http://127.0.0.1:${proxy.port}` }, { text: 'hello' });
    expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { text: 'hello', by: 'operator-svc1-1' }]);
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
    expect(answer.headers['strict-transport-security']).toBeUndefined();
  });

  it('lets nobody in without the cookie, or with its token again', async () => {
    const cookie = await enter('/operator/');
    const refused = await Promise.all([
      ask('/v1/me'),
      ask('/v1/me', { cookie: `${cookie}x` }),
      ask(new URL(proxy.entrance).pathname),
      ask('/enter/guessed'),
    ]);
    expect(refused.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    expect((await ask('/v1/me', { cookie })).status).toBe(200);
  });

  it('refuses another page, and another name for this machine', async () => {
    const cookie = await enter('/operator/');
    const fromElsewhere = await ask('/v1/echo', { cookie, origin: 'https://elsewhere.example' }, { text: 'a' });
    const rebound = await ask('/v1/me', { cookie, host: `elsewhere.example:${proxy.port}` });
    expect([fromElsewhere.status, rebound.status]).toEqual([403, 421]);
  });

  it('says so when the service is away', async () => {
    const away = await startProxy({
      service: 'https://127.0.0.1:1',
      key: Buffer.from((await people.certificate(OPERATOR)).keyPem),
      cert: Buffer.from((await people.certificate(OPERATOR)).certificatePem),
      ca: Buffer.from(people.authority.certificatePem),
      port: 0,
    });
    await proxy.close();
    proxy = away;
    const answer = await ask('/v1/me', { cookie: await enter('/') });
    expect([answer.status, (JSON.parse(answer.body) as { code: string }).code]).toEqual([502, 'E_UNREACHABLE']);
  });
});
