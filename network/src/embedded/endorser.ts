import { createPrivateKey, type KeyObject } from 'node:crypto';

import { status } from '@grpc/grpc-js';
import { peer } from '@hyperledger/fabric-protos';

import { type ChaincodeLink } from './chaincode-link';
import { type ChaincodeStream } from './chaincode-stream';
import { sign } from './ecdsa';
import { messageOf } from './errors';
import { serializeIdentity } from './identities';
import { type KeyPair, type LimitOptions } from './options';
import { type Proposal } from './proposal';
import { Simulator } from './simulator';
import { StateRequests } from './state-requests';
import { type StateSnapshot } from './store';

/** An organisation's answer to a proposal. */
export type Endorsement = Endorsed | Declined;

export interface Endorsed {
  readonly payload: Uint8Array;
  readonly response: peer.Response;
  readonly endorsement: peer.Endorsement;
}

/** As Fabric's gateway classifies the answer of a peer. */
export interface Declined {
  readonly code: status.ABORTED | status.UNKNOWN;
  readonly message: string;
  /** The peer failed, not the chaincode: another may succeed. */
  readonly retry: boolean;
}

/** Responses from here on are refusals of the chaincode, and not endorsed. */
const ERROR_THRESHOLD = 400;
const { Type } = peer.ChaincodeMessage;

interface Simulation {
  readonly response: peer.Response;
  readonly event: peer.ChaincodeEvent | undefined;
  readonly readWriteSet: Uint8Array;
}

export interface EndorserOptions {
  readonly mspId: string;
  readonly address: string;
  readonly signer: KeyPair;
  readonly limits: LimitOptions;
  /** Whether a chaincode is defined on a channel. */
  readonly isDefined: (channel: string, chaincode: string) => boolean;
}

/** One organisation's peer: executes a proposal with the organisation's own chaincode and signs what came out. */
export class Endorser {
  readonly mspId: string;
  /** As error details name it. */
  readonly address: string;
  readonly #key: KeyObject;
  readonly #identity: Uint8Array;
  readonly #limits: LimitOptions;
  readonly #isDefined: EndorserOptions['isDefined'];

  constructor({ mspId, address, signer, limits, isDefined }: EndorserOptions) {
    this.mspId = mspId;
    this.address = address;
    this.#key = createPrivateKey(signer.privateKeyPem);
    this.#identity = serializeIdentity(mspId, signer.certificatePem);
    this.#limits = limits;
    this.#isDefined = isDefined;
  }

  /** @param proposal already checked, for a chaincode that is defined on its channel */
  async process(
    proposal: Proposal,
    version: string,
    link: ChaincodeLink,
    snapshot: StateSnapshot,
  ): Promise<Endorsement> {
    try {
      const simulation = await this.#simulate(proposal, link, snapshot);
      const { response } = simulation;
      if (response.getStatus() < 200 || response.getStatus() >= ERROR_THRESHOLD) {
        const message = `chaincode response ${response.getStatus()}, ${response.getMessage()}`;
        return { code: status.UNKNOWN, message, retry: false };
      }
      const payload = responsePayload(proposal, version, simulation);
      return { payload, response, endorsement: this.#endorse(payload) };
    } catch (error) {
      return { code: status.ABORTED, message: `error in simulation: ${messageOf(error)}`, retry: true };
    }
  }

  async #simulate(proposal: Proposal, link: ChaincodeLink, snapshot: StateSnapshot): Promise<Simulation> {
    const { chaincodeName, txId } = proposal;
    const simulator = new Simulator(snapshot, txId);
    try {
      const message = await this.#execute(proposal, link, simulator);
      if (message.getType() === Type.ERROR) {
        throw new Error(`transaction returned with failure: ${Buffer.from(message.getPayload_asU8()).toString()}`);
      }
      const event = message.getChaincodeEvent();
      event?.setChaincodeId(chaincodeName);
      event?.setTxId(txId);
      const response = peer.Response.deserializeBinary(message.getPayload_asU8());
      return { response, event, readWriteSet: await simulator.finish() };
    } finally {
      await simulator.close();
    }
  }

  async #execute(proposal: Proposal, link: ChaincodeLink, simulator: Simulator): Promise<peer.ChaincodeMessage> {
    const { channelId, txId, chaincodeName, input, signed } = proposal;
    const failed = `failed to execute transaction ${txId}`;
    if (input.getIsInit()) {
      throw new Error(
        `${failed}: invalid invocation: chaincode '${chaincodeName}' does not require initialization but called as init`,
      );
    }
    const requests = new StateRequests(simulator, {
      channel: channelId,
      chaincode: chaincodeName,
      txId,
      totalQueryLimit: this.#limits.totalQueryLimit,
      isDefined: this.#isDefined,
    });
    const stream = await openStream(link, failed);
    try {
      const invocation = { channelId, txId, signedProposal: signed, input, requests };
      return await stream.execute(invocation, this.#limits.executeTimeout);
    } catch (error) {
      throw new Error(`${failed}: error sending: ${messageOf(error)}`, { cause: error });
    }
  }

  /** The endorsement signs response payload ‖ endorser. */
  #endorse(payload: Uint8Array): peer.Endorsement {
    const endorsement = new peer.Endorsement();
    endorsement.setEndorser(this.#identity);
    endorsement.setSignature(sign(this.#key, Buffer.concat([payload, this.#identity])));
    return endorsement;
  }
}

export function isEndorsed(answer: Endorsement): answer is Endorsed {
  return 'endorsement' in answer;
}

async function openStream(link: ChaincodeLink, failed: string): Promise<ChaincodeStream> {
  try {
    return await link.open();
  } catch (error) {
    throw new Error(`${failed}: could not launch chaincode ${link.packageId}: ${messageOf(error)}`, { cause: error });
  }
}

function responsePayload(proposal: Proposal, version: string, simulation: Simulation): Uint8Array {
  const chaincodeId = new peer.ChaincodeID();
  chaincodeId.setName(proposal.chaincodeName);
  chaincodeId.setVersion(version);
  const action = new peer.ChaincodeAction();
  action.setResults(simulation.readWriteSet);
  if (simulation.event) action.setEvents(simulation.event.serializeBinary());
  action.setResponse(simulation.response);
  action.setChaincodeId(chaincodeId);
  const payload = new peer.ProposalResponsePayload();
  payload.setProposalHash(proposal.hash);
  payload.setExtension$(action.serializeBinary());
  return payload.serializeBinary();
}
