import { chargingTransaction } from '@chargecast/protocol';
import { z } from 'zod';

import { localMonth } from '../../common/zone-time';
import { type Bill } from '../../ocpp';
import { priceOf } from '../../pricing';
import {
  after,
  columnsOf,
  csvAnswer,
  hexBytes,
  named,
  notFound,
  orCsv,
  page,
  pageQuery,
  type Route,
  route,
  time,
  timeOf,
  wantsCsv,
} from '../../rest';
import { stateOf } from '../account-state';
import { type SettledAccount } from '../charging';
import { type ChargingSession } from '../sessions';
import { statementOf } from '../statement';
import { CodedError } from '../../common/errors';
import { type CscRoutesParts } from './parts';

const state = z.enum(['open', 'ended', 'awaiting', 'billed', 'settled', 'disputed']);
const minor = z.int().describe('integer minor units of `currency`');

const sessionSchema = named(
  'Session',
  z.object({
    transaction: hexBytes(16),
    customer: z.string().nullable().describe('`provider/contract`, once the provider has said so'),
    pile: z.string().nullable(),
    state: state.describe('open: plugged in; ended: no record yet; awaiting: the customer has yet to confirm the bill'),
    code: z.string().describe('why it is disputed'),
    startedAt: time.nullable(),
    endedAt: time.nullable(),
    powerW: z.int().nullable().describe('as the vehicle last reported'),
    energyWh: z.int().nullable().describe('billed, or as the vehicle last reported'),
    runningMinor: minor.nullable().describe('cost so far, by the tariff'),
    totalMinor: minor.nullable().describe('final cost'),
    settledMinor: minor.nullable(),
    currency: z.string().nullable(),
  }),
);
export type SessionRow = z.infer<typeof sessionSchema>;

const lineSchema = z.object({
  kind: z.string(),
  quantity: z.int(),
  amountMinor: z.int(),
  period: z.string().optional(),
});

const sessionDetailSchema = named(
  'SessionDetail',
  z.object({
    ...sessionSchema.shape,
    lines: z.array(lineSchema).describe('of the bill'),
    tariff: z.string().nullable(),
  }),
);

const billSchema = named(
  'Bill',
  z.object({
    transaction: hexBytes(16),
    customer: z.string(),
    state,
    currency: z.string(),
    startedAt: z.string(),
    endedAt: z.string(),
    energyWh: z.int(),
    totalMinor: minor,
    settledMinor: minor,
  }),
);
type BillRow = z.infer<typeof billSchema>;

const statementSchema = named(
  'Statement',
  z.object({
    month: z.string(),
    currency: z.string(),
    transactions: z.int(),
    energyWh: z.int(),
    billedMinor: minor,
    settledMinor: minor,
    disputed: z.int(),
  }),
);

const OPERATORS = ['operator', 'integrator'] as const;
const format = z.enum(['json', 'csv']).optional();
const month = z.string().regex(/^\d{4}-(?:0[1-9]|1[0-2])$/, 'must be yyyy-mm');

