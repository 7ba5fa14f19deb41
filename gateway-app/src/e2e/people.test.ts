/** The services as people and their programs use them: over HTTPS, by role. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Person, PERSON_ROLES } from '@chargecast/network';
import { fromHex, SIGMA_TREE, verifyInclusion } from '@chargecast/signcryption';

import { judgeSigma } from '../audit';
import { pileAddresses } from '../deployment';
import { ROOT } from '../deployment/root';
import { parseTrust } from '../ledger';
import { parseBlock } from '../ledger/block';
import { Follower } from '../rest/testing/follower';
import { type Client } from '../rpc';
import { FLEET, SESSIONS } from './testing/small-fleet';
import { AUDITOR, MONITOR, operatorOf, PeopleSite } from './testing/people-site';

const PATIENCE = 600_000;
const SERVICES = ['csc1', 'css1', 'esp1', 'kgc'] as const;
const OPERATOR = operatorOf('csc1');

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly 'x-roles': readonly string[] }>>>>;
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
      const follower = await Follower.start(`${site.urlOf('csc1')}/v1/events`, await site.tls(OPERATOR));

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
      expect(follower.events.map(({ type, data }) => [type, data['id']])).toContainEqual(['command', id]);
      follower.stop();
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
      const bytes = (path: string): Promise<Uint8Array> => site.ask(service, path, person).then((got) => got.bytes);
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

  /** Who asks, and what the answer must be where a route does not name its role. */
  const strangers = (service: string): readonly (readonly [string, Person | undefined, number])[] => [
    ['nobody', undefined, 401],
    ...PERSON_ROLES.map((role) => [role, { role, at: service, name: 'stranger' }, 403] as const),
  ];

  it.each(SERVICES.flatMap((service) => strangers(service).map((who) => [service, ...who] as const)))(
    'at %s, %s is refused every route that is not for it',
    async (service, role, person, expected) => {
      const wrong: string[] = [];
      const routes = await routesOf(service);
      expect(routes.length).toBeGreaterThan(5);
      for (const { method, path, roles } of routes) {
        if (roles.includes(role)) continue;
        const { status } = await site.ask(service, path.replace(/\{[^}]+\}/g, 'x'), person, { method });
        if (status !== expected) wrong.push(`${method} ${path}: ${status}`);
      }
      expect(wrong).toEqual([]);
    },
    PATIENCE,
  );

  it.each(SERVICES)(
    'at %s, another service’s people are refused every route, whatever their role',
    async (service) => {
      for (const { method, path, roles } of await routesOf(service)) {
        const role = PERSON_ROLES.find((each) => roles.includes(each)) as Person['role'];
        const person = { role, at: 'another', name: '1' };
        const { status } = await site.ask(service, path.replace(/\{[^}]+\}/g, 'x'), person, { method });
        expect([role, method, path, status]).toEqual([role, method, path, 403]);
      }
    },
    PATIENCE,
  );

  interface Described {
    readonly method: string;
    readonly path: string;
    readonly roles: readonly string[];
  }

  /** All that are not open to anyone. */
  async function routesOf(service: string): Promise<Described[]> {
    return Object.entries((await documentOf(service)).paths)
      .flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => ({
          method: method.toUpperCase(),
          path,
          roles: operation['x-roles'],
        })),
      )
      .filter(({ roles }) => !roles.includes('anyone'));
  }

  it(
    'who watch figures learn of no vehicle, customer, pile or pseudonym',
    async () => {
      const names = FLEET.vehicles.flatMap(({ name, contract }) => [name, contract]);
      const piles = FLEET.piles.map(({ name }) => name);
      const served = new Set<string>();
      for (const service of SERVICES) {
        const { status, text } = await site.ask(service, '/metrics', MONITOR);
        expect([service, status]).toEqual([service, 200]);
        expect(text).toContain('chargecast_http_requests_total');
        expect([...names, ...piles].filter((needle) => text.includes(needle))).toEqual([]);
        for (const [, figure] of text.matchAll(/^# TYPE (\S+)/gm)) served.add(figure as string);
        const labels = [...text.matchAll(/="([^"]*)"/g)].map(([, value]) => value as string);
        expect(labels.filter((value) => /[0-9a-f]{16,}/.test(value))).toEqual([]);
        const ready = await site.ask(service, '/readyz', undefined);
        expect([service, ready.status, ready.text]).toEqual([service, 200, expect.any(String)]);
      }
      const documented = readFileSync(join(ROOT, 'docs', 'api.md'), 'utf8').matchAll(/`((?:chargecast|process)_\w+)`/g);
      expect([...served].sort()).toEqual([...new Set([...documented].map(([, figure]) => figure))].sort());
    },
    PATIENCE,
  );
});
