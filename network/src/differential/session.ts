import { status } from '@grpc/grpc-js';
import {
  type CloseableAsyncIterable,
  type Commit,
  type Contract,
  type Gateway,
  GatewayError,
  type ProposalOptions,
  type Status,
  type Transaction,
} from '@hyperledger/fabric-gateway';
import { gateway as messages, msp } from '@hyperledger/fabric-protos';

import { DifferentialError } from './errors';
import { type Member, type Members } from './members';
import { validationCode } from './outcome';

export interface Committed {
  readonly code: string;
  readonly block: bigint;
  readonly transactionId: string;
}

/** A transaction the script had ordered, by the step it belongs to. */
export interface Labelled {
  readonly transactionId: string;
  readonly step: string;
}

const STREAM_DEADLINE = 60_000;

/**
 * One run of the script on one ledger: its members, and the transactions it had ordered. Each committed transaction is
 * waited for at every organisation's peer, so that the next endorsement finds them all at one height.
 */
export class Session {
  #members: Members;
  readonly labelled: Labelled[] = [];
  readonly #lastBlocks = new Map<string, bigint>();
  /** Set by the runner: the step whose transactions are being ordered. */
  step = '';

  constructor(members: Members) {
    this.#members = members;
  }

  get members(): Members {
    return this.#members;
  }

  /** Goes on with the ledger's members connected anew. */
  reconnect(members: Members): void {
    this.#members.close();
    this.#members = members;
  }

  get channel(): string {
    return this.members.profile.channels.datachain;
  }

  /** The relay of the first endorsing organisation, in whose name steps act unless they say otherwise. */
  relay(mspId = this.members.endorsers[0] as string): Promise<Member> {
    return this.members.of(mspId, 'relay');
  }

  async contract(channel = this.channel): Promise<Contract> {
    return (await this.relay()).contract(channel);
  }

  async evaluate(name: string, ...args: string[]): Promise<string> {
    return textOf(await (await this.contract()).evaluateTransaction(name, ...args));
  }

  async endorse(name: string, options: ProposalOptions | readonly string[]): Promise<Transaction> {
    const proposal = isList(options) ? { arguments: [...options] } : options;
    return (await this.contract()).newProposal(name, proposal).endorse();
  }

  /** Endorses, orders, waits; @returns the chaincode's answer. @throws GatewayError as the client does */
  async submit(name: string, ...args: string[]): Promise<string> {
    const transaction = await this.endorse(name, args);
    const { code } = await this.commit(transaction);
    if (code !== 'VALID') throw new DifferentialError('E_DIFFERENTIAL_STEP', `${name} was committed as ${code}`);
    return textOf(transaction.getResult());
  }

  /** As `submit`, with whatever validation code comes out. */
  async codeOf(name: string, options: ProposalOptions | readonly string[]): Promise<string> {
    return (await this.commit(await this.endorse(name, options))).code;
  }

  async commit(transaction: Transaction, channel = this.channel): Promise<Committed> {
    const commit = await this.order(transaction, undefined, channel);
    return this.committed(transaction.getTransactionId(), await commit.getStatus(), channel);
  }

  async committed(transactionId: string, { code, blockNumber }: Status, channel = this.channel): Promise<Committed> {
    await this.everywhere(transactionId, channel);
    if (blockNumber > this.lastBlock(channel)) this.#lastBlocks.set(channel, blockNumber);
    return { code: validationCode(code), block: blockNumber, transactionId };
  }

  /** Has a transaction found in the chain under the step's name. */
  label(transactionId: string): void {
    this.labelled.push({ transactionId, step: this.step });
  }

  /**
   * Has a transaction ordered. An orderer that hears of a transaction only after the others ordered it calls that
   * "already processed", which the gateway of a peer counts as a failure: chance, and no outcome of the step.
   */
  async order(transaction: Transaction, gateway?: Gateway, channel = this.channel): Promise<Commit> {
    const transactionId = transaction.getTransactionId();
    this.label(transactionId);
    try {
      return await transaction.submit();
    } catch (error) {
      if (!isOrderedAlready(error)) throw error;
      const member = await this.relay();
      return (gateway ?? member.gateway).newCommit(commitStatusRequest(member, channel, transactionId));
    }
  }

  /** Until every endorsing organisation's own peer has the transaction. */
  async everywhere(transactionId: string, channel = this.channel): Promise<void> {
    await Promise.all(
      this.members.endorsers.map(async (mspId) => {
        const member = await this.relay(mspId);
        await member.gateway.newCommit(commitStatusRequest(member, channel, transactionId)).getStatus();
      }),
    );
  }

  /** The block of the last transaction the script had committed; 0 before the first. */
  lastBlock(channel: string): bigint {
    return this.#lastBlocks.get(channel) ?? 0n;
  }

  /** As the first relay's peer tells it. */
  async statusOf(transactionId: string, channel = this.channel): Promise<Status> {
    const member = await this.relay();
    return member.gateway.newCommit(commitStatusRequest(member, channel, transactionId)).getStatus();
  }

  /** @throws DifferentialError `E_DIFFERENTIAL_STEP` where the stream gives fewer in time */
  async take<T>(stream: CloseableAsyncIterable<T>, count: number): Promise<T[]> {
    const taken: T[] = [];
    await this.find(stream, (item) => (taken.push(item) === count ? true : undefined));
    return taken;
  }

  /** What `pick` makes of the first item it makes something of; the stream is closed. */
  async find<T, R>(stream: CloseableAsyncIterable<T>, pick: (item: T) => R | undefined): Promise<R> {
    const late = new DifferentialError('E_DIFFERENTIAL_STEP', `${this.step}: the stream gives no more`);
    let expired = false;
    const timer = setTimeout(() => {
      expired = true;
      stream.close();
    }, STREAM_DEADLINE);
    try {
      for await (const item of stream) {
        const picked = pick(item);
        if (picked !== undefined) return picked;
      }
    } catch (error) {
      // The client reports a stream it closed itself as an error of the ledger's.
      throw expired ? late : error;
    } finally {
      clearTimeout(timer);
      stream.close();
    }
    throw late;
  }
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

/** What `newCommit` takes; the client signs it when it asks. */
export function commitStatusRequest(
  { mspId, certificatePem }: Pick<Member, 'mspId' | 'certificatePem'>,
  channel: string,
  transactionId: string,
): Uint8Array {
  const creator = new msp.SerializedIdentity();
  creator.setMspid(mspId);
  creator.setIdBytes(Buffer.from(certificatePem));
  const request = new messages.CommitStatusRequest();
  request.setChannelId(channel);
  request.setTransactionId(transactionId);
  request.setIdentity(creator.serializeBinary());
  const signed = new messages.SignedCommitStatusRequest();
  signed.setRequest(request.serializeBinary());
  return signed.serializeBinary();
}

function isOrderedAlready(error: unknown): boolean {
  if (!(error instanceof GatewayError) || error.code !== status.UNAVAILABLE.valueOf()) return false;
  return error.details.some(({ message }) => /request already (processed|exists)/.test(message));
}

function isList(options: ProposalOptions | readonly string[]): options is readonly string[] {
  return Array.isArray(options);
}