export function sessionRoutes(parts: CscRoutesParts): Route[] {
  const { cursors } = parts;
  return [
    route({
      method: 'GET',
      path: '/v1/sessions',
      operationId: 'listSessions',
      summary: 'Charging sessions with running or final cost, newest first',
      tag: 'sessions',
      roles: OPERATORS,
      query: z.strictObject({
        ...pageQuery,
        state: state.optional(),
        customer: z.string().min(1).max(256).optional(),
        format,
      }),
      reply: { status: 200, description: 'A page.', schema: page(sessionSchema), media: orCsv(z.string()) },
      async handle(call) {
        const { state: wanted, customer } = call.query;
        const sessions = [...sessionsOf(parts)]
          .filter((each) => wanted === undefined || wanted === sessionState(parts, each))
          .filter((each) => customer === undefined || customer === customerOf(parts, each))
          .map((session) => ({ session, place: placeOf(session) }))
          .sort((a, b) => (a.place < b.place ? 1 : -1));
        const { items, next } = await cursors.page(
          `sessions ${wanted ?? ''} ${customer ?? ''}`,
          call.query,
          (place, limit) => {
            const start = place === undefined ? 0 : sessions.findIndex((each) => each.place < place);
            return start < 0 ? [] : sessions.slice(start, start + limit);
          },
          ({ place }) => place,
        );
        const found = { items: items.map(({ session }) => rowOf(parts, session)), next };
        return wantsCsv(call) ? csvAnswer(columnsOf(sessionSchema), found, '/v1/sessions', call.query) : found;
      },
    }),
    route({
      method: 'GET',
      path: '/v1/sessions/:transaction',
      operationId: 'getSession',
      summary: 'One session with the lines of its bill',
      tag: 'sessions',
      roles: OPERATORS,
      params: z.strictObject({ transaction: hexBytes(16) }),
      reply: { status: 200, description: 'The session.', schema: sessionDetailSchema },
      handle({ params: { transaction } }) {
        const session = sessionOf(parts, transaction);
        if (!session) throw notFound('E_SESSION_UNKNOWN', 'this centre knows no such session');
        const { bill } = session.account;
        const lines = (bill?.lines ?? []).map((line) => ({ ...line }));
        return Promise.resolve({ ...rowOf(parts, session), lines, tariff: bill?.tariff ?? null });
      },
    }),
    route({
      method: 'GET',
      path: '/v1/bills',
      operationId: 'listBills',
      summary: 'Bills of a month, by the end of charging',
      tag: 'bills',
      roles: OPERATORS,
      query: z.strictObject({ ...pageQuery, month: month.optional(), format }),
      reply: { status: 200, description: 'A page.', schema: page(billSchema), media: orCsv(z.string()) },
      async handle(call) {
        const rows = billsOf(parts, call.query.month ?? '');
        const found = await cursors.page(
          `bills ${call.query.month ?? ''}`,
          call.query,
          after(rows, billPlace),
          billPlace,
        );
        return wantsCsv(call) ? csvAnswer(columnsOf(billSchema), found, '/v1/bills', call.query) : found;
      },
    }),
    route({
      method: 'GET',
      path: '/v1/statements/:month',
      operationId: 'getStatement',
      summary: 'What a month came to',
      tag: 'bills',
      roles: OPERATORS,
      params: z.strictObject({ month }),
      reply: { status: 200, description: 'Sums over its bills.', schema: statementSchema },
      handle: ({ params }) => Promise.resolve(statement(parts, params.month)),
    }),
  ];
}

/** An account, and the session its vehicle is in as long as it is plugged in. */
interface Session {
  readonly account: SettledAccount;
  readonly open: ChargingSession | undefined;
}

/** In no order. */
function* sessionsOf(parts: CscRoutesParts): Generator<Session> {
  const open = openOf(parts);
  for (const account of parts.charging?.accounts() ?? []) {
    const { transaction } = account;
    yield { account, open: open.get(transaction)?.open };
    open.delete(transaction);
  }
  yield* open.values();
}

function sessionOf(parts: CscRoutesParts, transaction: string): Session | undefined {
  const open = openOf(parts).get(transaction);
  const account = parts.charging?.account(transaction);
  return account ? { account, open: open?.open } : open;
}

/** By transaction, whether or not this centre keeps accounts. */
function openOf({ sessions }: CscRoutesParts): Map<string, Session> {
  const found = new Map<string, Session>();
  for (const [vehicle, open] of sessions.entries()) {
    const { session, pile } = open;
    const transaction = chargingTransaction(session);
    found.set(transaction, { account: { transaction, session, vehicle, pile, salt: '' }, open });
  }
  return found;
}

function rowOf(parts: CscRoutesParts, session: Session): SessionRow {
  const { account, open } = session;
  const { transaction, disputed = '', settlement, pile, bill } = account;
  return {
    transaction,
    customer: customerOf(parts, session) ?? null,
    pile: parts.directory.pileOf(pile) ?? null,
    state: sessionState(parts, session),
    code: disputed,
    ...(bill ? billedPart(bill) : runningPart(parts, open)),
    settledMinor: settlement?.totalMinor ?? null,
  };
}

