/** `/v1/owner…` of a provider: an owner's certificates, who has access, the vehicle's health, records it can open. */
import { type CertificateStatus, type ReadRequest, recordedEnergyWh, VEHICLE_REPORT_KINDS } from '@chargecast/protocol';
import { toHex } from '@chargecast/signcryption';
import { z } from 'zod';

import { CodedError } from '../common/errors';
import { type OwnerDesk, type OwnVehicle, wordPlace } from '../data-applications';
import {
  meterReadingSchema,
  openingsSchema,
  ownerWordSchema,
  partySchema,
  readRequestSchema,
  subjectSchema,
  timeOfSeconds,
} from '../data-applications/schemas';
import { after, type Cursors, named, page, pageQuery, type Route, route, time } from '../rest';
import { accessSchema, describeWord } from './rest-access';

export interface OwnerRouteParts {
  readonly provider: string;
  readonly ctx: Uint8Array;
  readonly desk: OwnerDesk;
  readonly cursors: Cursors;
  /** Unix seconds. */
  readonly now: () => number;
}

const vehicleSchema = named(
  'OwnVehicle',
  z.object({
    id: subjectSchema,
    tag: z.string(),
    role: z.string(),
    version: z.int(),
    owner: z.string().describe('the owner’s public key'),
    commitment: z.string(),
    provider: z.string(),
    status: z.enum(['valid', 'notYetValid', 'expired', 'revoked', 'providerRevoked', 'unknown']) satisfies z.ZodType<
      CertificateStatus | 'unknown'
    >,
    issuedAt: time,
    expiresAt: time,
  }),
);

const reportSchema = z.object({
  sequence: z.int(),
  at: time,
  readings: z.record(z.string(), z.unknown()),
  alerts: z.array(z.string()),
});
const hintSchema = z.object({ code: z.string(), text: z.string(), sequence: z.int(), at: time });

const recordSchema = z.object({
  transaction: z.string(),
  meter: z.string(),
  vehicle: z.string(),
  subject: z.string(),
  terms: z.string().optional(),
  readings: z.array(meterReadingSchema),
  signature: z.string(),
});

const OWNER = ['owner'] as const;
const TAG = 'owner';

