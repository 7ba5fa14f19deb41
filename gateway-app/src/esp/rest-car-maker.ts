/** `/v1/car-maker…` of a provider, and what its operator says of car makers. */
import { recordedEnergyWh } from '@chargecast/protocol';
import { toHex } from '@chargecast/signcryption';
import { z } from 'zod';

import { type CarMakerDesk } from '../data-applications';
import {
  keyPartySchema,
  meterReadingSchema,
  readRequestSchema,
  subjectSchema,
  timeOfSeconds,
} from '../data-applications/schemas';
import { type Cursors, named, page, pageQuery, type Route, route, time, wholeNumber } from '../rest';

export interface CarMakerRouteParts {
  readonly ctx: Uint8Array;
  readonly desk: CarMakerDesk;
  readonly cursors: Cursors;
}

const vehicleSchema = named(
  'PermittedVehicle',
  z.object({
    id: subjectSchema,
    until: time,
    sessions: z.int().describe('that the owner shows'),
    permissions: z.object({ owner: z.boolean(), provider: z.boolean() }),
  }),
);

/** Neither pile nor vehicle nor terms: what a car maker studies is the course of the energy. */
const sessionSchema = named(
  'PermittedSession',
  z.object({
    transaction: z.string(),
    startedAt: time,
    endedAt: time,
    energyWh: z.int(),
    readings: z.array(meterReadingSchema),
  }),
);

const name = z.strictObject({ name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/) });
const CAR_MAKER = ['car-maker'] as const;
const TAG = 'car maker';
/** Each is a question to the chain. */
const MOST_RECORDS = 100;

export function carMakerRoutes({ ctx, desk, cursors }: CarMakerRouteParts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/car-maker',
      operationId: 'getCarMaker',
      summary: 'You, and the key you read with',
      tag: TAG,
      roles: CAR_MAKER,
      reply: {
        status: 200,
        description: '`party` is null until the provider’s operator has bound your key.',
        schema: z.object({ name: z.string(), party: keyPartySchema.nullable(), ctx: z.string() }),
      },
      handle: async ({ person }) => ({
        name: person.name,
        party: (await desk.partyOf(person.name)) ?? null,
        ctx: toHex(ctx),
      }),
    }),
    route({
      method: 'GET',
      path: '/v1/car-maker/vehicles',
      operationId: 'listPermittedVehicles',
      summary: 'Vehicles whose owners permit you their charging',
      tag: TAG,
      roles: CAR_MAKER,
      query: z.strictObject(pageQuery),
      reply: { status: 200, description: 'By ID.', schema: page(vehicleSchema) },
      handle: async ({ query, person }) => {
        const found = await cursors.page(
          `permitted ${person.id}`,
          query,
          (gt, limit) => desk.vehicles(person.name, gt, limit),
          ({ id }) => id,
        );
        return {
          items: found.items.map(({ id, until, sessions, isProviderWilling }) => ({
            id,
            until: timeOfSeconds(until),
            sessions,
            permissions: { owner: true, provider: isProviderWilling },
          })),
          next: found.next,
        };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/car-maker/records',
      operationId: 'readPermittedRecords',
      summary: 'Sessions of a vehicle, where all three permissions stand',
      description: 'Owner, provider and station operator: chaincode judges each session anew.',
      tag: TAG,
      roles: CAR_MAKER,
      query: z.strictObject({ ...pageQuery, limit: wholeNumber(1, MOST_RECORDS).default(25) }),
      body: z.strictObject({ request: readRequestSchema }),
      reply: {
        status: 200,
        description: '`withheld`: sessions of this page that chaincode refused.',
        schema: page(sessionSchema).extend({ withheld: z.int() }),
      },
      handle: async ({ query: { limit, cursor }, body: { request }, person }) => {
        const list = `records ${person.id} ${request.subject}`;
        const place = cursor === undefined ? undefined : cursors.open(list, cursor);
        const { records, withheld, next } = await desk.records(person.name, request, place, limit);
        return {
          items: records.map((record) => ({
            transaction: record.transaction,
            startedAt: timeOfSeconds(record.readings[0]?.at ?? 0),
            endedAt: timeOfSeconds(record.readings.at(-1)?.at ?? 0),
            energyWh: recordedEnergyWh(record),
            readings: [...record.readings],
          })),
          withheld,
          next: next === undefined ? null : cursors.seal(list, next),
        };
      },
    }),
    route({
      method: 'PUT',
      path: '/v1/car-makers/:name',
      operationId: 'bindCarMaker',
      summary: 'Say with which key a car maker of this name reads',
      tag: TAG,
      roles: ['operator'],
      params: name,
      body: z.strictObject({ party: keyPartySchema }),
      reply: { status: 200, description: 'Bound.', schema: z.object({ name: z.string(), party: keyPartySchema }) },
      handle: async ({ params, body: { party } }) => {
        await desk.bind(params.name, party);
        return { name: params.name, party };
      },
    }),
  ];
}
