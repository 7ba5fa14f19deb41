import { type ChannelCredentials, type ClientDuplexStream, Metadata } from '@grpc/grpc-js';
import { peer } from '@hyperledger/fabric-protos';

import { EmbeddedLedgerError, messageOf } from './errors';
import { messageTypeName, type StateRequests } from './state-requests';

const { Type } = peer.ChaincodeMessage;

/** Fabric's texts. */
const STREAM_TERMINATED = 'chaincode stream terminated';
const BATCH_KEYS = 1000;
const EXECUTION_TIMEOUT = 'timeout expired while executing transaction';

export interface ChaincodeAddress {
  readonly address: string;
  readonly credentials: ChannelCredentials;
  /** Name the server's certificate is checked against, where it is not the address. */
  readonly serverName?: string;
}

/** What a chaincode is to execute, and where its questions about the state go. */
export interface Invocation {
  readonly channelId: string;
  readonly txId: string;
  readonly signedProposal: peer.SignedProposal;
  readonly input: peer.ChaincodeInput;
  readonly requests: StateRequests;
}

interface Running {
  readonly requests: StateRequests;
  readonly complete: (message: peer.ChaincodeMessage) => void;
  readonly fail: (error: Error) => void;
}

type Stream = ClientDuplexStream<peer.ChaincodeMessage, peer.ChaincodeMessage>;

/**
 * A peer's side of the stream to a chaincode server: REGISTER → REGISTERED, READY, then any number of transactions at
 * once, each asking for state until it is COMPLETED.
 */
export class ChaincodeStream {
  readonly #client: peer.ChaincodeClient;
  readonly #stream: Stream;
  readonly #running = new Map<string, Running>();
  readonly #onEnd: () => void;
  #ended = false;

  private constructor(client: peer.ChaincodeClient, stream: Stream, onEnd: () => void) {
    this.#client = client;
    this.#stream = stream;
    this.#onEnd = onEnd;
  }