export function ownerRoutes({ provider, ctx, desk, cursors, now }: OwnerRouteParts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/owner',
      operationId: 'getOwner',
      summary: 'You, and the vehicles you proved to own',
      tag: TAG,
      roles: OWNER,
      reply: {
        status: 200,
        description: 'What is known of you here.',
        schema: z.object({
          service: z.literal('provider'),
          provider: z.string(),
          contract: z.string(),
          ctx: z.string().describe('the network’s, hex: part of what owners sign'),
          vehicles: z.array(vehicleSchema),
        }),
      },
      handle: async ({ person }) => ({
        service: 'provider',
        provider,
        contract: person.name,
        ctx: toHex(ctx),
        vehicles: (await desk.vehicles(person.name)).map(describeVehicle),
      }),
    }),
    route({
      method: 'PUT',
      path: '/v1/owner/vehicles/:id',
      operationId: 'claimVehicle',
      summary: 'Prove that a vehicle is yours',
      description: 'By a read request under the owner’s key; once. Its scope does not matter.',
      tag: TAG,
      roles: OWNER,
      params: z.strictObject({ id: subjectSchema }),
      body: z.strictObject({ request: readRequestSchema }),
      reply: { status: 200, description: 'The vehicle.', schema: vehicleSchema },
      handle: async ({ params, body, person }) => {
        ensureAbout(body.request, params.id);
        return describeVehicle(await desk.claim(person.name, body.request));
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/owner/vehicles/:id',
      operationId: 'renounceVehicle',
      summary: 'Have the provider forget that a vehicle is yours',
      description: 'Its certificate and what you granted stay as they are.',
      tag: TAG,
      roles: OWNER,
      params: z.strictObject({ id: subjectSchema }),
      reply: { status: 204, description: 'Forgotten.' },
      handle: async ({ params, person }) => void (await desk.renounce(person.name, params.id)),
    }),
    route({
      method: 'GET',
      path: '/v1/owner/access',
      operationId: 'listAccess',
      summary: 'Who has access to your vehicles’ data, by whose word',
      description:
        'From the data chain, where reads are decided. Words of provider and operators show where you named the party too.',
      tag: TAG,
      roles: OWNER,
      query: z.strictObject(pageQuery),
      reply: { status: 200, description: 'Words in force, ended and withdrawn.', schema: page(accessSchema) },
      handle: async ({ query, person }) => {
        const words = (await desk.access(person.name)).sort((a, b) => (wordPlace(a) < wordPlace(b) ? -1 : 1));
        const { items, next } = await cursors.page(`access ${person.id}`, query, after(words, wordPlace), wordPlace);
        return { items: items.map((word) => describeWord(word, now())), next };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/owner/words',
      operationId: 'bringWord',
      summary: 'Grant access, or withdraw it',
      description: 'A word under the owner’s key, made where the key is. The same word again changes nothing.',
      tag: TAG,
      roles: OWNER,
      body: z.strictObject({ word: ownerWordSchema }),
      reply: {
        status: 200,
        description: 'It stands on both chains: a withdrawal first where reads are decided.',
        schema: z.object({ certchain: z.string(), datachain: z.string() }),
      },
      handle: ({ body, person }) => desk.carry(person.name, body.word),
    }),
    route({
      method: 'POST',
      path: '/v1/owner/health',
      operationId: 'readHealth',
      summary: 'What your vehicle’s reports say should be done',
      tag: TAG,
      roles: OWNER,
      body: z.strictObject({ request: readRequestSchema }),
      reply: {
        status: 200,
        description: 'Reports of the request’s scope, and hints from them.',
        schema: z.object({
          kind: z.enum(VEHICLE_REPORT_KINDS),
          reports: z.array(reportSchema),
          hints: z.array(hintSchema),
        }),
      },
      handle: async ({ body: { request } }) => {
        const kind = VEHICLE_REPORT_KINDS.find((known) => known === request.scope);
        if (!kind) throw new CodedError('E_DECODE', `sign a request of scope ${VEHICLE_REPORT_KINDS.join(', ')}`);
        const { reports, hints } = await desk.health(kind, request);
        return {
          kind,
          reports: reports.map(({ report: { sequence, at, readings }, alerts }) => ({
            sequence,
            at: timeOfSeconds(at),
            readings,
            alerts,
          })),
          hints: hints.map((hint) => ({ ...hint, at: timeOfSeconds(hint.at) })),
        };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/owner/records',
      operationId: 'openRecords',
      summary: 'Your charging records as they stand on the chain',
      description:
        'By openings that your vehicle keeps. The gateway’s peer that is asked learns whose records they are.',
      tag: TAG,
      roles: OWNER,
      body: z.strictObject({ request: readRequestSchema, openings: openingsSchema }),
      reply: {
        status: 200,
        description: 'Each in the order asked; null where chaincode refuses it.',
        schema: z.object({
          items: z.array(
            z.object({
              transaction: z.string(),
              record: recordSchema.nullable(),
              energyWh: z.int().nullable(),
              code: z.string(),
            }),
          ),
        }),
      },
      handle: async ({ body }) => ({
        items: (await desk.records(body.request, body.openings)).map(({ transaction, record }) => ({
          transaction,
          record: record ?? null,
          energyWh: record ? recordedEnergyWh(record) : null,
          code: record ? '' : 'E_FORBIDDEN',
        })),
      }),
    }),
    ...disclosureRoutes(desk),
  ];
}

const disclosure = z.strictObject({ subject: subjectSchema, party: partySchema });

function disclosureRoutes(desk: OwnerDesk): Route[] {
  return [
    route({
      method: 'PUT',
      path: '/v1/owner/disclosures/:subject/:party',
      operationId: 'disclose',
      summary: 'Show sessions to a car maker',
      description:
        'The provider keeps the openings, and so learns whose these records are, until you withdraw your grant.',
      tag: TAG,
      roles: OWNER,
      params: disclosure,
      body: z.strictObject({ openings: openingsSchema }),
      reply: {
        status: 200,
        description: 'How many it is shown now.',
        schema: z.object({ subject: z.string(), party: z.string(), sessions: z.int() }),
      },
      handle: async ({ params: { subject, party }, body, person }) => ({
        subject,
        party,
        sessions: await desk.disclose(person.name, subject, party, body.openings),
      }),
    }),
    route({
      method: 'DELETE',
      path: '/v1/owner/disclosures/:subject/:party',
      operationId: 'conceal',
      summary: 'Show a car maker nothing any more',
      tag: TAG,
      roles: OWNER,
      params: disclosure,
      reply: { status: 204, description: 'Forgotten.' },
      handle: async ({ params: { subject, party }, person }) => void (await desk.conceal(person.name, subject, party)),
    }),
  ];
}

function ensureAbout(request: ReadRequest, id: string): void {
  if (request.subject !== id) throw new CodedError('E_OWNER_PROOF', 'the request is about another vehicle: sign one');
}

function describeVehicle({ certificate, status }: OwnVehicle): z.output<typeof vehicleSchema> {
  const { id, tag, attributes, version, owner, commitment, provider, issuedAt, expiresAt } = certificate;
  return {
    id,
    tag,
    role: attributes.role,
    version,
    owner,
    commitment,
    provider,
    status,
    issuedAt: timeOfSeconds(issuedAt),
    expiresAt: timeOfSeconds(expiresAt),
  };
}
