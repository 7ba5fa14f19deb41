/** `/v1/owner…` of a centre: a customer's own sessions and bills, and how it pays. */
import { z } from 'zod';

import { type Bill } from '../../ocpp';
import {
  after,
  type Caller,
  csvAnswer,
  type Cursors,
  hexBytes,
  named,
  orCsv,
  page,
  pageQuery,
  type Route,
  route,
  time,
  wantsCsv,
} from '../../rest';
import { type Charging } from '../charging';
import { ownSession, ownSessions, type OwnSession, placeOf } from '../owner-account';
import { PAYMENT_MODES } from '../payments';

export interface OwnerAccountRouteParts {
  readonly charging: Charging;
  readonly cursors: Cursors;
}

const billSchema = named(
  'OwnBill',
  z.object({
    transactionId: z.string(),
    currency: z.string(),
    startedAt: time,
    endedAt: time,
    energyWh: z.int(),
    lines: z.array(
      z.object({
        kind: z.enum(['energy', 'discharge', 'time', 'idle', 'fixed', 'tax']),
        quantity: z.int(),
        amountMinor: z.int(),
        period: z.string().optional(),
      }),
    ),
    totalMinor: z.int(),
    tariff: z.string().optional(),
    salt: z.string().optional().describe('opens the terms of the record on the chain'),
  }),
);

const sessionSchema = named(
  'OwnSession',
  z.object({
    transaction: z.string(),
    state: z
      .enum(['open', 'awaiting', 'billed', 'settled', 'disputed'])
      .describe('`awaiting`: the bill waits for your confirmation'),
    code: z.string().describe('why it is disputed'),
    startedAt: time.nullable(),
    endedAt: time.nullable(),
    energyWh: z.int().nullable(),
    totalMinor: z.int().nullable(),
    settledMinor: z.int().nullable(),
    currency: z.string(),
    bill: billSchema.nullable(),
  }),
);

type Session = z.output<typeof sessionSchema>;

const COLUMNS = {
  transaction: ({ transaction }: Session) => transaction,
  state: ({ state }: Session) => state,
  code: ({ code }: Session) => code,
  startedAt: ({ startedAt }: Session) => startedAt,
  endedAt: ({ endedAt }: Session) => endedAt,
  energyWh: ({ energyWh }: Session) => energyWh,
  totalMinor: ({ totalMinor }: Session) => totalMinor,
  settledMinor: ({ settledMinor }: Session) => settledMinor,
  currency: ({ currency }: Session) => currency,
} as const;

const paymentSchema = z.strictObject({ payment: z.enum(PAYMENT_MODES) });
const month = z.string().regex(/^\d{4}-(?:0[1-9]|1[0-2])$/, 'must be a month as yyyy-mm');
const OWNER = ['owner'] as const;
const TAG = 'owner';

/** `provider/contract`: an owner's certificate is good at its provider, and at the centres that serve it. */
const customerOf = ({ at, name }: Caller): string => `${at}/${name}`;

export function ownerAccountRoutes({ charging, cursors }: OwnerAccountRouteParts): Route[] {
  const { currency } = charging.tariff;
  const describe = (session: OwnSession): Session => describeSession(session, currency);
  return [
    route({
      method: 'GET',
      path: '/v1/owner',
      operationId: 'getOwner',
      summary: 'You, and how you pay',
      tag: TAG,
      roles: OWNER,
      reply: {
        status: 200,
        description: 'What is known of you here.',
        schema: z.object({
          service: z.literal('centre'),
          customer: z.string(),
          payment: z.enum(PAYMENT_MODES),
          currency: z.string(),
        }),
      },
      handle: ({ person }) => {
        const customer = customerOf(person);
        return Promise.resolve({ service: 'centre', customer, payment: charging.paymentOf(customer), currency });
      },
    }),
    route({
      method: 'PUT',
      path: '/v1/owner/payment',
      operationId: 'choosePayment',
      summary: 'Pay automatically, or confirm each bill before it is charged',
      description: 'Back to automatic, bills that wait are charged.',
      tag: TAG,
      roles: OWNER,
      body: paymentSchema,
      reply: { status: 200, description: 'From the next bill on.', schema: paymentSchema },
      handle: async ({ body: { payment }, person }) => {
        await charging.choosePayment(customerOf(person), payment);
        return { payment };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/owner/sessions',
      operationId: 'listOwnSessions',
      summary: 'Your charging sessions with cost',
      tag: TAG,
      roles: OWNER,
      query: z.strictObject({
        ...pageQuery,
        month: month.optional().describe('in which charging ended'),
        format: z.enum(['json', 'csv']).optional(),
      }),
      reply: {
        status: 200,
        description: 'Those under way, then newest first.',
        schema: page(sessionSchema),
        media: orCsv(z.string()),
      },
      handle: async (call) => {
        const { query, person } = call;
        const sessions = ownSessions(charging, customerOf(person), query.month);
        const list = `sessions ${person.id} ${query.month ?? ''}`;
        const { items, next } = await cursors.page(list, query, after(sessions, placeOf), placeOf);
        const found = { items: items.map(describe), next };
        return wantsCsv(call) ? csvAnswer(COLUMNS, found, '/v1/owner/sessions', query) : found;
      },
    }),
    route({
      method: 'PUT',
      path: '/v1/owner/sessions/:transaction/confirmation',
      operationId: 'confirmBill',
      summary: 'Confirm a bill that waits for you',
      tag: TAG,
      roles: OWNER,
      params: z.strictObject({ transaction: hexBytes(16) }),
      reply: { status: 200, description: 'It is charged; again changes nothing.', schema: sessionSchema },
      handle: async ({ params: { transaction }, person }) =>
        describe(ownSession(charging, await charging.confirm(customerOf(person), transaction))),
    }),
  ];
}

function describeSession({ transaction, state, code, bill, settledMinor }: OwnSession, currency: string): Session {
  return {
    transaction,
    state,
    code,
    startedAt: bill?.startedAt ?? null,
    endedAt: bill?.endedAt ?? null,
    energyWh: bill?.energyWh ?? null,
    totalMinor: bill?.totalMinor ?? null,
    settledMinor,
    currency: bill?.currency ?? currency,
    bill: bill ? describeBill(bill) : null,
  };
}

const describeBill = ({ lines, ...bill }: Bill): z.output<typeof billSchema> => ({
  ...bill,
  lines: lines.map((line) => ({ ...line })),
});
