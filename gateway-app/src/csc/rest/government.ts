/** `/v1/government…` of a centre: how piles are used, month by month, over groups of vehicles. */
import { z } from 'zod';

import { USAGE_FORMAT, type UsageCell, type UsagePublications } from '../../data-applications';
import { csvAnswer, type Cursors, named, orCsv, page, pageQuery, type Route, route, time, wantsCsv } from '../../rest';

export interface GovernmentRouteParts {
  readonly publications: UsagePublications;
  readonly cursors: Cursors;
}

const period = z.string().regex(/^\d{4}-(?:0[1-9]|1[0-2])$/, 'must be a month as yyyy-mm');
const figures = {
  district: z.string(),
  sessions: z.int(),
  energyWh: z.int(),
  vehiclesAtLeast: z.int().describe('rounded down to a multiple of the minimum'),
  pluggedMinutes: z.int(),
};
const publicationSchema = named(
  'UsagePublication',
  z.object({
    format: z.literal(USAGE_FORMAT),
    period,
    zone: z.string().describe('whose clocks months and hours are by'),
    minimumVehicles: z.int(),
    publishedAt: time,
    cells: z.array(z.object({ ...figures, fromHour: z.int().describe('in which charging began'), toHour: z.int() })),
    activity: z.array(z.object(figures)),
    withheld: z.array(z.string()).describe('districts with too few vehicles to show, or none'),
  }),
);

const COLUMNS = {
  district: ({ district }: UsageCell) => district,
  fromHour: ({ fromHour }: UsageCell) => fromHour,
  toHour: ({ toHour }: UsageCell) => toHour,
  sessions: ({ sessions }: UsageCell) => sessions,
  energyWh: ({ energyWh }: UsageCell) => energyWh,
  pluggedMinutes: ({ pluggedMinutes }: UsageCell) => pluggedMinutes,
  vehiclesAtLeast: ({ vehiclesAtLeast }: UsageCell) => vehiclesAtLeast,
} as const;

const READERS = ['government', 'operator', 'auditor'] as const;
const TAG = 'government';

export function governmentRoutes({ publications, cursors }: GovernmentRouteParts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/government/periods',
      operationId: 'listUsage',
      summary: 'Months whose pile use is published',
      tag: TAG,
      roles: READERS,
      query: z.strictObject(pageQuery),
      reply: {
        status: 200,
        description: 'Newest first.',
        schema: page(z.object({ period, publishedAt: time, digest: z.string() })),
      },
      handle: ({ query }) =>
        cursors.page(
          'usage',
          query,
          (before, limit) => publications.list(before, limit),
          (found) => found.period,
        ),
    }),
    route({
      method: 'GET',
      path: '/v1/government/periods/:period',
      operationId: 'getUsage',
      summary: 'Pile use by district and hour, and vehicle activity, of a month',
      description: 'It never changes. No other question about use is answered, so there is nothing to compare it with.',
      tag: TAG,
      roles: READERS,
      params: z.strictObject({ period }),
      query: z.strictObject({ format: z.enum(['json', 'csv']).optional().describe('`csv`: the cells alone') }),
      reply: {
        status: 200,
        description: 'The publication.',
        schema: publicationSchema,
        media: orCsv(z.string()),
      },
      handle: async (call) => {
        const publication = await publications.read(call.params.period);
        const whole = { items: publication.cells, next: null };
        return wantsCsv(call) ? csvAnswer(COLUMNS, whole, '/v1/government/periods', call.query) : publication;
      },
    }),
    route({
      method: 'PUT',
      path: '/v1/government/periods/:period',
      operationId: 'publishUsage',
      summary: 'Publish a month that is over',
      description: 'Once and for ever: what is billed later is in no figure.',
      tag: TAG,
      roles: ['operator'],
      params: z.strictObject({ period }),
      reply: { status: 200, description: 'The publication; the same again.', schema: publicationSchema },
      handle: ({ params }) => publications.publish(params.period),
    }),
  ];
}
