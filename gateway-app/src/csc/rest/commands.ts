import { z } from 'zod';

import {
  accepted,
  acceptedReply,
  columnsOf,
  csvAnswer,
  hexBytes,
  named,
  notFound,
  operationSchema,
  orCsv,
  page,
  pageQuery,
  type Route,
  route,
  time,
  timeOf,
  wantsCsv,
} from '../../rest';
import { type OutboxCommand } from '../command';
import { type KeptOperation, OperationBook } from './operation-book';
import { type CscRoutesParts } from './parts';

const stage = z.enum(['waiting', 'sealed', 'acknowledged', 'committed', 'delivered', 'failed']);
const kind = z.enum(['control', 'billing', 'notice']);
const id = hexBytes(16);

const newCommand = named(
  'NewCommand',
  z.strictObject({
    customer: z
      .string()
      .min(1)
      .max(256)
      .describe('a contract, `provider/contract`, or a holder as `css:css1`, `cp:cp1/pile3`'),
    kind,
    action: z.string().min(1).max(64).describe('an OCPP action, or Bill'),
    payload: z.record(z.string(), z.unknown()).describe('as the action’s schema asks'),
  }),
);

const commandSchema = named(
  'Command',
  z.object({
    id,
    customer: z.string(),
    kind,
    action: z.string(),
    stage,
    code: z.string().describe('why it waits or failed; empty if nothing is wrong'),
    createdAt: time,
    closedAt: time.nullable(),
    attempts: z.int(),
    sigmaId: z.string().describe('the newest σ it was sealed in; empty before'),
    station: z.string().describe('what the charging station answered: accepted, rejected, unanswered; empty before'),
    stationReason: z.string(),
  }),
);
type CommandRow = z.infer<typeof commandSchema>;

const commandDetailSchema = named(
  'CommandDetail',
  z.object({
    ...commandSchema.shape,
    payload: z.record(z.string(), z.unknown()),
    way: z.array(z.object({ stage, at: time, code: z.string(), sigmaId: z.string() })),
  }),
);

const OPERATORS = ['operator', 'integrator'] as const;
/** 10,000 commands of half a kilobyte. */
const BATCH_BYTES = 8 * 1024 * 1024;
/** Commands looked at for one page of a filtered list. */
const MOST_LOOKED_AT = 5_000;

export function commandRoutes({ outbox, desk, operations, cursors }: CscRoutesParts): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/commands',
      operationId: 'sendCommands',
      summary: 'Sends commands and bills: all or none',
      description: 'They are sealed, committed and delivered when their vehicles are plugged in; follow the operation.',
      tag: 'commands',
      roles: OPERATORS,
      idempotent: true,
      bodyLimit: BATCH_BYTES,
      body: z.strictObject({ commands: z.array(newCommand).min(1).max(10_000) }),
      reply: acceptedReply,
      async handle({ body: { commands }, seed }) {
        const ids = OperationBook.commandIds(seed, commands.length);
        await desk.send(
          commands.map(({ payload, ...command }) => ({ ...command, payload: JSON.stringify(payload) })),
          { ids },
        );
        return accepted(await operations.shown(await operations.add(seed, 'commands', ids)));
      },
    }),
    route({
      method: 'GET',
      path: '/v1/commands',
      operationId: 'listCommands',
      summary: 'Commands, newest first',
      description: 'A page of a filtered list may hold fewer than asked for, even none, while `next` is there.',
      tag: 'commands',
      roles: OPERATORS,
      query: z.strictObject({
        ...pageQuery,
        stage: stage.optional(),
        kind: kind.optional(),
        customer: z.string().min(1).max(256).optional(),
        operation: id.optional(),
        format: z.enum(['json', 'csv']).optional(),
      }),
      reply: { status: 200, description: 'A page.', schema: page(commandSchema), media: orCsv(z.string()) },
      async handle(call) {
        const { limit, cursor, stage: wanted, kind: of, customer, operation } = call.query;
        const filter = { stage: wanted, kind: of, customer, operation };
        const list = `commands ${JSON.stringify(filter)}`;
        const members = filter.operation === undefined ? undefined : (await known(filter.operation)).commandIds;
        const within = members && new Set(members);
        const items: CommandRow[] = [];
        const before = cursor === undefined ? undefined : Number(cursors.open(list, cursor));
        let looked = 0;
        let next: string | null = null;
        for await (const command of outbox.newest(before)) {
          if ((within?.has(command.id) ?? true) && isWanted(command, filter)) items.push(rowOf(command));
          looked += 1;
          if (items.length < limit && looked < MOST_LOOKED_AT) continue;
          next = cursors.seal(list, String(command.sequence));
          break;
        }
        return wantsCsv(call)
          ? csvAnswer(columnsOf(commandSchema), { items, next }, '/v1/commands', call.query)
          : { items, next };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/commands/:id',
      operationId: 'getCommand',
      summary: 'A command and its way from sealed to acknowledged by its receiver',
      tag: 'commands',
      roles: OPERATORS,
      params: z.strictObject({ id }),
      reply: { status: 200, description: 'The command.', schema: commandDetailSchema },
      async handle({ params }) {
        const command = await outbox.command(params.id);
        if (!command) throw notFound('E_COMMAND_UNKNOWN', 'no such command was sent through this centre');
        const way = (command.way ?? []).map(({ at, ...step }) => ({ ...step, at: timeOf(at) }));
        return { ...rowOf(command), payload: command.payload, way };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/operations',
      operationId: 'listOperations',
      summary: 'Operations, newest first',
      tag: 'operations',
      roles: OPERATORS,
      query: z.strictObject(pageQuery),
      reply: { status: 200, description: 'A page.', schema: page(operationSchema) },
      async handle({ query }) {
        const { items, next } = await cursors.page(
          'operations',
          query,
          (before, limit) => operations.newest(before, limit),
          ({ place }) => place,
        );
        return { items: await Promise.all(items.map((operation) => operations.shown(operation))), next };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/operations/:id',
      operationId: 'getOperation',
      summary: 'What has become of an operation',
      tag: 'operations',
      roles: OPERATORS,
      params: z.strictObject({ id }),
      reply: { status: 200, description: 'The operation.', schema: operationSchema },
      handle: async ({ params }) => operations.shown(await known(params.id)),
    }),
  ];

  async function known(operation: string): Promise<KeptOperation> {
    const found = await operations.get(operation);
    if (found) return found;
    throw notFound('E_OPERATION_UNKNOWN', 'there is no such operation, or it was long ago');
  }
}

interface Filter {
  readonly stage?: string | undefined;
  readonly kind?: string | undefined;
  readonly customer?: string | undefined;
}

function isWanted(command: OutboxCommand, filter: Filter): boolean {
  return (
    (filter.stage ?? command.stage) === command.stage &&
    (filter.kind ?? command.kind) === command.kind &&
    (filter.customer ?? command.customer) === command.customer
  );
}

function rowOf(command: OutboxCommand): CommandRow {
  const { createdAt, closedAt, station } = command;
  return {
    id: command.id,
    customer: command.customer,
    kind: command.kind,
    action: command.action,
    stage: command.stage,
    code: command.code,
    createdAt: timeOf(createdAt),
    closedAt: closedAt === 0 ? null : timeOf(closedAt),
    attempts: command.attempts,
    sigmaId: command.sigmaId,
    station: station?.answer ?? '',
    stationReason: station?.reason ?? '',
  };
}
