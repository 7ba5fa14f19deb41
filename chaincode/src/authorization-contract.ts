import {
  ANY_SUBJECT,
  AUTHORIZATION,
  type AuthorizationReply,
  AUTHORIZE_EVENT,
  decodeJson,
  decodeGrantState,
  decodeName,
  decodeParty,
  decodeProviderEntry,
  decodeScope,
  decodeSignedGrant,
  decodeSubjectId,
  decodeWithdrawal,
  grantKey,
  keyRange,
  ProtocolError,
  REVOKE_AUTHORIZATION_EVENT,
} from '@chargecast/protocol';
import { Info, Returns, Transaction } from 'fabric-contract-api';
import { type AccessTable } from './access';
import { LedgerContext, LedgerContract } from './ledger-contract';
import { readPageRequest } from './paging';
import { judgeReading, putWord, type WordParts } from './rules/authorisations';
import { putProvider } from './rules/providers';
import { announce, readArgument, reply } from './shared-transactions';
import { toText } from './state';

export const AUTHORIZATION_ACCESS: AccessTable = {
  authorize: ['relay', 'provider', 'owner'],
  revokeAuthorization: ['relay', 'provider', 'owner'],
  isAuthorized: ['relay', 'provider', 'auditor', 'government', 'owner', 'carmaker'],
  getAuthorization: ['relay', 'provider', 'auditor', 'government', 'owner'],
  listAuthorizations: ['auditor', 'government'],
  mirrorProvider: ['relay', 'provider', 'admin'],
};

/** Whose data may be shown to whom. Stands on both channels: each decides from its own state. */
@Info({ title: 'authorization', description: 'Permissions of owners, providers and station operators' })
export class AuthorizationContract extends LedgerContract {
  constructor() {
    super(AUTHORIZATION.contract, 'both', AUTHORIZATION_ACCESS);
  }

  @Transaction()
  @Returns('string')
  async authorize(ctx: LedgerContext, grantJson: string): Promise<string> {
    const grant = readArgument(grantJson, decodeSignedGrant, 'grant');
    const status = await putWord(partsOf(ctx), grant);
    const { subject, party, grantor, scopes, until, version } = grant;
    if (status === 'committed') {
      announce(ctx, AUTHORIZE_EVENT, reply({ subject, party, by: grantor.by, scopes, until, version }));
    }
    return reply({ subject, party, status });
  }

  @Transaction()
  @Returns('string')
  async revokeAuthorization(ctx: LedgerContext, withdrawalJson: string): Promise<string> {
    const withdrawal = readArgument(withdrawalJson, decodeWithdrawal, 'withdrawal');
    const status = await putWord(partsOf(ctx), withdrawal);
    const { subject, party, grantor, version } = withdrawal;
    if (status === 'committed') {
      announce(ctx, REVOKE_AUTHORIZATION_EVENT, reply({ subject, party, by: grantor.by, version }));
    }
    return reply({ subject, party, status });
  }

  /** @param operator MSP id of the station's operator for a car maker's use; empty otherwise */
  @Transaction(false)
  @Returns('string')
  async isAuthorized(
    ctx: LedgerContext,
    subject: string,
    party: string,
    scope: string,
    operator: string,
  ): Promise<string> {
    const reader = { parties: [decodeParty(party, 'party')], carMaker: false };
    const whose = {
      id: decodeSubjectId(subject, 'subject'),
      ...(operator !== '' && { operator: decodeName(operator, 'operator') }),
    };
    const answer = await judgeReading(ctx.state, whose, reader, decodeScope(scope, 'scope'), ctx.time);
    return reply(answer satisfies AuthorizationReply);
  }

  /** @param grantor `owner`, `provider.<name>` or `operator.<MSP id>` */
  @Transaction(false)
  @Returns('string')
  async getAuthorization(ctx: LedgerContext, subject: string, party: string, grantor: string): Promise<string> {
    const key = grantKey(decodeSubject(subject), decodeParty(party, 'party'), grantor);
    const state = await ctx.state.json(key, decodeGrantState);
    if (!state) throw new ProtocolError('E_NOT_FOUND', 'this grantor has said nothing on this subject and party');
    return reply(state);
  }

  @Transaction(false)
  @Returns('string')
  async listAuthorizations(ctx: LedgerContext, pageSize: string, bookmark: string): Promise<string> {
    const request = readPageRequest(pageSize, bookmark);
    const page = await ctx.state.page(keyRange('grant'), request.pageSize, request.bookmark, (key, value) =>
      decodeJson(toText(value), decodeGrantState, key),
    );
    return reply(page);
  }

  /** A provider's admission, with the organisations' approvals, as it stands on the certification chain. */
  @Transaction()
  @Returns('string')
  async mirrorProvider(ctx: LedgerContext, providerJson: string): Promise<string> {
    const entry = readArgument(providerJson, decodeProviderEntry, 'provider');
    const status = await putProvider(ctx.state, ctx.params, entry);
    return reply({ provider: entry.provider, status });
  }
}

const partsOf = ({ state, params, time, stub }: LedgerContext): WordParts => ({
  state,
  params,
  time,
  holdsCertificates: stub.getChannelID() === params.certchain,
});

const decodeSubject = (subject: string): string =>
  subject === ANY_SUBJECT ? subject : decodeSubjectId(subject, 'subject');
