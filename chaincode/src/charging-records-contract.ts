import {
  type AddChargingRecordReply,
  type AdmitMetersReply,
  CHARGING_RECORDS,
  decodeChargingRecordEntries,
  decodeSubmittedEntries,
  hex,
  ProtocolError,
  PSEUDONYM_BYTES,
  TRANSACTION_BYTES,
} from '@chargecast/protocol';
import { Info, Returns, Transaction } from 'fabric-contract-api';
import { type AccessTable } from './access';
import { LedgerContext, LedgerContract } from './ledger-contract';
import { readPageRequest } from './paging';
import {
  addChargingRecords,
  countChargingRecords,
  pageChargingRecords,
  readChargingRecord,
} from './rules/charging-records';
import { ensureMayRead } from './rules/charging-readers';
import { admitMeters } from './rules/meters';
import { readArgument, reply } from './shared-transactions';

const CONSORTIUM = ['relay', 'kgc', 'provider', 'auditor'] as const;
/** By the permission of those concerned. */
const READERS = ['government', 'owner', 'carmaker'] as const;

export const CHARGING_RECORDS_ACCESS: AccessTable = {
  admitMeters: ['relay'],
  addChargingRecord: ['relay'],
  getChargingRecordCount: CONSORTIUM,
  getChargingRecord: [...CONSORTIUM, ...READERS],
  listChargingRecords: CONSORTIUM,
};

/** 128 records of 256 readings. */
const MAX_SUBMISSION_CHARACTERS = 4 * 1024 * 1024;

const pseudonym = hex(PSEUDONYM_BYTES);
const transactionId = hex(TRANSACTION_BYTES);

/** Energy delivered, by signed meters. Serves the data chain. */
@Info({ title: 'chargingRecords', description: 'Signed charging records on the data chain' })
export class ChargingRecordsContract extends LedgerContract {
  constructor() {
    super(CHARGING_RECORDS.contract, 'datachain', CHARGING_RECORDS_ACCESS);
  }

  @Transaction()
  @Returns('string')
  async admitMeters(ctx: LedgerContext, entriesJson: string): Promise<string> {
    const entries = readArgument(entriesJson, decodeSubmittedEntries, 'entries');
    return reply({ outcomes: await admitMeters(ctx.state, ctx.params, entries) } satisfies AdmitMetersReply);
  }

  @Transaction()
  @Returns('string')
  async addChargingRecord(ctx: LedgerContext, recordsJson: string): Promise<string> {
    const entries = readArgument(recordsJson, decodeChargingRecordEntries, 'records', MAX_SUBMISSION_CHARACTERS);
    return reply({ outcomes: await addChargingRecords(ctx, entries) } satisfies AddChargingRecordReply);
  }

  @Transaction(false)
  @Returns('string')
  async getChargingRecordCount(ctx: LedgerContext, meter: string): Promise<string> {
    const of = meter === '' ? '' : pseudonym(meter, 'meter');
    return reply({ count: await countChargingRecords(ctx.state, of) });
  }

  @Transaction(false)
  @Returns('string')
  async getChargingRecord(ctx: LedgerContext, transaction: string): Promise<string> {
    const entry = await readChargingRecord(ctx.state, transactionId(transaction, 'transaction'));
    await ensureMayRead(ctx, entry, CONSORTIUM);
    if (!entry) throw new ProtocolError('E_NOT_FOUND', 'no charging record holds this transaction');
    return reply(entry);
  }

  @Transaction(false)
  @Returns('string')
  async listChargingRecords(ctx: LedgerContext, pageSize: string, bookmark: string): Promise<string> {
    const request = readPageRequest(pageSize, bookmark);
    return reply(await pageChargingRecords(ctx.state, request.pageSize, request.bookmark));
  }
}
