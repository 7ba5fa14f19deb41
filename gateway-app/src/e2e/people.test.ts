/** The services as people and their programs use them: over HTTPS, by role, held to their OpenAPI documents. */
import { execFile, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { type Person, PERSON_ROLES } from '@chargecast/network';
import { fromHex, SIGMA_TREE, verifyInclusion } from '@chargecast/signcryption';

import { judgeSigma } from '../audit';
import { pileAddresses } from '../deployment';
import { parseTrust } from '../ledger';
import { parseBlock } from '../ledger/block';
import { type Client } from '../rpc';
import { FLEET, SESSIONS } from './testing/small-fleet';
import { AUDITOR, MONITOR, operatorOf, PeopleSite } from './testing/people-site';

const PATIENCE = 600_000;
const SERVICES = ['csc1', 'css1', 'esp1', 'kgc'] as const;
const OPERATOR = operatorOf('csc1');

const SCHEMATHESIS = process.env['CHARGECAST_SCHEMATHESIS'] ?? 'schemathesis';
const hasSchemathesis = spawnSync(SCHEMATHESIS, ['--version']).status === 0;

interface Operation {
  readonly operationId: string;
  readonly 'x-roles': readonly string[];
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly required?: boolean }[];
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}
interface Command {
  readonly id: string;
  readonly stage: string;
  readonly sigmaId: string;
  readonly way: readonly { readonly stage: string }[];
}

let site: PeopleSite;
let vehicles: Client<'Vehicle'>;
let pile: string;

beforeAll(async () => {
  site = await PeopleSite.start();
  vehicles = await site.deployment.client('Vehicle', 'ev1', { role: 'ev', name: 'ev1' });
  pile = pileAddresses(site.deployment.manifest).get(SESSIONS[0]?.pile ?? '') as string;
}, PATIENCE);
afterAll(async () => {
  vehicles?.close();
  await site?.stop();
}, PATIENCE);

const documentOf = async (service: string): Promise<Document> =>
  (await site.ask(service, '/v1/openapi.json', AUDITOR)).json<Document>();

function send(body: unknown, key: string): ReturnType<PeopleSite['ask']> {
  return site.ask('csc1', '/v1/commands', OPERATOR, { method: 'POST', body, headers: { 'idempotency-key': key } });
}

const profile = (customer: string): object => ({
  customer,
  kind: 'control',
  action: 'ClearChargingProfile',
  payload: { chargingProfileId: 9 },
});

