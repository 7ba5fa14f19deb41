import { type sendUnaryData, type ServerUnaryCall, type ServerWritableStream, status } from '@grpc/grpc-js';
import { common, gateway, peer } from '@hyperledger/fabric-protos';

import { type Admission } from './admission';
import { chaincodeEvents, EventFilter } from './chaincode-events';
import { type Channel, OrderingRefusal } from './channel';
import { type Consortium } from './consortium';
import { type Asked, type Collected, collectAgreeing, collectAll, failure } from './endorsement-plan';
import { type Endorser, isEndorsed } from './endorser';
import { messageOf } from './errors';
import { parse, parseProposal, type Proposal } from './proposal';
import { type NodeFailure, RpcError } from './rpc-error';
import { seekStart } from './seek';
import { send } from './streams';
import { readHeader } from './transaction';

const { INVALID_ARGUMENT, FAILED_PRECONDITION, UNAVAILABLE, ABORTED, DEADLINE_EXCEEDED, PERMISSION_DENIED } = status;
const UNQUALIFIED_ORDERERS =
  'insufficient number of orderers could successfully process transaction to satisfy quorum requirement';

/** Fabric's Gateway service as the peer of one organisation offers it. */
export class GatewayService {
  readonly #consortium: Consortium;
  readonly #local: string;
  readonly #admission: Admission;

  /** @param local MSP id of the organisation it belongs to: asked first, and the only one to see transient data */
  constructor(consortium: Consortium, local: string, admission: Admission) {
    this.#consortium = consortium;
    this.#local = local;
    this.#admission = admission;
  }

