/** `/v1` of a key generation centre: counts and pseudo-identities. Who is who it tells nobody here. */
import { Role, type RoleName, roleName, toHex } from '@chargecast/signcryption';
import { z } from 'zod';

import { type Replica } from '../replica';
import {
  after,
  type Check,
  Cursors,
  type GaugeSpec,
  hexBytes,
  named,
  page,
  pageQuery,
  type Route,
  route,
  time,
  timeOf,
} from '../rest';
import { type Store } from '../store';
import { type GovernanceBoard } from './governance-board';
import { type Identities } from './identities';
import { type PluggedInVehicles } from './plugged-in';
import { type Router } from './router';

export interface KgcRestParts {
  readonly store: Store;
  readonly identities: Pick<Identities, 'newest'>;
  readonly vehicles: Pick<PluggedInVehicles, 'pileOf' | 'count'>;
  readonly router: Pick<Router, 'routed' | 'refused'>;
  readonly replica: Replica;
  readonly board: GovernanceBoard;
  /** Unix seconds. */
  readonly now: () => number;
}

export const KGC_API = {
  title: 'ChargeCast key generation centre',
  description: 'Epochs, holders as counts, revocations, and what organisations are asked to sign.',
} as const;

const HOLDERS = [Role.EV, Role.CP, Role.CSS, Role.CSC] as const;
const READERS = ['operator', 'auditor'] as const;
const roleNames = HOLDERS.map(roleName) as [RoleName, ...RoleName[]];

const epochsSchema = named(
  'EpochSchedule',
  z.object({
    current: z.int(),
    version: z.int(),
    epochs: z.array(
      z.object({
        epoch: z.int(),
        accepted: z.boolean(),
        closesAt: time.nullable().describe('null while no end is announced'),
      }),
    ),
  }),
);

const holdersSchema = named(
  'HolderCount',
  z.object({
    epoch: z.int(),
    role: z.enum(roleNames),
    enrolled: z.int().describe('holders with a pseudo-identity'),
    counting: z.int().describe('records on the chain that count and are not revoked'),
    revoked: z.int(),
  }),
);

const absenceSchema = named(
  'AbsentReceivers',
  z.object({ epoch: z.int(), enrolled: z.int(), pluggedIn: z.int(), absent: z.int() }),
);

const waitingSchema = named(
  'WaitingItem',
  z.object({
    kind: z.string(),
    subject: z.string(),
    signed: z.array(z.string()),
    waitedFor: z.array(z.string()),
    since: time,
  }),
);

const revocationSchema = named(
  'RevokedRecord',
  z.object({ f: hexBytes(16).describe('pseudo-identity, as on the chain'), role: z.enum(roleNames), epoch: z.int() }),
);

export async function kgcRoutes(parts: KgcRestParts): Promise<Route[]> {
  const cursors = await Cursors.open(parts.store.sub('cursors'));
  return [...chainRoutes(parts, cursors), ...holderRoutes(parts)];
}

function chainRoutes({ replica, board, now }: KgcRestParts, cursors: Cursors): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/epochs',
      operationId: 'getEpochs',
      summary: 'Key epochs: which is current, which close when',
      tag: 'epochs',
      roles: READERS,
      reply: { status: 200, description: 'As the chain has them.', schema: epochsSchema },
      handle: () => {
        const { current, version, schedule, accepted } = replica.epochs();
        return Promise.resolve({
          current,
          version,
          epochs: schedule.map(({ epoch, closeAt }) => ({
            epoch,
            accepted: accepted.includes(epoch) && (closeAt === undefined || closeAt >= now()),
            closesAt: closeAt === undefined ? null : timeOf(closeAt * 1000),
          })),
        });
      },
    }),
    route({
      method: 'GET',
      path: '/v1/revocations',
      operationId: 'listRevocations',
      summary: 'Records that were revoked',
      tag: 'revocations',
      roles: READERS,
      query: z.strictObject(pageQuery),
      reply: { status: 200, description: 'By pseudo-identity.', schema: page(revocationSchema) },
      handle: async ({ query }) => {
        const revoked: z.output<typeof revocationSchema>[] = [];
        for await (const found of replica.records()) {
          const { f, role, epoch } = found.record;
          if (found.revoked) revoked.push({ f: toHex(f), role: roleName(role), epoch });
        }
        revoked.sort((a, b) => (a.f < b.f ? -1 : 1));
        return cursors.page('revocations', query, after(revoked, placeOf), placeOf);
      },
    }),
    route({
      method: 'GET',
      path: '/v1/governance',
      operationId: 'listWaiting',
      summary: 'What organisations are asked to sign and have not',
      description: 'Their operators decide: `css proposals`, `css approve`.',
      tag: 'governance',
      roles: READERS,
      reply: {
        status: 200,
        description: 'Oldest first; empty where nothing waits.',
        schema: z.object({ items: z.array(waitingSchema) }),
      },
      handle: () => Promise.resolve({ items: board.waiting.map((item) => ({ ...item, since: timeOf(item.since) })) }),
    }),
  ];
}

