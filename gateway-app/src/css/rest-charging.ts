import { CHARGING_RECORDS, type ChargingRecordEntry, MAX_PAGE } from '@chargecast/protocol';
import { z } from 'zod';

import { type Ledger } from '../ledger';
import {
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
  timeOf,
  wantsCsv,
  wholeNumber,
} from '../rest';

const recordSchema = named(
  'ChargingRecord',
  z.object({
    transaction: hexBytes(16),
    meter: z.string().describe('pseudo-identity of the pile'),
    vehicle: hexBytes(32).describe('a commitment: names nobody'),
    subject: hexBytes(32).describe('a commitment: opened by who shows a car maker or an authority their record'),
    terms: z.string().nullable().describe('commitment to the tariff agreed before'),
    startedAt: time,
    endedAt: time,
    energyWh: z.int().describe('taken less given back'),
    readings: z.array(z.object({ at: time, importWh: z.int(), exportWh: z.int() })),
    signature: z.string().describe('of the pile'),
  }),
);
type Row = z.infer<typeof recordSchema>;

interface RecordPage {
  readonly items: readonly ChargingRecordEntry[];
  readonly bookmark: string;
}

/** Charging records as members of the consortium read them: chaincode decides, and they name no vehicle. */
export function chargingRecordRoute(ledger: Pick<Ledger, 'evaluate'>, cursors: Cursors): Route {
  return route({
    method: 'GET',
    path: '/v1/charging-records',
    operationId: 'listChargingRecords',
    summary: 'Charging records of the data chain, by transaction',
    tag: 'chain',
    roles: ['operator', 'auditor'],
    query: z.strictObject({
      ...pageQuery,
      limit: wholeNumber(1, MAX_PAGE).default(100).describe('most items of one page'),
      format: z.enum(['json', 'csv']).optional(),
    }),
    reply: { status: 200, description: 'A page.', schema: page(recordSchema), media: orCsv(z.string()) },
    async handle(call) {
      const { limit, cursor } = call.query;
      const from = cursor === undefined ? '' : cursors.open('charging records', cursor);
      const { contract, listChargingRecords: name } = CHARGING_RECORDS;
      const answer = await ledger.evaluate('datachain', { contract, name, args: [String(limit), from] });
      const { items, bookmark } = JSON.parse(Buffer.from(answer).toString('utf8')) as RecordPage;
      const isLast = items.length < limit || bookmark === '';
      const found = { items: items.map(rowOf), next: isLast ? null : cursors.seal('charging records', bookmark) };
      return wantsCsv(call) ? csvAnswer(COLUMNS, found, '/v1/charging-records', call.query) : found;
    },
  });
}

function rowOf({ transaction, meter, vehicle, subject, terms, readings, signature }: ChargingRecordEntry): Row {
  const shown = readings.map(({ at, ...registers }) => ({ at: timeOf(at * 1000), ...registers }));
  const [first, last] = [readings[0], readings.at(-1)];
  const gained = (register: 'importWh' | 'exportWh'): number => (last?.[register] ?? 0) - (first?.[register] ?? 0);
  return {
    transaction,
    meter,
    vehicle,
    subject,
    terms: terms ?? null,
    startedAt: timeOf((first?.at ?? 0) * 1000),
    endedAt: timeOf((last?.at ?? 0) * 1000),
    energyWh: gained('importWh') - gained('exportWh'),
    readings: shown,
    signature,
  };
}

const COLUMNS: Readonly<Record<string, (row: Row) => string | number | null>> = {
  transaction: ({ transaction }) => transaction,
  meter: ({ meter }) => meter,
  startedAt: ({ startedAt }) => startedAt,
  endedAt: ({ endedAt }) => endedAt,
  energyWh: ({ energyWh }) => energyWh,
  terms: ({ terms }) => terms,
};
