import { z } from 'zod';

import {
  after,
  columnsOf,
  csvAnswer,
  named,
  orCsv,
  page,
  pageQuery,
  type Route,
  route,
  time,
  timeOf,
  wantsCsv,
} from '../../rest';
import { type CscRoutesParts } from './parts';

const vehicleSchema = named(
  'Vehicle',
  z.object({
    customer: z.string().describe('`provider/contract`'),
    provider: z.string(),
    contract: z.string(),
    pluggedIn: z.boolean(),
    pile: z.string().nullable().describe('`process/pile`, if it announced itself here'),
    since: time.nullable(),
    waiting: z.int().describe('commands that wait for it or are on their way'),
  }),
);
type Vehicle = z.infer<typeof vehicleSchema>;

const absentSchema = named(
  'AbsentVehicle',
  z.object({
    customer: z.string().describe('as the commands name it'),
    waiting: z.int().describe('commands that wait until it plugs in'),
    since: time.describe('of the oldest'),
    expectedAction: z.string().describe('what to do'),
  }),
);
type Absent = z.infer<typeof absentSchema>;

const pileSchema = named(
  'Pile',
  z.object({
    name: z.string().describe('`process/pile`'),
    vehicles: z.int().describe('vehicles of this centre plugged in there'),
    connected: z.boolean().describe('its process reads the chain'),
    seenAt: time.nullable().describe('when its process last took a block'),
    behind: z.int().nullable().describe('blocks it has not taken yet'),
    gateway: z.string().nullable(),
  }),
);

const OPERATORS = ['operator', 'integrator'] as const;
const format = z.enum(['json', 'csv']).optional();

export function vehicleRoutes(parts: CscRoutesParts): Route[] {
  const { cursors, directory } = parts;
  return [
    route({
      method: 'GET',
      path: '/v1/vehicles',
      operationId: 'listVehicles',
      summary: 'Vehicles that providers bound to their contracts here',
      tag: 'vehicles',
      roles: OPERATORS,
      query: z.strictObject({ ...pageQuery, pluggedIn: z.enum(['true', 'false']).optional(), format }),
      reply: { status: 200, description: 'A page.', schema: page(vehicleSchema), media: orCsv(z.string()) },
      async handle(call) {
        const { pluggedIn } = call.query;
        const all = vehiclesOf(parts).filter((each) => pluggedIn === undefined || String(each.pluggedIn) === pluggedIn);
        const found = await cursors.page(
          `vehicles ${pluggedIn ?? ''}`,
          call.query,
          after(all, ({ customer }) => customer),
          ({ customer }) => customer,
        );
        return wantsCsv(call) ? csvAnswer(columnsOf(vehicleSchema), found, '/v1/vehicles', call.query) : found;
      },
    }),
    route({
      method: 'GET',
      path: '/v1/absent-vehicles',
      operationId: 'listAbsentVehicles',
      summary: 'Vehicles that commands wait for',
      tag: 'vehicles',
      roles: OPERATORS,
      query: z.strictObject({ ...pageQuery, format }),
      reply: { status: 200, description: 'A page.', schema: page(absentSchema), media: orCsv(z.string()) },
      async handle(call) {
        const found = await cursors.page(
          'absent',
          call.query,
          after(absentOf(parts), ({ customer }) => customer),
          ({ customer }) => customer,
        );
        return wantsCsv(call) ? csvAnswer(columnsOf(absentSchema), found, '/v1/absent-vehicles', call.query) : found;
      },
    }),
    route({
      method: 'GET',
      path: '/v1/piles',
      operationId: 'listPiles',
      summary: 'Piles that announced themselves here, and how fresh they are',
      tag: 'piles',
      roles: OPERATORS,
      query: z.strictObject({ ...pageQuery, format }),
      reply: { status: 200, description: 'A page.', schema: page(pileSchema), media: orCsv(z.string()) },
      async handle(call) {
        const names = directory.piles().sort();
        const { items, next } = await cursors.page(
          'piles',
          call.query,
          after(names, (name) => name),
          (name) => name,
        );
        const found = { items: await pilesOf(parts, items), next };
        return wantsCsv(call) ? csvAnswer(columnsOf(pileSchema), found, '/v1/piles', call.query) : found;
      },
    }),
  ];
}

/** A pile is as fresh as the process that reads the chain for it. */
async function pilesOf(
  { consortium, sessions, directory }: CscRoutesParts,
  names: readonly string[],
): Promise<z.infer<typeof pileSchema>[]> {
  const readers = new Map((await consortium.readers()).map((reader) => [`${reader.role} ${reader.name}`, reader]));
  const plugged = new Map<string, number>();
  for (const [, { pile }] of sessions.entries()) {
    const name = directory.pileOf(pile);
    if (name !== undefined) plugged.set(name, (plugged.get(name) ?? 0) + 1);
  }
  return names.map((name) => {
    const reader = readers.get(`cp ${name.split('/')[0]}`);
    const { connected = false, seenAt = null, behind = null, gateway = null } = reader ?? {};
    return { name, vehicles: plugged.get(name) ?? 0, connected, seenAt, behind, gateway };
  });
}

/** By customer. */
function vehiclesOf({ directory, sessions, outbox }: CscRoutesParts): Vehicle[] {
  const waiting = new Map<string, number>();
  for (const { customer } of outbox.open()) waiting.set(customer, (waiting.get(customer) ?? 0) + 1);
  return [...directory.bound()]
    .map(({ provider, contract, f, earlier }) => {
      const session = sessions.of(f) ?? (earlier && sessions.of(earlier.f));
      const customer = `${provider}/${contract}`;
      return {
        customer,
        provider,
        contract,
        pluggedIn: session !== undefined,
        pile: (session && directory.pileOf(session.pile)) ?? null,
        since: session ? timeOf(session.since * 1000) : null,
        waiting: (waiting.get(customer) ?? 0) + (waiting.get(contract) ?? 0),
      };
    })
    .sort((a, b) => (a.customer < b.customer ? -1 : 1));
}

/** By customer. */
function absentOf({ outbox }: CscRoutesParts): Absent[] {
  const found = new Map<string, { waiting: number; since: number }>();
  for (const { customer, stage, code, createdAt } of outbox.open()) {
    if (stage !== 'waiting' || code !== 'E_NOT_PLUGGED_IN') continue;
    const known = found.get(customer) ?? { waiting: 0, since: createdAt };
    found.set(customer, { waiting: known.waiting + 1, since: Math.min(known.since, createdAt) });
  }
  return [...found]
    .map(([customer, { waiting, since }]) => ({
      customer,
      waiting,
      since: timeOf(since),
      expectedAction: 'none: delivered when it plugs in, failed when they are overdue',
    }))
    .sort((a, b) => (a.customer < b.customer ? -1 : 1));
}