  implementation(): gateway.IGatewayServer {
    return {
      evaluate: unary((request, signal) => this.#admission.admit(() => this.#evaluate(request, signal))),
      endorse: unary((request, signal) => this.#admission.admit(() => this.#endorse(request, signal))),
      submit: unary((request) => this.#admission.admit(() => this.#submit(request))),
      commitStatus: unary((request, signal) => this.#commitStatus(request, signal)),
      chaincodeEvents: (call) => void this.#streamEvents(call),
    };
  }

  async #evaluate(request: gateway.EvaluateRequest, signal: AbortSignal): Promise<gateway.EvaluateResponse> {
    const proposal = readProposal(request.getProposedTransaction(), 'failed to unpack transaction proposal: ');
    const channel = this.#requireChannel(proposal.channelId, UNAVAILABLE);
    const endorsers = this.#evaluators(proposal, request.getTargetOrganizationsList());
    this.#refuseEvaluation(proposal, endorsers);
    const result = await within(signal, this.#consortium.limits.endorsementTimeout, 'evaluate timeout expired', () =>
      this.#evaluateAt(proposal, channel, endorsers, signal),
    );
    const response = new gateway.EvaluateResponse();
    response.setResult(result);
    return response;
  }

  #evaluators(proposal: Proposal, targets: readonly string[]): readonly Endorser[] {
    const { channelId, chaincodeName, hasTransientData } = proposal;
    const available = this.#consortium.endorsersFor(channelId, chaincodeName, this.#local);
    const guarded = hasTransientData && targets.length === 0;
    const wanted = guarded ? [this.#local] : targets;
    const endorsers = wanted.length === 0 ? available : available.filter(({ mspId }) => wanted.includes(mspId));
    if (endorsers.length > 0) return endorsers;
    const none = `no peers available to evaluate chaincode ${chaincodeName} in channel ${channelId}`;
    throw new RpcError(
      FAILED_PRECONDITION,
      guarded
        ? `no endorsers found in the gateway's organization; retry specifying target organization(s) to protect transient data: ${none}`
        : none,
    );
  }

  #refuseEvaluation(proposal: Proposal, endorsers: readonly Endorser[]): void {
    const refusal = this.#consortium.refusal(proposal);
    if (!refusal) return;
    const [first] = endorsers as readonly [Endorser];
    if (refusal.stage === 'unauthenticated' || first.mspId !== this.#local) {
      const failures = endorsers.map((endorser) => this.#refusedBy(endorser, refusal.message));
      throw new RpcError(UNAVAILABLE, 'failed to evaluate transaction, see attached details for more info', failures);
    }
    throw new RpcError(FAILED_PRECONDITION, `evaluate call to endorser returned error: ${refusal.message}`, [
      failure(first, refusal.message),
    ]);
  }

  async #evaluateAt(
    proposal: Proposal,
    channel: Channel,
    endorsers: readonly Endorser[],
    signal: AbortSignal,
  ): Promise<peer.Response> {
    const failures: NodeFailure[] = [];
    const snapshot = channel.snapshot();
    try {
      for (const endorser of endorsers) {
        const answer = await this.#consortium.execute(endorser, proposal, snapshot);
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
    throw new RpcError(ABORTED, 'failed to evaluate transaction, see attached details for more info', failures);
  }

  async #endorse(request: gateway.EndorseRequest, signal: AbortSignal): Promise<gateway.EndorseResponse> {
    const proposal = readProposal(request.getProposedTransaction(), '');
    const organisations = request.getEndorsingOrganizationsList();
    const endorsers = this.#plannedEndorsers(proposal, organisations);
    const refusal = this.#consortium.refusal(proposal);
    if (refusal) throw this.#refusedEndorsement(endorsers, organisations.length > 0, refusal.message);
    const channel = this.#requireChannel(proposal.channelId, UNAVAILABLE);
    const { endorsementTimeout } = this.#consortium.limits;
    const late = 'endorsement timeout expired while collecting endorsements';
    const collected = await within(signal, endorsementTimeout, late, () => {
      const asked = this.#ask(endorsers, proposal, channel);
      return organisations.length > 0 ? collectAll(asked) : collectAgreeing(asked, channel.policies.quorum);
    });
    const response = new gateway.EndorseResponse();
    response.setPreparedTransaction(prepareTransaction(proposal, collected));
    return response;
  }

  #refusedEndorsement(endorsers: readonly Endorser[], chosen: boolean, message: string): RpcError {
    const text = chosen
      ? 'failed to collect enough transaction endorsements, see attached details for more info'
      : 'failed to endorse transaction, see attached details for more info';
    const asked = chosen ? endorsers : endorsers.slice(0, 1);
    return new RpcError(
      ABORTED,
      text,
      asked.map((endorser) => this.#refusedBy(endorser, message)),
    );
  }

  /** Fabric's gateway hears a refusal of another organisation's peer as a failed call. */
  #refusedBy(endorser: Endorser, message: string): NodeFailure {
    const local = endorser.mspId === this.#local;
    return failure(endorser, local ? message : `rpc error: code = Unknown desc = ${message}`);
  }

  #plannedEndorsers(proposal: Proposal, organisations: readonly string[]): readonly Endorser[] {
    const { channelId, chaincodeName, hasTransientData } = proposal;
    const available = this.#consortium.endorsersFor(channelId, chaincodeName, this.#local);
    if (organisations.length > 0) {
      const missing = organisations.filter((wanted) => !available.some(({ mspId }) => mspId === wanted));
      if (missing.length === 0) return available.filter(({ mspId }) => organisations.includes(mspId));
      throw new RpcError(UNAVAILABLE, `failed to find any endorsing peers for org(s): ${missing.join(', ')}`);
    }
    const [first] = available;
    if (hasTransientData && first?.mspId !== this.#local) {
      throw new RpcError(
        FAILED_PRECONDITION,
        "no endorsers found in the gateway's organization; retry specifying endorsing organization(s) to protect transient data",
      );
    }
    if (first) return available;
    throw new RpcError(
      FAILED_PRECONDITION,
      `no combination of peers can be derived which satisfy the endorsement policy: No metadata was found for chaincode ${chaincodeName} in channel ${channelId}`,
    );
  }

  /** All organisations at once, against one state; it is let go when the last has answered. */
  #ask(endorsers: readonly Endorser[], proposal: Proposal, channel: Channel): readonly Asked[] {
    const snapshot = channel.snapshot();
    const asked = endorsers.map((endorser) => ({
      endorser,
      answer: this.#consortium.execute(endorser, proposal, snapshot),
    }));
    void Promise.allSettled(asked.map(({ answer }) => answer)).then(() => snapshot.close());
    return asked;
  }

