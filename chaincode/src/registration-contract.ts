import {
  decodeProviderEntry,
  decodeRecordRevocation,
  decodeSubmittedEntries,
  decodeRecordEntry,
  decodeJson,
  hex,
  keyRange,
  decodeName,
  ProtocolError,
  providerKey,
  type PutRecordsReply,
  RECORDS_EVENT,
  REGISTRATION,
  recordKey,
} from '@chargecast/protocol';
import { encodeParams } from '@chargecast/signcryption/params';
import { Info, Returns, Transaction } from 'fabric-contract-api';
import { type AccessTable, EVERYONE } from './access';
import { LedgerContext, LedgerContract } from './ledger-contract';
import { readPageRequest } from './paging';
import { initialise, readGivenParams } from './rules/initialise';
import { listProviders, putProvider } from './rules/providers';
import { putRecords, revocationKeys } from './rules/records';
import { pageRevocations } from './rules/revocation';
import {
  announce,
  governance,
  governanceItem,
  mirrorGovernance,
  readArgument,
  reply,
  revoke,
} from './shared-transactions';
import { toText } from './state';

export const REGISTRATION_ACCESS: AccessTable = {
  init: ['admin'],
  getParams: EVERYONE,
  putProvider: ['relay', 'provider', 'admin'],
  getProvider: EVERYONE,
  listProviders: EVERYONE,
  putRecords: ['relay', 'provider'],
  getRecord: ['auditor', 'government'],
  listRecords: ['relay', 'kgc', 'provider', 'auditor', 'government'],
  revokeRecord: ['relay', 'kgc', 'provider', 'admin'],
  listRevocations: EVERYONE,
  mirrorGovernance: ['relay', 'kgc', 'provider', 'admin'],
  governance: EVERYONE,
  governanceItem: EVERYONE,
};

const MAX_ENTRIES_CHARACTERS = 4 * 1024 * 1024;
const pseudonym = hex(16);

/** Who is who: params, providers, records, revocations. Serves the certification chain. */
@Info({ title: 'registration', description: 'Providers, records and revocations on the certification chain' })
export class RegistrationContract extends LedgerContract {
  constructor() {
    super(REGISTRATION.contract, 'certchain', REGISTRATION_ACCESS);
  }

  @Transaction()
  @Returns('string')
  async init(ctx: LedgerContext, paramsJson: string, roleMapJson: string): Promise<string> {
    const params = readGivenParams(paramsJson);
    this.ensureChannel(ctx, params);
    await initialise(ctx.state, params, roleMapJson);
    return encodeParams(params);
  }

  @Transaction(false)
  @Returns('string')
  async getParams(ctx: LedgerContext): Promise<string> {
    return encodeParams(ctx.params);
  }

  @Transaction()
  @Returns('string')
  async putProvider(ctx: LedgerContext, providerJson: string): Promise<string> {
    const entry = readArgument(providerJson, decodeProviderEntry, 'provider');
    const status = await putProvider(ctx.state, ctx.params, entry);
    return reply({ provider: entry.provider, status });
  }

  @Transaction(false)
  @Returns('string')
  async getProvider(ctx: LedgerContext, id: string): Promise<string> {
    const entry = await ctx.state.text(providerKey(decodeName(id, 'id')));
    if (entry === undefined) throw new ProtocolError('E_NOT_FOUND', `no provider ${id} is registered`);
    return entry;
  }

  @Transaction(false)
  @Returns('string')
  async listProviders(ctx: LedgerContext): Promise<string> {
    return reply(await listProviders(ctx.state));
  }

  @Transaction()
  @Returns('string')
  async putRecords(ctx: LedgerContext, entriesJson: string): Promise<string> {
    const entries = readArgument(entriesJson, decodeSubmittedEntries, 'entries', MAX_ENTRIES_CHARACTERS);
    const { outcomes, written } = await putRecords(ctx.state, ctx.params, ctx.time, entries);
    if (written.length > 0) announce(ctx, RECORDS_EVENT, reply({ records: written }));
    return reply({ outcomes } satisfies PutRecordsReply);
  }

  /** For auditors: asking a peer for one record tells the peer whom the question is about. Others replicate all. */
  @Transaction(false)
  @Returns('string')
  async getRecord(ctx: LedgerContext, f: string): Promise<string> {
    const entry = await ctx.state.text(recordKey(pseudonym(f, 'f')));
    if (entry === undefined) throw new ProtocolError('E_NOT_FOUND', 'no record holds this pseudo-identity');
    return entry;
  }

  @Transaction(false)
  @Returns('string')
  async listRecords(ctx: LedgerContext, pageSize: string, bookmark: string): Promise<string> {
    const request = readPageRequest(pageSize, bookmark);
    const page = await ctx.state.page(keyRange('record'), request.pageSize, request.bookmark, (key, value) =>
      decodeJson(toText(value), decodeRecordEntry, key),
    );
    return reply(page);
  }

  @Transaction()
  @Returns('string')
  async revokeRecord(ctx: LedgerContext, revocationJson: string): Promise<string> {
    const item = readArgument(revocationJson, decodeRecordRevocation, 'revocation');
    return reply(await revoke(ctx, item, await revocationKeys(ctx.state, ctx.params, item)));
  }

  @Transaction(false)
  @Returns('string')
  async listRevocations(ctx: LedgerContext, pageSize: string, bookmark: string): Promise<string> {
    const request = readPageRequest(pageSize, bookmark);
    return reply(await pageRevocations(ctx.state, request.pageSize, request.bookmark));
  }

  @Transaction()
  @Returns('string')
  async mirrorGovernance(ctx: LedgerContext, itemJson: string): Promise<string> {
    return mirrorGovernance(ctx, itemJson, (item) => revocationKeys(ctx.state, ctx.params, item));
  }

  @Transaction(false)
  @Returns('string')
  async governance(ctx: LedgerContext): Promise<string> {
    return governance(ctx);
  }

  @Transaction(false)
  @Returns('string')
  async governanceItem(ctx: LedgerContext, kind: string): Promise<string> {
    return governanceItem(ctx, kind);
  }
}
