import { type PersonRole } from '@chargecast/network';
import { z } from 'zod';

import {
  Answer,
  columnsOf,
  csvAnswer,
  type Cursors,
  hexBytes,
  notFound,
  orCsv,
  page,
  pageQuery,
  RestError,
  type Route,
  route,
  wantsCsv,
  wholeNumber,
} from '../rest';
import {
  alarmSchema,
  blockDetailSchema,
  blockSchema,
  certificateSchema,
  channelSchema,
  channelSummarySchema,
  nodesSchema,
  readerSchema,
  sigmaDetailSchema,
  sigmaSchema,
} from './schemas';
import { type ConsortiumView, type SigmaPlace } from './view';

export const PROTOBUF = 'application/x-protobuf';
export const BYTES = 'application/octet-stream';

/** What the world may see of the chain, anyone with a certificate may. */
const EVERYBODY: readonly PersonRole[] = ['operator', 'integrator', 'auditor', 'owner', 'government', 'car-maker'];
const KEEPERS: readonly PersonRole[] = ['operator', 'integrator', 'auditor'];

const format = z.enum(['json', 'csv']).optional();
const raw = z.enum(['json', 'raw']).optional().describe('`raw`: the bytes, as by Accept');
const placeSchema = z.object({ block: z.int(), transaction: z.int(), index: z.int() });

/** The consortium as one gateway sees it: served by gateways, and by centres that ask a gateway. */
export function consortiumRoutes(view: ConsortiumView, cursors: Cursors, trust: unknown): Route[] {
  return [...chainRoutes(view, cursors, trust), ...sigmaRoutes(view, cursors), ...stateRoutes(view, cursors)];
}

function chainRoutes(view: ConsortiumView, cursors: Cursors, trust: unknown): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/trust',
      operationId: 'getTrust',
      summary: 'What a reader of the chain trusts',
      description: 'Params, chaincode, root certificates, hash of each block 0: as trust.json.',
      tag: 'chain',
      roles: EVERYBODY,
      reply: { status: 200, description: 'Public throughout.', schema: z.record(z.string(), z.unknown()) },
      handle: () => Promise.resolve(trust),
    }),
    route({
      method: 'GET',
      path: '/v1/channels',
      operationId: 'listChannels',
      summary: 'The two channels and how far they are known',
      tag: 'chain',
      roles: EVERYBODY,
      reply: { status: 200, description: 'Both.', schema: z.object({ items: z.array(channelSummarySchema) }) },
      handle: async () => ({ items: await view.channels() }),
    }),
    route({
      method: 'GET',
      path: '/v1/blocks/:channel',
      operationId: 'listBlocks',
      summary: 'Blocks, newest first',
      tag: 'chain',
      roles: EVERYBODY,
      params: z.strictObject({ channel: channelSchema }),
      query: z.strictObject({ ...pageQuery, format }),
      reply: { status: 200, description: 'A page.', schema: page(blockSchema), media: orCsv(z.string()) },
      async handle(call) {
        const { channel } = call.params;
        const found = await cursors.page(
          `blocks ${channel}`,
          call.query,
          (before, limit) => view.blocks(channel, before === undefined ? null : Number(before), limit),
          ({ number }) => String(number),
        );
        return wantsCsv(call) ? csvAnswer(columnsOf(blockSchema), found, `/v1/blocks/${channel}`, call.query) : found;
      },
    }),
    route({
      method: 'GET',
      path: '/v1/blocks/:channel/:number',
      operationId: 'getBlock',
      summary: 'One block',
      description: `With Accept: ${PROTOBUF} or format=raw, Fabric’s common.Block: header, data, signatures, validation codes.`,
      tag: 'chain',
      roles: EVERYBODY,
      params: z.strictObject({ channel: channelSchema, number: wholeNumber(0, Number.MAX_SAFE_INTEGER) }),
      query: z.strictObject({ format: raw }),
      reply: {
        status: 200,
        description: 'The block.',
        schema: blockDetailSchema,
        media: { [PROTOBUF]: z.string() },
      },
      async handle({ params: { channel, number }, query, wants }) {
        const isRaw = query.format === 'raw' || (query.format === undefined && wants(PROTOBUF));
        if (!isRaw) return present(await view.block(channel, number), 'E_BLOCK_UNKNOWN', 'block');
        return bytesAnswer(present(await view.blockBytes(channel, number), 'E_BLOCK_UNKNOWN', 'block'), PROTOBUF);
      },
    }),
  ];
}

