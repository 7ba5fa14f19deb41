import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { Client, credentials, status as GrpcStatus } from '@grpc/grpc-js';
import {
  type Commit,
  connect,
  type Gateway,
  GatewayError,
  hash,
  signers,
  type Status,
  type Transaction,
} from '@hyperledger/fabric-gateway';
import { type common, gateway as messages, msp } from '@hyperledger/fabric-protos';

import { readProfile } from '../profile';
import { StopWaiting, until } from '../until';

interface Member {
  readonly mspId: string;
  readonly certificate: Buffer;
}

/** One identity of a connection profile at one of its organisation's gateways. */
export class FabricClient {
  readonly #gateway: Gateway;
  readonly #client: Client;
  readonly #member: Member;
  readonly #chaincode: string;

  private constructor(gateway: Gateway, client: Client, member: Member, chaincode: string) {
    this.#chaincode = chaincode;
    this.#gateway = gateway;
    this.#client = client;
    this.#member = member;
  }

  /** @param gateway index into the organisation's gateways */
  static async connect(profileFile: string, mspId: string, name: string, gateway = 0): Promise<FabricClient> {
    const profile = await readProfile(profileFile);
    const organisation = profile.organisations.find((candidate) => candidate.mspId === mspId);
    const identity = organisation?.identities[name];
    const target = organisation?.gateways[gateway];
    if (!identity || !target) throw new RangeError(`no ${name} of ${mspId} or no gateway ${gateway}`);
    const client = new Client(target.endpoint, credentials.createSsl(Buffer.from(target.tlsRootCertPem)), {
      'grpc.ssl_target_name_override': target.hostOverride ?? 'localhost',
      'grpc.max_reconnect_backoff_ms': 1000,
    });
    const certificate = await readFile(identity.certPath);
    const within = (milliseconds: number) => () => ({ deadline: Date.now() + milliseconds });
    const connected = connect({
      client,
      identity: { mspId, credentials: certificate },
      signer: signers.newPrivateKeySigner(createPrivateKey(await readFile(identity.keyPath))),
      hash: hash.sha256,
      evaluateOptions: within(5_000),
      endorseOptions: within(10_000),
      submitOptions: within(10_000),
      commitStatusOptions: within(30_000),
    });
    return new FabricClient(connected, client, { mspId, certificate }, profile.chaincode);
  }

  async evaluate(channel: string, transaction: string, ...args: string[]): Promise<string> {
    return Buffer.from(await this.#contract(channel).evaluateTransaction(transaction, ...args)).toString();
  }

  endorse(channel: string, transaction: string, ...args: string[]): Promise<Transaction> {
    return this.#contract(channel).newProposal(transaction, { arguments: args }).endorse();
  }

  /** Endorsed by the organisations named and no others, whether or not they suffice. */
  endorseBy(organisations: string[], channel: string, transaction: string, ...args: string[]): Promise<Transaction> {
    const options = { arguments: args, endorsingOrganizations: organisations };
    return this.#contract(channel).newProposal(transaction, options).endorse();
  }

  /** Endorses once, has the transaction ordered within `deadline` ms, and waits for the block. */
  async submit(channel: string, transaction: string, ...args: string[]): Promise<Status> {
    return this.order(channel, await this.endorse(channel, transaction, ...args), 60_000);
  }

  /**
   * Sends the same bytes again while too few orderers answer. An orderer that hears of a transaction only after it was
   * ordered calls it "already processed", which the peer's gateway counts as a failure.
   */
  async order(channel: string, transaction: Transaction, deadline: number): Promise<Status> {
    const commit = await until(
      async () => {
        try {
          return await transaction.submit();
        } catch (error) {
          if (isOrdered(error)) return this.#commit(channel, transaction.getTransactionId());
          if (!isUnavailable(error)) throw new StopWaiting(error as Error);
          throw error;
        }
      },
      { deadline, interval: 250, onTimeout: (last) => last as Error },
    );
    return commit.getStatus();
  }

  async block(channel: string, number: bigint): Promise<common.Block> {
    const events = await this.#gateway.getNetwork(channel).getBlockEvents({ startBlock: number });
    try {
      for await (const block of events) return block;
    } finally {
      events.close();
    }
    throw new Error(`the stream of ${channel} ended before block ${number}`);
  }

  close(): void {
    this.#gateway.close();
    this.#client.close();
  }

  #contract(channel: string): ReturnType<ReturnType<Gateway['getNetwork']>['getContract']> {
    return this.#gateway.getNetwork(channel).getContract(this.#chaincode);
  }

  #commit(channel: string, transactionId: string): Commit {
    const creator = new msp.SerializedIdentity();
    creator.setMspid(this.#member.mspId);
    creator.setIdBytes(this.#member.certificate);
    const request = new messages.CommitStatusRequest();
    request.setChannelId(channel);
    request.setTransactionId(transactionId);
    request.setIdentity(creator.serializeBinary());
    const signed = new messages.SignedCommitStatusRequest();
    signed.setRequest(request.serializeBinary());
    return this.#gateway.newCommit(signed.serializeBinary());
  }
}

function isUnavailable(error: unknown): error is GatewayError {
  return error instanceof GatewayError && error.code === GrpcStatus.UNAVAILABLE.valueOf();
}

function isOrdered(error: unknown): boolean {
  return isUnavailable(error) && error.details.some(({ message }) => /request already processed/.test(message));
}
