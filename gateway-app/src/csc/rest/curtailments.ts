import { z } from 'zod';

import {
  accepted,
  acceptedReply,
  hexBytes,
  named,
  notFound,
  page,
  pageQuery,
  type Route,
  route,
  time,
  timeOf,
} from '../../rest';
import { getJson, orderedKey, toJson } from '../../store';
import { allot, limitCommand, siteSchema } from '../site-schedule';
import { OperationBook } from './operation-book';
import { type CscRoutesParts } from './parts';

interface KeptCurtailment {
  readonly id: string;
  readonly place: string;
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly limitW: number;
  readonly seconds: number;
  readonly piles: readonly string[];
  readonly liftedAt?: number;
}

const curtailmentSchema = named(
  'Curtailment',
  z.object({
    id: hexBytes(16).describe('its operation’s'),
    createdAt: time,
    limitW: z.int(),
    seconds: z.int().describe('0: until lifted'),
    piles: z.array(z.string()),
    liftedAt: time.nullable(),
  }),
);

const OPERATORS = ['operator', 'integrator'] as const;

/** Less power now at many piles, and limits shared within a site. */
export function curtailmentRoutes(parts: CscRoutesParts): Route[] {
  const { curtailment, operations, cursors, desk } = parts;
  const store = parts.store.sub('curtailments');
  const places = parts.store.sub('curtailment-places');

  async function keep(id: string, kept: Pick<KeptCurtailment, 'limitW' | 'seconds' | 'piles'>): Promise<void> {
    if (await getJson(store, id)) return;
    const place = orderedKey(await places.nextCounter('place'));
    const curtailed: KeptCurtailment = { id, place, createdAt: Date.now(), ...kept };
    await store.batch().put(store, id, toJson(curtailed)).put(places, place, Buffer.from(id)).commit();
  }

  async function newest(before: string | undefined, limit: number): Promise<KeptCurtailment[]> {
    const found: KeptCurtailment[] = [];
    const range = { reverse: true, limit, ...(before === undefined ? {} : { lt: before }) };
    for await (const { value } of places.entries(range)) {
      const kept = await getJson<KeptCurtailment>(store, Buffer.from(value).toString());
      if (kept) found.push(kept);
    }
    return found;
  }

  return [
    route({
      method: 'POST',
      path: '/v1/curtailments',
      operationId: 'curtail',
      summary: 'Limits charging stations at once',
      description:
        'Sealed to the piles themselves, ahead of what waits. The operation says when the stations accepted.',
      tag: 'curtailments',
      roles: OPERATORS,
      idempotent: true,
      body: z.strictObject({
        limitW: z.int().min(0).max(10_000_000).describe('of each station'),
        seconds: z.int().min(0).max(31_536_000).default(0).describe('0: until lifted'),
        piles: z.array(z.string().min(1).max(256)).max(10_000).default([]).describe('`process/pile`; none: every pile'),
      }),
      bodyLimit: 4 * 1024 * 1024,
      reply: acceptedReply,
      async handle({ body, seed }) {
        const ids = (count: number): string[] => OperationBook.commandIds(seed, count);
        const { commandIds, piles } = await curtailment.curtail({ ...body, lift: false }, ids);
        const operation = await operations.add(seed, 'curtailment', commandIds);
        await keep(operation.id, { limitW: body.limitW, seconds: body.seconds, piles });
        return accepted(await operations.shown(operation));
      },
    }),
    route({
      method: 'GET',
      path: '/v1/curtailments',
      operationId: 'listCurtailments',
      summary: 'Curtailments, newest first',
      tag: 'curtailments',
      roles: OPERATORS,
      query: z.strictObject(pageQuery),
      reply: { status: 200, description: 'A page.', schema: page(curtailmentSchema) },
      async handle({ query }) {
        const { items, next } = await cursors.page('curtailments', query, newest, ({ place }) => place);
        return { items: items.map(shown), next };
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/curtailments/:id',
      operationId: 'liftCurtailment',
      summary: 'Lifts a curtailment at its piles',
      tag: 'curtailments',
      roles: OPERATORS,
      idempotent: true,
      params: z.strictObject({ id: hexBytes(16) }),
      reply: acceptedReply,
      async handle({ params: { id }, seed }) {
        const kept = await getJson<KeptCurtailment>(store, id);
        if (!kept) throw notFound('E_CURTAILMENT_UNKNOWN', 'this centre ordered no such curtailment');
        const request = { lift: true, limitW: 0, seconds: 0, piles: kept.piles };
        const { commandIds } = await curtailment.curtail(request, (count) => OperationBook.commandIds(seed, count));
        const operation = await operations.add(seed, 'lift', commandIds);
        await store.put(id, toJson({ ...kept, liftedAt: operation.createdAt } satisfies KeptCurtailment));
        return accepted(await operations.shown(operation));
      },
    }),
    route({
      method: 'POST',
      path: '/v1/site-schedules',
      operationId: 'scheduleSite',
      summary: 'Shares a site’s limit fairly and tells each vehicle its part',
      tag: 'curtailments',
      roles: OPERATORS,
      idempotent: true,
      body: siteSchema,
      bodyLimit: 4 * 1024 * 1024,
      reply: acceptedReply,
      async handle({ body, seed }) {
        const commands = allot(body).map(limitCommand);
        const ids = OperationBook.commandIds(seed, commands.length);
        await desk.send(commands, { ids });
        return accepted(await operations.shown(await operations.add(seed, 'site-schedule', ids)));
      },
    }),
  ];
}

function shown(kept: KeptCurtailment): z.infer<typeof curtailmentSchema> {
  const { id, limitW, seconds, piles, createdAt, liftedAt } = kept;
  return {
    id,
    limitW,
    seconds,
    piles: [...piles],
    createdAt: timeOf(createdAt),
    liftedAt: liftedAt === undefined ? null : timeOf(liftedAt),
  };
}