function sigmaRoutes(view: ConsortiumView, cursors: Cursors): Route[] {
  const params = z.strictObject({ id: hexBytes(32) });
  return [
    route({
      method: 'GET',
      path: '/v1/sigmas',
      operationId: 'listSigmas',
      summary: 'Committed σ, newest first',
      description: 'A page may hold fewer than asked for, even none, while `next` is there.',
      tag: 'chain',
      roles: EVERYBODY,
      query: z.strictObject({ ...pageQuery, format }),
      reply: { status: 200, description: 'A page.', schema: page(sigmaSchema), media: orCsv(z.string()) },
      async handle(call) {
        const { limit, cursor } = call.query;
        const from = cursor === undefined ? null : placeOf(cursors.open('sigmas', cursor));
        const { items, place } = await view.sigmas(from, limit);
        const found = { items, next: place && cursors.seal('sigmas', JSON.stringify(place)) };
        return wantsCsv(call) ? csvAnswer(columnsOf(sigmaSchema), found, '/v1/sigmas', call.query) : found;
      },
    }),
    route({
      method: 'GET',
      path: '/v1/sigmas/:id',
      operationId: 'getSigma',
      summary: 'One committed σ',
      description: `With Accept: ${BYTES} or format=raw, its bytes. The path proves it to be under its transaction’s Merkle root.`,
      tag: 'chain',
      roles: EVERYBODY,
      params,
      query: z.strictObject({ format: raw }),
      reply: { status: 200, description: 'σ.', schema: sigmaDetailSchema, media: { [BYTES]: z.string() } },
      async handle({ params: { id }, query, wants }) {
        const isRaw = query.format === 'raw' || (query.format === undefined && wants(BYTES));
        if (!isRaw) return present(await view.sigma(id), 'E_SIGMA_UNKNOWN', 'committed σ');
        return bytesAnswer(present(await view.sigmaBytes(id), 'E_SIGMA_UNKNOWN', 'committed σ'), BYTES);
      },
    }),
  ];
}

function stateRoutes(view: ConsortiumView, cursors: Cursors): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/readers',
      operationId: 'listReaders',
      summary: 'Pile agents and other processes that read the chain, and how fresh they are',
      tag: 'state',
      roles: KEEPERS,
      reply: { status: 200, description: 'By name.', schema: z.object({ items: z.array(readerSchema) }) },
      handle: async () => ({ items: await view.readers() }),
    }),
    route({
      method: 'GET',
      path: '/v1/nodes',
      operationId: 'listNodes',
      summary: 'Peers, orderers and who leads',
      tag: 'state',
      roles: KEEPERS,
      reply: { status: 200, description: 'The ledger’s nodes.', schema: nodesSchema },
      handle: () => view.nodes(),
    }),
    route({
      method: 'GET',
      path: '/v1/certificates',
      operationId: 'listCertificates',
      summary: 'Certificates of vehicles and piles, with expiry and revocation',
      tag: 'state',
      roles: KEEPERS,
      query: z.strictObject({ ...pageQuery, format }),
      reply: { status: 200, description: 'A page.', schema: page(certificateSchema), media: orCsv(z.string()) },
      async handle(call) {
        const found = await cursors.page(
          'certificates',
          call.query,
          (after, limit) => view.certificates(after ?? null, limit),
          ({ id }) => id,
        );
        return wantsCsv(call) ? csvAnswer(columnsOf(certificateSchema), found, '/v1/certificates', call.query) : found;
      },
    }),
    route({
      method: 'GET',
      path: '/v1/alarms',
      operationId: 'listAlarms',
      summary: 'What is wrong now and what to do',
      tag: 'state',
      roles: KEEPERS,
      reply: { status: 200, description: 'Empty if nothing is.', schema: z.object({ items: z.array(alarmSchema) }) },
      handle: async () => ({ items: await view.alarms() }),
    }),
  ];
}

function present<T>(found: T | null, code: string, what: string): T {
  if (found !== null) return found;
  throw notFound(code, `there is no such ${what} here yet`);
}

function bytesAnswer(bytes: Uint8Array, type: string): Answer {
  return new Answer(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), { type });
}

function placeOf(text: string): SigmaPlace {
  const place = placeSchema.safeParse(JSON.parse(text));
  if (place.success) return place.data;
  throw new RestError(400, 'E_CURSOR', 'this cursor is of an older version: begin again without one');
}
