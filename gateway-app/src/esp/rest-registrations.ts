/** `/v1/registrations…`, `/v1/authorisations`, `/v1/permissions…` of a provider: what its operator works with. */
import { MISBEHAVIOUR, type Misbehaviour, REVOCATION_REASONS } from '@chargecast/protocol';
import { z } from 'zod';

import { type GrantIndex, type Word, wordPlace } from '../data-applications';
import { partySchema, scopeSchema, subjectSchema, timeOfSeconds } from '../data-applications/schemas';
import { type Cursors, hexBytes, named, notFound, page, pageQuery, type Route, route, time } from '../rest';
import { type Operations } from './registration';
import { accessSchema, describeWord } from './rest-access';

export interface RegistrationRouteParts {
  readonly operations: Operations;
  readonly words: GrantIndex;
  readonly cursors: Cursors;
  /** Unix seconds. */
  readonly now: () => number;
}

const registrationSchema = named(
  'Registration',
  z.object({
    id: subjectSchema,
    tag: z.string(),
    attributes: z.string(),
    version: z.int(),
    expiresAt: time,
    stage: z.enum(['queued', 'committed', 'refused']).describe('of the last application'),
    code: z.string().describe('why it was refused'),
    status: z.string().describe('of the certificate in force'),
  }),
);
const standing = registrationSchema.extend({
  reputation: z.number().nullable(),
  certificate: z.record(z.string(), z.unknown()).nullable().describe('as on the chain'),
});

/** What {@link Operations} says of one registration. */
interface Summary {
  readonly id: string;
  readonly tag: string;
  readonly attributes: string;
  readonly version: number;
  readonly expiresAt: number;
  readonly stage: 'queued' | 'committed' | 'refused';
  readonly code?: string;
  readonly status: string;
}
interface Found extends Summary {
  readonly certificate: Record<string, unknown> | null;
  readonly reputation: number | null;
  readonly name: string | null;
  readonly identity: Record<string, string> | null;
}

const READERS = ['operator', 'auditor'] as const;
const OPERATOR = ['operator'] as const;
const KINDS = Object.keys(MISBEHAVIOUR) as [Misbehaviour, ...Misbehaviour[]];
const one = z.strictObject({ id: subjectSchema });
const carried = z.object({ certchain: z.string(), datachain: z.string() });
const permission = z.strictObject({ party: partySchema });
const about = z.union([subjectSchema, z.literal('*')]).describe('one vehicle, or `*` for all of this provider’s');

export function registrationRoutes(parts: RegistrationRouteParts): Route[] {
  return [...readingRoutes(parts), ...decidingRoutes(parts), ...permissionRoutes(parts)];
}

