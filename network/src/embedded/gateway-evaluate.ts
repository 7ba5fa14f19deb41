import { status } from '@grpc/grpc-js';
import { gateway, type peer } from '@hyperledger/fabric-protos';

import { type Channel } from './channel';
import { failure } from './endorsement-plan';
import { type Endorser, isEndorsed } from './endorser';
import { type LocalGateway, readProposal, refusedBy, requireChannel, within } from './gateway-requests';
import { type Proposal } from './proposal';
import { type NodeFailure, RpcError } from './rpc-error';

const ALL_FAILED = 'failed to evaluate transaction, see attached details for more info';

/** Executes a proposal at one organisation, at the next where that one's peer fails, and returns the chaincode's answer. */
export async function evaluate(
  context: LocalGateway,
  request: gateway.EvaluateRequest,
  signal: AbortSignal,
): Promise<gateway.EvaluateResponse> {
  const proposal = readProposal(
    request.getProposedTransaction(),
    'a signed proposal is required',
    'failed to unpack transaction proposal: ',
  );
  const channel = requireChannel(context, proposal.channelId, status.UNAVAILABLE);
  const endorsers = evaluators(context, proposal, request.getTargetOrganizationsList());
  refuse(context, proposal, endorsers);
  const { endorsementTimeout } = context.consortium.limits;
  const result = await within(signal, endorsementTimeout, 'evaluate timeout expired', () =>
    evaluateAt(context, proposal, channel, endorsers, signal),
  );
  const response = new gateway.EvaluateResponse();
  response.setResult(result);
  return response;
}

function evaluators(
  { consortium, local }: LocalGateway,
  { channelId, chaincodeName, hasTransientData }: Proposal,
  targets: readonly string[],
): readonly Endorser[] {
  const available = consortium.endorsersFor(channelId, chaincodeName, local);
  const guarded = hasTransientData && targets.length === 0;
  const wanted = guarded ? [local] : targets;
  const endorsers = wanted.length === 0 ? available : available.filter(({ mspId }) => wanted.includes(mspId));
  if (endorsers.length > 0) return endorsers;
  const none = `no peers available to evaluate chaincode ${chaincodeName} in channel ${channelId}`;
  throw new RpcError(
    status.FAILED_PRECONDITION,
    guarded
      ? `no endorsers found in the gateway's organization; retry specifying target organization(s) to protect transient data: ${none}`
      : none,
  );
}

function refuse(context: LocalGateway, proposal: Proposal, endorsers: readonly Endorser[]): void {
  const refusal = context.consortium.refusal(proposal);
  if (!refusal) return;
  const [first] = endorsers as readonly [Endorser];
  if (refusal.stage === 'unauthenticated' || first.mspId !== context.local) {
    const failures = endorsers.map((endorser) => refusedBy(context, endorser, refusal.message));
    throw new RpcError(status.UNAVAILABLE, ALL_FAILED, failures);
  }
  throw new RpcError(status.FAILED_PRECONDITION, `evaluate call to endorser returned error: ${refusal.message}`, [
    failure(first, refusal.message),
  ]);
}

async function evaluateAt(
  { consortium }: LocalGateway,
  proposal: Proposal,
  channel: Channel,
  endorsers: readonly Endorser[],
  signal: AbortSignal,
): Promise<peer.Response> {
  const failures: NodeFailure[] = [];
  const snapshot = channel.snapshot();
  try {
    for (const endorser of endorsers) {
      const answer = await consortium.execute(endorser, proposal, snapshot);
      if (isEndorsed(answer)) return answer.response;
      failures.push(failure(endorser, answer.message));
      if (!answer.retry) {
        throw new RpcError(answer.code, `evaluate call to endorser returned error: ${answer.message}`, failures);
      }
      if (signal.aborted) break;
    }
  } finally {
    await snapshot.close();
  }
  throw new RpcError(status.ABORTED, ALL_FAILED, failures);
}