function customerOf({ directory }: CscRoutesParts, { account }: Session): string | undefined {
  return account.customer ?? directory.customerOf(account.vehicle);
}

type Costs = Omit<SessionRow, 'transaction' | 'customer' | 'pile' | 'state' | 'code' | 'settledMinor'>;

function billedPart({ startedAt, endedAt, energyWh, totalMinor, currency }: Bill): Costs {
  return { startedAt, endedAt, powerW: null, energyWh, runningMinor: null, totalMinor, currency };
}

/** By the vehicle's own last report: what it will be billed is in its record alone. */
function runningPart({ charging, power }: CscRoutesParts, open: ChargingSession | undefined): Costs {
  const tariff = charging?.tariff;
  const report = open && power.of(open.session);
  const readings = open && report && [meter(open.since, 0), meter(Math.max(report.at, open.since), report.energyWh)];
  return {
    startedAt: open ? timeOf(open.since * 1000) : null,
    endedAt: null,
    powerW: report ? report.powerWatts : null,
    energyWh: report ? report.energyWh : null,
    runningMinor: tariff && readings ? priceOf(tariff, readings, false).totalMinor : null,
    totalMinor: null,
    currency: tariff ? tariff.currency : null,
  };
}

function sessionState({ charging }: CscRoutesParts, { account, open }: Session): SessionRow['state'] {
  const found = stateOf(account, charging);
  return found === 'open' && !open ? 'ended' : found;
}

/** Energy given back is not billed before the record says so. */
function meter(at: number, energyWh: number): { at: number; importWh: number; exportWh: number } {
  return { at, importWh: Math.max(0, energyWh), exportWh: 0 };
}

/** Newest last; those without a time, as they are not billed and not plugged in, before all others. */
const placeOf = ({ account: { bill, transaction }, open }: Session): string =>
  `${startOf(bill, open) ?? ''} ${transaction}`;
const startOf = (bill: Bill | undefined, open: ChargingSession | undefined): string | undefined =>
  bill?.startedAt ?? (open && timeOf(open.since * 1000));
const billPlace = ({ endedAt, transaction }: BillRow): string => `${endedAt} ${transaction}`;

function billsOf(parts: CscRoutesParts, of: string): BillRow[] {
  const { charging } = parts;
  if (!charging) {
    throw new CodedError('E_CHARGING_OFF', 'this centre bills nothing: give its configuration charging.tariff');
  }
  const { zone } = charging.tariff;
  const rows: BillRow[] = [];
  for (const account of charging.accounts()) {
    const { transaction, bill, settlement, customer = '' } = account;
    if (!bill || (of !== '' && localMonth(zone, Date.parse(bill.endedAt) / 1000) !== of)) continue;
    rows.push({
      transaction,
      customer,
      state: stateOf(account, charging),
      currency: bill.currency,
      startedAt: bill.startedAt,
      endedAt: bill.endedAt,
      energyWh: bill.energyWh,
      totalMinor: bill.totalMinor,
      settledMinor: settlement?.totalMinor ?? 0,
    });
  }
  return rows.sort((a, b) => (billPlace(a) < billPlace(b) ? -1 : 1));
}

function statement(parts: CscRoutesParts, of: string): z.infer<typeof statementSchema> {
  const rows = billsOf(parts, of);
  const charging = parts.charging as NonNullable<CscRoutesParts['charging']>;
  const sum = (read: (row: BillRow) => number): number => rows.reduce((total, row) => total + read(row), 0);
  return {
    month: of,
    currency: charging.tariff.currency,
    transactions: rows.length,
    energyWh: sum(({ energyWh }) => energyWh),
    billedMinor: sum(({ totalMinor }) => totalMinor),
    settledMinor: sum(({ settledMinor }) => settledMinor),
    disputed: statementOf(charging, of).filter(({ state: found }) => found === 'disputed').length,
  };
}