function readingRoutes({ operations, cursors }: RegistrationRouteParts): Route[] {
  const tag = 'registrations';
  return [
    route({
      method: 'GET',
      path: '/v1/registrations',
      operationId: 'listRegistrations',
      summary: 'Certificates this provider issued, with status and expiry',
      tag,
      roles: READERS,
      query: z.strictObject(pageQuery),
      reply: { status: 200, description: 'By ID.', schema: page(registrationSchema) },
      handle: async ({ query }) => {
        const found = await cursors.page(
          'registrations',
          query,
          (after, limit) => list(operations, after, limit),
          idOf,
        );
        return { items: found.items.map(describe), next: found.next };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/registrations/:id',
      operationId: 'getRegistration',
      summary: 'One certificate and its reputation',
      tag,
      roles: READERS,
      params: one,
      reply: { status: 200, description: 'Without identity.', schema: standing },
      handle: async ({ params: { id } }) => {
        const { certificate, reputation, ...summary } = await query(operations, id);
        return { ...describe(summary), certificate, reputation };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/registrations/:id/identity',
      operationId: 'getIdentity',
      summary: 'Whose it is, as told at registration',
      tag,
      roles: OPERATOR,
      params: one,
      reply: {
        status: 200,
        description: 'VIN, plate, owner: what was committed to.',
        schema: z.object({ name: z.string(), identity: z.record(z.string(), z.string()) }),
      },
      handle: async ({ params: { id } }) => {
        const { name, identity } = await query(operations, id);
        if (name !== null && identity !== null) return { name, identity };
        throw notFound('E_IDENTITY_ERASED', 'this identity was erased: nobody can tie the certificate to it any more');
      },
    }),
  ];
}

function decidingRoutes({ operations }: RegistrationRouteParts): Route[] {
  const tag = 'registrations';
  return [
    route({
      method: 'DELETE',
      path: '/v1/registrations/:id/identity',
      operationId: 'eraseIdentity',
      summary: 'Erase whose it is',
      description: 'For ever; the certificate stays.',
      tag,
      roles: OPERATOR,
      params: one,
      reply: { status: 204, description: 'Nothing is left of it.' },
      handle: async ({ params: { id } }) => void (await operations.administer('erase', JSON.stringify({ id }))),
    }),
    route({
      method: 'PUT',
      path: '/v1/registrations/:id/revocation',
      operationId: 'revokeCertificate',
      summary: 'Revoke a certificate',
      description: 'For ever, on both chains where the vehicle reports to the data chain.',
      tag,
      roles: OPERATOR,
      params: one,
      body: z.strictObject({
        reason: z.enum(REVOCATION_REASONS),
        effective: z.int().positive().max(253_402_300_799).exactOptional().describe('Unix seconds; now if absent'),
      }),
      reply: {
        status: 200,
        description: 'It stands.',
        schema: z.object({ id: z.string(), status: z.string(), datachain: z.string() }),
      },
      handle: ({ params, body }) => operations.administer('revoke', JSON.stringify({ ...params, ...body })),
    }),
    route({
      method: 'PUT',
      path: '/v1/registrations/:id/reports/:kind',
      operationId: 'reportMisbehaviour',
      summary: 'Report misbehaviour',
      description: 'Once a day, subject and reporter; the reputation falls, and the key with it below 30.',
      tag,
      roles: OPERATOR,
      params: z.strictObject({ id: subjectSchema, kind: z.enum(KINDS) }),
      body: z.strictObject({ evidence: hexBytes(32).describe('SHA-256 of the evidence, which you keep') }),
      reply: {
        status: 200,
        description: 'The reputation now.',
        schema: z.object({ value: z.number(), revoked: z.boolean() }),
      },
      handle: ({ params, body }) => operations.administer('report', JSON.stringify({ ...params, ...body })),
    }),
  ];
}

function permissionRoutes({ operations, words, cursors, now }: RegistrationRouteParts): Route[] {
  const tag = 'authorisations';
  return [
    route({
      method: 'GET',
      path: '/v1/authorisations',
      operationId: 'listAuthorisations',
      summary: 'Every word on the data chain about who may read what',
      tag,
      roles: READERS,
      query: z.strictObject(pageQuery),
      reply: { status: 200, description: 'By subject, party and grantor.', schema: page(accessSchema) },
      handle: async ({ query: asked }) => {
        const read = (after: string | undefined, limit: number): Promise<Word[]> => words.all(after, limit);
        const { items, next } = await cursors.page('authorisations', asked, read, wordPlace);
        return { items: items.map((word) => describeWord(word, now())), next };
      },
    }),
    route({
      method: 'PUT',
      path: '/v1/permissions/:party',
      operationId: 'permit',
      summary: 'Give the provider’s own permission, which a car maker needs',
      tag,
      roles: OPERATOR,
      params: permission,
      body: z.strictObject({
        subject: about,
        scopes: z.array(scopeSchema).min(1).max(5),
        until: z.int().positive().max(253_402_300_799).describe('Unix seconds'),
      }),
      reply: { status: 200, description: 'It stands on both chains.', schema: carried },
      handle: ({ params, body }) =>
        operations.administer('permit', JSON.stringify({ ...params, ...body, version: Date.now() })),
    }),
    route({
      method: 'DELETE',
      path: '/v1/permissions/:party',
      operationId: 'forbid',
      summary: 'Withdraw the provider’s permission',
      tag,
      roles: OPERATOR,
      params: permission,
      query: z.strictObject({ subject: about }),
      reply: { status: 200, description: 'Withdrawn on both chains.', schema: carried },
      handle: ({ params, query: { subject } }) =>
        operations.administer('forbid', JSON.stringify({ ...params, subject, version: Date.now() })),
    }),
  ];
}

const idOf = ({ id }: Summary): string => id;

async function list(operations: Operations, after: string | undefined, limit: number): Promise<Summary[]> {
  const items: Summary[] = [];
  let place = after;
  do {
    const asked = { limit: Math.min(limit - items.length, 500), ...(place === undefined ? {} : { after: place }) };
    const found = (await operations.administer('list', JSON.stringify(asked))) as { items: Summary[]; next?: string };
    items.push(...found.items);
    place = found.next;
  } while (place !== undefined && items.length < limit);
  return items;
}

const query = async (operations: Operations, id: string): Promise<Found> =>
  (await operations.administer('query', JSON.stringify({ id }))) as Found;

function describe(summary: Summary): z.output<typeof registrationSchema> {
  const { id, tag, attributes, version, expiresAt, stage, code = '', status } = summary;
  return { id, tag, attributes, version, expiresAt: timeOfSeconds(expiresAt), stage, code, status };
}