describe('people', () => {
  it(
    'follow a command from their request to the block it stands in, and verify that block with public params',
    async () => {
      const [vehicle] = FLEET.vehicles;
      const customer = vehicle?.contract ?? '';
      await site.until(
        'the provider has bound the vehicle',
        async () => (await site.ask('csc1', '/v1/vehicles', OPERATOR)).text,
        (text) => text.includes(customer),
      );
      const seen: string[] = [];
      const stream = get(
        `${site.urlOf('csc1')}/v1/events`,
        { ...(await site.tls(OPERATOR)), agent: false },
        (reply) => {
          reply.on('data', (part: Buffer) => seen.push(part.toString('utf8')));
        },
      );
      stream.on('error', () => undefined);

      const sent = await send({ commands: [profile(customer)] }, 'follow-0001');
      expect(sent.status).toBe(202);
      const again = await send({ commands: [profile(customer)] }, 'follow-0001');
      expect(again.text).toBe(sent.text);
      const operation = sent.json<{ id: string; parts: string }>();
      expect(sent.headers.location).toBe(`/v1/operations/${operation.id}`);
      const listed = (await site.ask('csc1', operation.parts, OPERATOR)).json<{ items: Command[] }>();
      expect(listed.items).toHaveLength(1);
      const [{ id }] = listed.items as [Command];

      await site.until(
        'it waits for an absent vehicle',
        async () => (await site.ask('csc1', '/v1/absent-vehicles', OPERATOR)).text,
        (text) => text.includes(customer),
      );
      await vehicles.plugIn({ vehicle: vehicle?.name ?? '', pile });
      const command = await site.until(
        'it is delivered or failed',
        async () => (await site.ask('csc1', `/v1/commands/${id}`, OPERATOR)).json<Command>(),
        ({ stage }) => stage === 'delivered' || stage === 'failed',
      );
      expect(command.way.map(({ stage }) => stage)).toEqual(
        expect.arrayContaining(['waiting', 'sealed', 'acknowledged', 'committed']),
      );
      expect((await site.ask('csc1', `/v1/operations/${operation.id}`, OPERATOR)).json().state).not.toBe('running');
      expect(seen.join('')).toContain(`"id":"${id}"`);
      stream.destroy();
      await audited(command.sigmaId);
    },
    PATIENCE,
  );

  /** As an auditor with another program would, from the gateway's and from the centre's answers. */
  async function audited(sigmaId: string): Promise<void> {
    for (const [service, person] of [
      ['css1', AUDITOR],
      ['csc1', OPERATOR],
    ] as const) {
      const read = (path: string): Promise<string> => site.ask(service, path, person).then(({ text }) => text);
      const bytes = async (path: string): Promise<Uint8Array> => {
        const { response } = await raw(service, path, person);
        return response;
      };
      const trust = parseTrust(JSON.parse(await read('/v1/trust')), 'the service');
      const sigma = JSON.parse(await read(`/v1/sigmas/${sigmaId}`)) as {
        block: number;
        index: number;
        leaves: number;
        root: string;
        path: string[];
      };
      expect(judgeSigma(trust.params, await bytes(`/v1/sigmas/${sigmaId}?format=raw`))).toEqual({
        id: sigmaId,
        holds: true,
      });
      verifyInclusion(SIGMA_TREE, fromHex(sigma.root, 64), fromHex(sigmaId, 32), {
        index: sigma.index,
        count: sigma.leaves,
        path: sigma.path.map((node) => fromHex(node, 64)),
      });
      const { common } = await import('@hyperledger/fabric-protos');
      const block = parseBlock(
        common.Block.deserializeBinary(await bytes(`/v1/blocks/datachain/${sigma.block}?format=raw`)),
      );
      const next = JSON.parse(await read(`/v1/blocks/datachain/${sigma.block}`)) as { hash: string };
      expect(Buffer.from(block.hash).toString('hex')).toBe(next.hash);
    }
  }

  async function raw(service: string, path: string, person: Person): Promise<{ readonly response: Uint8Array }> {
    const tls = await site.tls(person);
    return new Promise((resolve, reject) => {
      get(`${site.urlOf(service)}${path}`, { ...tls, agent: false }, (reply) => {
        const parts: Buffer[] = [];
        reply.on('data', (part: Buffer) => parts.push(part));
        reply.on('end', () => resolve({ response: new Uint8Array(Buffer.concat(parts)) }));
      }).on('error', reject);
    });
  }

  it(
    'curtail every pile and lift it again',
    async () => {
      const key = { 'idempotency-key': 'curtail-0001' };
      const curtailed = await site.ask('csc1', '/v1/curtailments', OPERATOR, {
        method: 'POST',
        body: { limitW: 3_000 },
        headers: key,
      });
      expect(curtailed.status).toBe(202);
      const { id } = curtailed.json<{ id: string }>();
      const lifted = await site.ask('csc1', `/v1/curtailments/${id}`, OPERATOR, { method: 'DELETE', headers: key });
      expect([lifted.status, lifted.json().kind]).toEqual([202, 'lift']);
      const { items } = (await site.ask('csc1', '/v1/curtailments', OPERATOR)).json<{
        items: { id: string; piles: string[]; liftedAt: string | null }[];
      }>();
      expect(items).toEqual([expect.objectContaining({ id, liftedAt: expect.any(String) as string })]);
      expect(items[0]?.piles.sort()).toEqual([...pileAddresses(site.deployment.manifest).values()].sort());
    },
    PATIENCE,
  );

  it(
    'see sessions with their cost, and export them',
    async () => {
      const [vehicle] = FLEET.vehicles;
      await vehicles.report({ vehicle: vehicle?.name ?? '', powerWatts: 7_000, energyWh: 1_200 });
      const { items } = await site.until(
        'the vehicle’s report has come',
        async () =>
          (await site.ask('csc1', '/v1/sessions?state=open', OPERATOR)).json<{
            items: { transaction: string; customer: string; energyWh: number | null; runningMinor: number | null }[];
          }>(),
        ({ items: [first] }) => first?.energyWh === 1_200,
      );
      const [open] = items;
      expect(open?.customer).toBe(`${vehicle?.provider}/${vehicle?.contract}`);
      expect(open?.runningMinor).toBeGreaterThan(0);
      const csv = await site.ask('csc1', '/v1/sessions?state=open&format=csv', OPERATOR);
      expect(csv.text.split('\r\n')[1]).toContain(open?.transaction);
    },
    PATIENCE,
  );

  it(
    'of every role, and without one, are refused every route that does not name their role',
    async () => {
      const wrong: string[] = [];
      let tried = 0;
      for (const service of SERVICES) {
        const { paths } = await documentOf(service);
        for (const [path, operations] of Object.entries(paths)) {
          for (const [method, operation] of Object.entries(operations)) {
            const roles = operation['x-roles'];
            if (roles.includes('anyone')) continue;
            const asked = path.replace(/\{[^}]+\}/g, 'x');
            const ask = { method: method.toUpperCase() };
            const strangers: (Person | undefined)[] = PERSON_ROLES.filter((role) => !roles.includes(role)).map(
              (role) => ({ role, at: service, name: 'stranger' }),
            );
            const foreign = { ...operatorOf('another'), role: PERSON_ROLES.find((role) => roles.includes(role)) };
            for (const person of [undefined, foreign as Person, ...strangers]) {
              const { status } = await site.ask(service, asked, person, ask);
              const expected = person ? 403 : 401;
              tried += 1;
              if (status !== expected)
                wrong.push(`${service} ${method} ${path} as ${person?.role ?? 'nobody'}: ${status}`);
            }
          }
        }
      }
      expect(wrong).toEqual([]);
      expect(tried).toBeGreaterThan(300);
    },
    PATIENCE,
  );

  it(
    'who watch figures learn of no vehicle, customer, pile or pseudonym',
    async () => {
      const names = FLEET.vehicles.flatMap(({ name, contract }) => [name, contract]);
      const piles = FLEET.piles.map(({ name }) => name);
      for (const service of SERVICES) {
        const { status, text } = await site.ask(service, '/metrics', MONITOR);
        expect([service, status]).toEqual([service, 200]);
        expect(text).toContain('chargecast_http_requests_total');
        expect([...names, ...piles].filter((needle) => text.includes(needle))).toEqual([]);
        const labels = [...text.matchAll(/="([^"]*)"/g)].map(([, value]) => value as string);
        expect(labels.filter((value) => /[0-9a-f]{16,}/.test(value))).toEqual([]);
        const ready = await site.ask(service, '/readyz', undefined);
        expect([service, ready.status, ready.text]).toEqual([service, 200, expect.any(String)]);
      }
    },
    PATIENCE,
  );

  it(
    'get documents that hold to the rules of a linter',
    async () => {
      const files = await Promise.all(
        SERVICES.map(async (service) => {
          const file = join(site.deployment.layout.directory, `${service}.openapi.json`);
          await writeFile(file, JSON.stringify(await documentOf(service)));
          return file;
        }),
      );
      const linter = join(__dirname, '..', 'rest', 'testing', 'lint-openapi.mjs');
      const { stdout } = await promisify(execFile)(process.execPath, [linter, ...files]);
      expect(stdout).toBe('');
    },
    PATIENCE,
  );

  const tried = hasSchemathesis ? it : it.skip;
  tried.each(SERVICES)(
    '%s answers what a property-based tester invents as its document says, and never with a 5xx (needs schemathesis)',
    async (service) => {
      const person = operatorOf(service);
      await site.tls(person);
      const { key, cert, ca } = peopleFiles(person);
      const report = await promisify(execFile)(
        SCHEMATHESIS,
        [
          ...['run', `${site.urlOf(service)}/v1/openapi.json`, '--no-color'],
          ...['--request-cert', cert, '--request-cert-key', key, '--tls-verify', ca],
          '--checks=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance',
          ...['--phases', 'coverage,fuzzing', '--max-examples', '5', '--rate-limit', '1000/m', '--seed', '1'],
          // A stream of events never ends.
          ...['--exclude-path', '/v1/events'],
        ],
        { cwd: site.deployment.layout.directory, maxBuffer: 16 * 1024 * 1024 },
      ).then(
        () => '',
        (error: { stdout?: string; message: string }) => error.stdout ?? error.message,
      );
      expect(report).toBe('');
    },
    PATIENCE,
  );

  function peopleFiles(person: Person): { readonly key: string; readonly cert: string; readonly ca: string } {
    const own = join(site.deployment.layout.people, `${person.role}-${person.at}-${person.name}`);
    return { key: join(own, 'key.pem'), cert: join(own, 'cert.pem'), ca: join(own, 'ca.pem') };
  }
});