  async #submit(request: gateway.SubmitRequest): Promise<gateway.SubmitResponse> {
    const envelope = request.getPreparedTransaction();
    if (!envelope) throw new RpcError(INVALID_ARGUMENT, 'a prepared transaction is required');
    if (envelope.getSignature_asU8().length === 0) {
      throw new RpcError(INVALID_ARGUMENT, 'prepared transaction must be signed');
    }
    this.#requireChannel(request.getChannelId(), FAILED_PRECONDITION);
    this.#order(envelope);
    return new gateway.SubmitResponse();
  }

  #order(envelope: common.Envelope): void {
    const { header } = this.#ordering('BAD_REQUEST', () => readHeader(envelope));
    const { absoluteMaxBytes } = this.#consortium.blocks;
    const payload = envelope.getPayload_asU8();
    const signature = envelope.getSignature_asU8();
    const size = payload.length + signature.length;
    if (size > absoluteMaxBytes) {
      throw this.#unordered(
        'BAD_REQUEST',
        `message payload is ${size} bytes and exceeds maximum allowed ${absoluteMaxBytes} bytes`,
      );
    }
    const channel = this.#consortium.channel(header.channelId);
    if (!channel) throw this.#unordered('NOT_FOUND', 'channel does not exist');
    const identity = this.#consortium.identities.find(header.creator);
    if (identity?.isExpired(Date.now())) throw this.#unordered('BAD_REQUEST', 'broadcast client identity expired');
    const signer = identity?.verify(payload, signature) ? identity : undefined;
    const refusal = channel.policies.refuses(signer, 'Writers');
    if (refusal !== undefined) throw this.#unordered('FORBIDDEN', `${refusal}: permission denied`);
    this.#ordering('SERVICE_UNAVAILABLE', () => channel.order(header.txId, envelope));
  }

  #ordering<T>(failureStatus: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof OrderingRefusal)
        this.#consortium.log('error', 'ordering refused', { reason: error.message });
      throw this.#unordered(failureStatus, messageOf(error));
    }
  }

  #unordered(ordererStatus: string, info: string): RpcError {
    const message = `received unsuccessful response from orderer: status=${ordererStatus}, info=${info}`;
    return new RpcError(UNAVAILABLE, UNQUALIFIED_ORDERERS, [failure(this.#consortium.endorser(this.#local), message)]);
  }

  async #commitStatus(
    signed: gateway.SignedCommitStatusRequest,
    signal: AbortSignal,
  ): Promise<gateway.CommitStatusResponse> {
    const data = signed.getRequest_asU8();
    if (data.length === 0) throw new RpcError(INVALID_ARGUMENT, 'a commit status request is required');
    const request = readRequest(gateway.CommitStatusRequest, data, 'invalid status request: ');
    const identity = request.getIdentity_asU8();
    if (identity.length === 0) throw new RpcError(INVALID_ARGUMENT, 'no identity provided');
    if (request.getChannelId() === '') throw new RpcError(INVALID_ARGUMENT, 'no channel ID provided');
    if (request.getTransactionId() === '') throw new RpcError(INVALID_ARGUMENT, 'transaction ID should not be empty');
    const channel = this.#readableChannel(request.getChannelId(), {
      data,
      identity,
      signature: signed.getSignature_asU8(),
    });
    const entry = await channel.committed(request.getTransactionId(), signal);
    const response = new gateway.CommitStatusResponse();
    response.setResult(entry.code);
    response.setBlockNumber(entry.block);
    return response;
  }

  async #streamEvents(call: EventCall): Promise<void> {
    const aborted = new AbortController();
    call.on('cancelled', () => aborted.abort(cancelled()));
    try {
      await this.#sendEvents(call, aborted.signal);
    } catch (error) {
      call.emit('error', toRpcError(error).toResponse());
    }
  }

  async #sendEvents(call: EventCall, signal: AbortSignal): Promise<void> {
    const data = call.request.getRequest_asU8();
    if (data.length === 0) throw new RpcError(INVALID_ARGUMENT, 'a chaincode events request is required');
    const request = readRequest(gateway.ChaincodeEventsRequest, data, 'invalid chaincode events request: ');
    const signature = call.request.getSignature_asU8();
    const signed = { data, identity: request.getIdentity_asU8(), signature };
    const channel = this.#readableChannel(request.getChannelId(), signed);
    const filter = new EventFilter(request);
    for (let number = eventsStart(channel, request); ; number++) {
      await channel.hasBlock(number, signal);
      const block = await channel.block(number);
      const events = block ? filter.select(chaincodeEvents(block)) : [];
      if (events.length === 0) continue;
      const response = new gateway.ChaincodeEventsResponse();
      response.setBlockNumber(number);
      response.setEventsList(events);
      await send(call, response, signal);
    }
  }

  #requireChannel(name: string, code: status): Channel {
    const channel = this.#consortium.channel(name);
    if (channel) return channel;
    throw new RpcError(
      code,
      `failed to get config for channel [${name}]: could not get last config for channel ${name}`,
    );
  }

  #readableChannel(
    name: string,
    signed: { readonly data: Uint8Array; readonly identity: Uint8Array; readonly signature: Uint8Array },
  ): Channel {
    const denial = this.#consortium.denies(name, 'Readers', signed);
    const channel = this.#consortium.channel(name);
    if (denial !== undefined || !channel) throw new RpcError(PERMISSION_DENIED, denial ?? '');
    return channel;
  }
}

