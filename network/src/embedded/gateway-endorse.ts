import { status } from '@grpc/grpc-js';
import { common, gateway, peer } from '@hyperledger/fabric-protos';

import { type Channel } from './channel';
import { type Asked, type Collected, collectAgreeing, collectAll } from './endorsement-plan';
import { type Endorser } from './endorser';
import { type LocalGateway, readProposal, refusedBy, requireChannel, within } from './gateway-requests';
import { type Proposal } from './proposal';
import { RpcError } from './rpc-error';

/** Collects the endorsements a transaction needs, or those of the organisations named, and assembles it. */
export async function endorse(
  context: LocalGateway,
  request: gateway.EndorseRequest,
  signal: AbortSignal,
): Promise<gateway.EndorseResponse> {
  const proposal = readProposal(
    request.getProposedTransaction(),
    'the proposed transaction must contain a signed proposal',
  );
  const organisations = request.getEndorsingOrganizationsList();
  const endorsers = plannedEndorsers(context, proposal, organisations);
  const refusal = context.consortium.refusal(proposal);
  if (refusal) throw refusedEndorsement(context, endorsers, organisations.length > 0, refusal.message);
  const channel = requireChannel(context, proposal.channelId, status.UNAVAILABLE);
  const late = 'endorsement timeout expired while collecting endorsements';
  const collected = await within(signal, context.consortium.limits.endorsementTimeout, late, () => {
    if (organisations.length > 0) return collectAll(ask(context, endorsers, proposal, channel));
    const policy = channel.policies.endorsementOf(proposal.chaincodeName);
    const needed = endorsers.filter(({ mspId }) => policy.organisations.includes(mspId));
    return collectAgreeing(ask(context, needed, proposal, channel), policy.quorum);
  });
  const response = new gateway.EndorseResponse();
  response.setPreparedTransaction(prepareTransaction(proposal, collected));
  return response;
}

function plannedEndorsers(
  { consortium, local }: LocalGateway,
  { channelId, chaincodeName, hasTransientData }: Proposal,
  organisations: readonly string[],
): readonly Endorser[] {
  const available = consortium.endorsersFor(channelId, chaincodeName, local);
  if (organisations.length > 0) {
    const missing = organisations.filter((wanted) => !available.some(({ mspId }) => mspId === wanted));
    if (missing.length === 0) return available.filter(({ mspId }) => organisations.includes(mspId));
    throw new RpcError(status.UNAVAILABLE, `failed to find any endorsing peers for org(s): ${missing.join(', ')}`);
  }
  const [first] = available;
  if (hasTransientData && first?.mspId !== local) {
    throw new RpcError(
      status.FAILED_PRECONDITION,
      "no endorsers found in the gateway's organization; retry specifying endorsing organization(s) to protect transient data",
    );
  }
  if (first) return available;
  throw new RpcError(
    status.FAILED_PRECONDITION,
    `no combination of peers can be derived which satisfy the endorsement policy: No metadata was found for chaincode ${chaincodeName} in channel ${channelId}`,
  );
}

function refusedEndorsement(
  context: LocalGateway,
  endorsers: readonly Endorser[],
  chosen: boolean,
  message: string,
): RpcError {
  const text = chosen
    ? 'failed to collect enough transaction endorsements, see attached details for more info'
    : 'failed to endorse transaction, see attached details for more info';
  const asked = chosen ? endorsers : endorsers.slice(0, 1);
  return new RpcError(
    status.ABORTED,
    text,
    asked.map((endorser) => refusedBy(context, endorser, message)),
  );
}

/** All organisations at once, against one state; it is let go when the last has answered. */
function ask(
  { consortium }: LocalGateway,
  endorsers: readonly Endorser[],
  proposal: Proposal,
  channel: Channel,
): readonly Asked[] {
  const snapshot = channel.snapshot();
  const asked = endorsers.map((endorser) => ({ endorser, answer: consortium.execute(endorser, proposal, snapshot) }));
  void Promise.allSettled(asked.map(({ answer }) => answer)).then(() => snapshot.close());
  return asked;
}

/** The envelope the client is to sign; transient data are not in it. */
function prepareTransaction(proposal: Proposal, { responsePayload, endorsements }: Collected): common.Envelope {
  const endorsed = new peer.ChaincodeEndorsedAction();
  endorsed.setProposalResponsePayload(responsePayload);
  endorsed.setEndorsementsList([...endorsements]);
  const actionPayload = new peer.ChaincodeActionPayload();
  actionPayload.setChaincodeProposalPayload(proposal.publicPayload);
  actionPayload.setAction(endorsed);
  const action = new peer.TransactionAction();
  action.setHeader(proposal.headerBytes.signature);
  action.setPayload(actionPayload.serializeBinary());
  const transaction = new peer.Transaction();
  transaction.setActionsList([action]);
  const header = new common.Header();
  header.setChannelHeader(proposal.headerBytes.channel);
  header.setSignatureHeader(proposal.headerBytes.signature);
  const payload = new common.Payload();
  payload.setHeader(header);
  payload.setData(transaction.serializeBinary());
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  return envelope;
}
