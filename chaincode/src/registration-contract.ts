import {
  dayOf,
  decodeCertificate,
  decodeKeyRevocation,
  decodeMisbehaviourReport,
  decodeSignedSystemKey,
  decodeSubjectId,
  REPORT_EVENT,
  type ReportReply,
  REVOKE_EVENT,
  SYSTEM_KEY_EVENT,
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
import {
  certificateHistory,
  certificateReply,
  keyRevocationEvent,
  submitCertificates,
} from './certificate-transactions';
import { LedgerContext, LedgerContract } from './ledger-contract';
import { readPageRequest } from './paging';
import { registeredCertificate } from './rules/certificates';
import { initialise, readGivenParams } from './rules/initialise';
import { putKeyRevocation } from './rules/key-revocations';
import { listProviders, putProvider } from './rules/providers';
import { putRecords, revocationKeys } from './rules/records';
import { putReport, readReputation, valueOn } from './rules/reputation';
import { pageRevocations } from './rules/revocation';
import { putSystemKey, readSystemKey } from './rules/system-keys';
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
  publishSPK: ['relay', 'provider', 'admin'],
  querySPK: EVERYONE,
  registerPK: ['relay', 'provider'],
  updatePK: ['relay', 'provider'],
  revokePK: ['relay', 'kgc', 'provider', 'owner', 'admin'],
  queryVPK: ['relay', 'kgc', 'provider', 'auditor', 'government', 'owner'],
  listVPK: ['relay', 'kgc', 'provider', 'auditor', 'government'],
  historyVPK: ['auditor', 'government'],
  reportMisbehaviour: ['relay', 'provider'],
  reputation: ['relay', 'provider', 'auditor', 'government'],
};

const MAX_ENTRIES_CHARACTERS = 4 * 1024 * 1024;
const pseudonym = hex(16);

/** Who is who: params, providers, records, certificates, revocations, reputation. Serves the certification chain. */
@Info({
  title: 'registration',
  description: 'Providers, records, certificates and revocations on the certification chain',
})
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

  /** A provider's public parameters: the key its certificates hold under, and their terms. */
  @Transaction()
  @Returns('string')
  async publishSPK(ctx: LedgerContext, systemKeyJson: string): Promise<string> {
    const key = readArgument(systemKeyJson, decodeSignedSystemKey, 'systemKey');
    const status = await putSystemKey(ctx.state, ctx.params, ctx.time, key);
    const { provider, version } = key;
    if (status === 'committed') announce(ctx, SYSTEM_KEY_EVENT, reply({ provider, version }));
    return reply({ provider, version, status });
  }

  @Transaction(false)
  @Returns('string')
  async querySPK(ctx: LedgerContext, taId: string): Promise<string> {
    return reply(await readSystemKey(ctx.state, decodeName(taId, 'taId')));
  }

  @Transaction()
  @Returns('string')
  async registerPK(ctx: LedgerContext, entriesJson: string): Promise<string> {
    return submitCertificates(ctx, 'register', entriesJson);
  }

  @Transaction()
  @Returns('string')
  async updatePK(ctx: LedgerContext, entriesJson: string): Promise<string> {
    return submitCertificates(ctx, 'update', entriesJson);
  }

  @Transaction()
  @Returns('string')
  async revokePK(ctx: LedgerContext, revocationJson: string): Promise<string> {
    const revocation = readArgument(revocationJson, decodeKeyRevocation, 'revocation');
    const revoked = await putKeyRevocation(ctx.state, ctx.params, ctx.time, revocation);
    if (revoked) announce(ctx, REVOKE_EVENT, keyRevocationEvent(revoked));
    return reply({ id: revocation.id, status: revoked ? 'committed' : 'unchanged' });
  }

  /** For authorities: asking a peer for one vehicle tells the peer whom the question is about. Others replicate all. */
  @Transaction(false)
  @Returns('string')
  async queryVPK(ctx: LedgerContext, id: string): Promise<string> {
    return reply(await certificateReply(ctx, decodeSubjectId(id, 'id')));
  }

  @Transaction(false)
  @Returns('string')
  async listVPK(ctx: LedgerContext, pageSize: string, bookmark: string): Promise<string> {
    const request = readPageRequest(pageSize, bookmark);
    const page = await ctx.state.page(keyRange('vpk'), request.pageSize, request.bookmark, (key, value) =>
      decodeJson(toText(value), decodeCertificate, key),
    );
    return reply(page);
  }

  @Transaction(false)
  @Returns('string')
  async historyVPK(ctx: LedgerContext, id: string): Promise<string> {
    return reply(await certificateHistory(ctx, decodeSubjectId(id, 'id')));
  }

  @Transaction()
  @Returns('string')
  async reportMisbehaviour(ctx: LedgerContext, reportJson: string): Promise<string> {
    const report = readArgument(reportJson, decodeMisbehaviourReport, 'report');
    const { value, revoked, revocation } = await putReport(ctx, report);
    const { subject, kind } = report;
    announce(
      ctx,
      revocation ? REVOKE_EVENT : REPORT_EVENT,
      revocation ? keyRevocationEvent(revocation) : reply({ id: subject, kind, value }),
    );
    return reply({ value, revoked } satisfies ReportReply);
  }

  @Transaction(false)
  @Returns('string')
  async reputation(ctx: LedgerContext, id: string): Promise<string> {
    await registeredCertificate(ctx.state, decodeSubjectId(id, 'id'));
    const standing = await readReputation(ctx.state, id);
    return reply({ id, value: valueOn(standing, dayOf(ctx.time)), reports: standing?.reports ?? 0 });
  }
}