type EventCall = ServerWritableStream<gateway.SignedChaincodeEventsRequest, gateway.ChaincodeEventsResponse>;

/** After a known transaction, its own block; else where the request says. */
function eventsStart(channel: Channel, request: gateway.ChaincodeEventsRequest): number {
  const after = request.getAfterTransactionId();
  const entry = after === '' ? undefined : channel.transaction(after);
  if (entry) return entry.block;
  const start = seekStart(request.getStartPosition(), channel.height);
  if (start.kind === 'nextCommit' || start.kind === 'unset') return channel.height;
  if (start.kind === 'specified') return start.number;
  const name = start.kind === 'oldest' ? 'SeekPosition_Oldest' : 'SeekPosition_Newest';
  throw new RpcError(INVALID_ARGUMENT, `invalid start position type: *orderer.${name}`);
}

function readProposal(signed: peer.SignedProposal | undefined, prefix: string): Proposal {
  if (!signed || signed.getProposalBytes_asU8().length === 0) {
    const text =
      prefix === '' ? 'the proposed transaction must contain a signed proposal' : 'a signed proposal is required';
    throw new RpcError(INVALID_ARGUMENT, `${prefix}${text}`);
  }
  try {
    return parseProposal(signed);
  } catch (error) {
    throw new RpcError(INVALID_ARGUMENT, `${prefix}${messageOf(error)}`);
  }
}

function readRequest<T>(type: { deserializeBinary(bytes: Uint8Array): T }, bytes: Uint8Array, prefix: string): T {
  try {
    return parse(type, bytes, 'request');
  } catch (error) {
    throw new RpcError(INVALID_ARGUMENT, `${prefix}${messageOf(error)}`);
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

/** @throws RpcError DEADLINE_EXCEEDED with `late` where the call ends or `timeout` ms pass first */
async function within<T>(signal: AbortSignal, timeout: number, late: string, work: () => Promise<T>): Promise<T> {
  const expiry = new AbortController();
  const timer = setTimeout(() => expiry.abort(), timeout);
  const either = AbortSignal.any([signal, expiry.signal]);
  try {
    return await Promise.race([
      work(),
      new Promise<never>((_, reject) => {
        const expire = (): void => reject(new RpcError(DEADLINE_EXCEEDED, late));
        if (either.aborted) expire();
        else either.addEventListener('abort', expire, { once: true });
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

type UnaryHandler<Req, Res> = (request: Req, signal: AbortSignal) => Promise<Res>;

function unary<Req, Res>(handler: UnaryHandler<Req, Res>) {
  return (call: ServerUnaryCall<Req, Res>, callback: sendUnaryData<Res>): void => {
    const aborted = new AbortController();
    call.on('cancelled', () => aborted.abort(cancelled()));
    handler(call.request, aborted.signal).then(
      (response) => callback(null, response),
      (error: unknown) => callback(toRpcError(error).toResponse()),
    );
  };
}

function cancelled(): RpcError {
  return new RpcError(status.CANCELLED, 'context canceled');
}

function toRpcError(error: unknown): RpcError {
  return error instanceof RpcError ? error : new RpcError(ABORTED, messageOf(error));
}