const placeOf = ({ f }: { readonly f: string }): string => f;

function holderRoutes({ identities, vehicles, replica }: KgcRestParts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/holders',
      operationId: 'countHolders',
      summary: 'Holders of keys by epoch and role, as counts',
      tag: 'holders',
      roles: READERS,
      reply: {
        status: 200,
        description: 'No name and no pseudo-identity.',
        schema: z.object({ items: z.array(holdersSchema) }),
      },
      handle: async () => {
        const items: z.output<typeof holdersSchema>[] = [];
        for (const epoch of replica.epochs().accepted) {
          for (const role of HOLDERS) items.push(await countHolders(identities, replica, role, epoch));
        }
        return { items };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/absent-receivers',
      operationId: 'countAbsent',
      summary: 'Vehicles whose messages wait because they are plugged in nowhere, as a count',
      tag: 'holders',
      roles: READERS,
      reply: { status: 200, description: 'Of the current epoch.', schema: absenceSchema },
      handle: async () => {
        const { current: epoch } = replica.epochs();
        let [enrolled, pluggedIn] = [0, 0];
        for await (const f of identities.newest(Role.EV, epoch)) {
          enrolled += 1;
          if (await vehicles.pileOf(Buffer.from(f, 'hex'))) pluggedIn += 1;
        }
        return { epoch, enrolled, pluggedIn, absent: enrolled - pluggedIn };
      },
    }),
  ];
}

async function countHolders(
  identities: KgcRestParts['identities'],
  replica: Replica,
  role: Role,
  epoch: number,
): Promise<z.output<typeof holdersSchema>> {
  const counts = { enrolled: 0, counting: 0, revoked: 0 };
  for await (const f of identities.newest(role, epoch)) counts.enrolled += f === '' ? 0 : 1;
  for await (const { revoked, keys } of replica.records({ role, epoch })) {
    if (revoked) counts.revoked += 1;
    else if (keys) counts.counting += 1;
  }
  return { epoch, role: roleName(role), ...counts };
}

export function kgcChecks({ replica, now }: KgcRestParts): Check[] {
  return [
    {
      name: 'freshness',
      fault: () => (replica.isFresh(now()) ? undefined : 'no majority confirmed the newest slots here'),
    },
  ];
}

export function kgcGauges({ vehicles, router, replica, board }: KgcRestParts): GaugeSpec[] {
  return [
    { name: 'chargecast_kgc_plugged_in', help: 'Vehicles plugged in', read: () => vehicles.count() },
    {
      name: 'chargecast_kgc_messages_total',
      help: 'σ routed and refused since the process started',
      labels: ['outcome'],
      read: () => [
        { value: router.routed, labels: { outcome: 'routed' } },
        { value: router.refused, labels: { outcome: 'refused' } },
      ],
    },
    { name: 'chargecast_kgc_governance_waiting', help: 'Items not signed yet', read: () => board.waiting.length },
    {
      name: 'chargecast_kgc_block',
      help: 'Newest block read, by channel',
      labels: ['channel'],
      read: () =>
        (['certchain', 'datachain'] as const).map((channel) => ({
          value: Number(replica.position(channel) ?? -1n),
          labels: { channel },
        })),
    },
  ];
}
