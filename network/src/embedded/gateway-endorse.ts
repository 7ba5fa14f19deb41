import { status } from '@grpc/grpc-js';
import { common, gateway, peer } from '@hyperledger/fabric-protos';

import { type Channel } from './channel';
import { type Candidate, type Collected, collectAgreeing, collectAll } from './endorsement-plan';
import { type Endorsement, type Endorser } from './endorser';
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
    if (organisations.length > 0) return againstOneState(context, endorsers, proposal, channel, collectAll);
    const { organisations: entitled, quorum } = channel.policies.endorsementOf(proposal.chaincodeName);
    const candidates = inTurn(
      endorsers.filter(({ mspId }) => entitled.includes(mspId)),
      proposal.txId,
    );
    return againstOneState(context, candidates, proposal, channel, (asked) => collectAgreeing(asked, quorum));
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

/** The first stays; of the others each comes first as often, so that none executes more than its share. */
function inTurn([first, ...others]: readonly Endorser[], txId: string): readonly Endorser[] {
  if (!first || others.length === 0) return first ? [first] : [];
  const start = Number.parseInt(txId.slice(0, 8), 16) % others.length;
  return [first, ...others.slice(start), ...others.slice(0, start)];
}

/** Whoever is asked executes on the same state; it is let go when the last has answered. */
async function againstOneState(
  { consortium }: LocalGateway,
  endorsers: readonly Endorser[],
  proposal: Proposal,
  channel: Channel,
  collect: (candidates: readonly Candidate[]) => Promise<Collected>,
): Promise<Collected> {
  const snapshot = channel.snapshot();
  const answers: Promise<Endorsement>[] = [];
  const candidates = endorsers.map((endorser) => ({
    endorser,
    ask: (): Promise<Endorsement> => {
      const answer = consortium.execute(endorser, proposal, snapshot);
      answers.push(answer);
      return answer;
    },
  }));
  try {
    return await collect(candidates);
  } finally {
    void Promise.allSettled(answers).then(() => snapshot.close());
  }
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