  /**
   * Resolves when the chaincode is ready for transactions.
   * @param signal aborted where the server is gone or nobody wants it any more
   * @param onEnd called once when the stream is over, whoever ended it
   * @throws EmbeddedLedgerError `E_CHAINCODE_START` where it is not ready within `timeout` ms
   */
  static async connect(
    target: ChaincodeAddress,
    maxMessageSize: number,
    timeout: number,
    signal: AbortSignal,
    onEnd: () => void,
  ): Promise<ChaincodeStream> {
    const client = new peer.ChaincodeClient(target.address, target.credentials, {
      'grpc.max_receive_message_length': maxMessageSize,
      'grpc.max_send_message_length': maxMessageSize,
      'grpc.use_local_subchannel_pool': 1,
      'grpc.initial_reconnect_backoff_ms': 50,
      'grpc.max_reconnect_backoff_ms': 500,
      ...(target.serverName === undefined ? {} : { 'grpc.ssl_target_name_override': target.serverName }),
    });
    const stream = new ChaincodeStream(client, client.connect(new Metadata({ waitForReady: true })), onEnd);
    try {
      await unlessAborted(signal, (resolve, reject) => void stream.#open(timeout).then(resolve, reject));
      return stream;
    } catch (error) {
      stream.#abandon();
      throw new EmbeddedLedgerError(
        'E_CHAINCODE_START',
        `no chaincode server is ready at ${target.address}: ${messageOf(error)}`,
        { cause: error },
      );
    }
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** @throws Error with Fabric's text where the stream ends or `timeout` ms pass first */
  async execute(invocation: Invocation, timeout: number): Promise<peer.ChaincodeMessage> {
    const { channelId, txId } = invocation;
    const context = contextOf(channelId, txId);
    if (this.#ended) throw new Error(STREAM_TERMINATED);
    if (this.#running.has(context)) throw new Error(`txid: ${txId}(${channelId}) exists`);
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((complete, fail) => {
        timer = setTimeout(() => fail(new Error(EXECUTION_TIMEOUT)), timeout);
        this.#running.set(context, { requests: invocation.requests, complete, fail });
        this.#stream.write(transactionMessage(invocation));
      });
    } finally {
      clearTimeout(timer);
      this.#running.delete(context);
    }
  }

  close(): void {
    this.#end();
    this.#stream.cancel();
    this.#client.close();
  }

  /** One that did not open: nobody waits for its end. */
  #abandon(): void {
    this.#ended = true;
    this.#stream.on('error', () => undefined);
    this.#stream.cancel();
    this.#client.close();
  }

  async #open(timeout: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        timer = setTimeout(() => reject(new Error('it did not register in time')), timeout);
        this.#stream.once('error', reject);
        this.#stream.once('end', () => reject(new Error('it ended the stream')));
        this.#stream.once('data', (message: peer.ChaincodeMessage) => {
          if (message.getType() === Type.REGISTER) resolve();
          else reject(new Error(`it began with ${messageTypeName(message.getType())}, not REGISTER`));
        });
      });
    } finally {
      clearTimeout(timer);
      this.#stream.removeAllListeners();
      this.#stream.on('error', () => this.#end());
    }
    this.#stream.on('end', () => this.#end());
    this.#stream.on('close', () => this.#end());
    this.#stream.on('data', (message: peer.ChaincodeMessage) => this.#receive(message));
    this.#stream.write(plainMessage(Type.REGISTERED));
    this.#stream.write(readyMessage());
  }

  #receive(message: peer.ChaincodeMessage): void {
    const running = this.#running.get(contextOf(message.getChannelId(), message.getTxid()));
    switch (message.getType()) {
      case Type.KEEPALIVE:
        return;
      case Type.COMPLETED:
      case Type.ERROR:
        running?.complete(message);
        return;
      default:
        void this.#answer(message, running);
    }
  }

  async #answer(message: peer.ChaincodeMessage, running: Running | undefined): Promise<void> {
    const answer = running ? await running.requests.answer(message) : unknownTransaction(message);
    if (!this.#ended) this.#stream.write(answer);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const { fail } of this.#running.values()) fail(new Error(STREAM_TERMINATED));
    this.#running.clear();
    this.#client.close();
    this.#onEnd();
  }
}

function unlessAborted(
  signal: AbortSignal,
  start: (resolve: () => void, reject: (error: Error) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    start(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, reject);
  });
}

function contextOf(channelId: string, txId: string): string {
  return `${channelId}\0${txId}`;
}

function transactionMessage({ channelId, txId, signedProposal, input }: Invocation): peer.ChaincodeMessage {
  const message = plainMessage(Type.TRANSACTION);
  message.setChannelId(channelId);
  message.setTxid(txId);
  message.setProposal(signedProposal);
  message.setPayload(input.serializeBinary());
  return message;
}

function plainMessage(type: peer.ChaincodeMessage.TypeMap[keyof peer.ChaincodeMessage.TypeMap]): peer.ChaincodeMessage {
  const message = new peer.ChaincodeMessage();
  message.setType(type);
  return message;
}

/** What a chaincode may put into one message, as Fabric's peers of 3.1 say it with their own defaults. */
function readyMessage(): peer.ChaincodeMessage {
  const offer = new peer.ChaincodeAdditionalParams();
  offer.setUseWriteBatch(true);
  offer.setMaxSizeWriteBatch(BATCH_KEYS);
  offer.setUseGetMultipleKeys(true);
  offer.setMaxSizeGetMultipleKeys(BATCH_KEYS);
  const message = plainMessage(Type.READY);
  message.setPayload(offer.serializeBinary());
  return message;
}

function unknownTransaction(message: peer.ChaincodeMessage): peer.ChaincodeMessage {
  const answer = plainMessage(Type.ERROR);
  answer.setChannelId(message.getChannelId());
  answer.setTxid(message.getTxid());
  const type = messageTypeName(message.getType());
  answer.setPayload(Buffer.from(`${type} failed: transaction ID: ${message.getTxid()}: no ledger context`));
  return answer;
}
