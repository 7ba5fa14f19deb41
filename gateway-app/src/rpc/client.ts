import {
  type CallOptions as GrpcCallOptions,
  type ClientDuplexStream,
  type ClientReadableStream,
  type Client as GrpcClient,
  Metadata,
  type MethodDefinition,
} from '@grpc/grpc-js';
import { once } from 'node:events';

import { untilAborted } from '../common/abort';
import { fromServiceError, isServiceError } from './errors';
import { MAX_MESSAGE_BYTES, serviceOf } from './schema';
import { type CallOptions, type Client, SERVER_ROLE, type ServiceName } from './services';
import { clientCredentials, type RpcTls } from './tls';

export interface ClientOptions {
  /** Name the server's certificate must carry, beside the service's role; any of that role if absent. */
  readonly serverName?: string;
  /** Milliseconds for unary calls; default 15,000. */
  readonly deadline?: number;
}

const DEFAULT_DEADLINE_MS = 15_000;

type Method = MethodDefinition<unknown, unknown>;

/** A client of one service at `host:port`. The connection is made on the first call and made again when it breaks. */
export function client<S extends ServiceName>(
  service: S,
  endpoint: string,
  tls: RpcTls,
  options: ClientOptions = {},
): Client<S> {
  const role = SERVER_ROLE[service];
  const expected = options.serverName === undefined ? { role } : { role, name: options.serverName };
  const Constructor = serviceOf(service);
  const stub = new Constructor(endpoint, clientCredentials(tls, expected), {
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 2000,
    'grpc.keepalive_time_ms': 20_000,
    'grpc.keepalive_timeout_ms': 10_000,
    // Certificates are checked by their URI; a name here keeps an address out of the TLS server name, which forbids it.
    'grpc.ssl_target_name_override': `${role}.chargecast`,
  });
  const callers = Object.entries(Constructor.service).map(([rpcName, method]) => {
    const name = rpcName.charAt(0).toLowerCase() + rpcName.slice(1);
    const call = new Call(stub, method, `${service}.${name} at ${endpoint}`, options.deadline ?? DEFAULT_DEADLINE_MS);
    if (method.requestStream) return [name, call.bidiStream] as const;
    return [name, method.responseStream ? call.serverStream : call.unary] as const;
  });
  return Object.freeze({ ...Object.fromEntries(callers), close: () => stub.close() }) as Client<S>;
}

class Call {
  readonly #stub: GrpcClient;
  readonly #method: Method;
  readonly #target: string;
  readonly #deadline: number;

  constructor(stub: GrpcClient, method: Method, target: string, deadline: number) {
    this.#stub = stub;
    this.#method = method;
    this.#target = target;
    this.#deadline = deadline;
  }

  readonly unary = (request: unknown, options: CallOptions = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const { path, requestSerialize, responseDeserialize } = this.#method;
      const call = this.#stub.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        new Metadata(),
        grpcOptions(options.deadline ?? this.#deadline),
        (error, reply) => {
          stopListening();
          if (error) reject(fromServiceError(error, this.#target));
          else resolve(reply);
        },
      );
      const stopListening = cancelOn(options.signal, call);
    });

  readonly serverStream = (request: unknown, options: CallOptions = {}): AsyncIterable<unknown> => {
    const { path, requestSerialize, responseDeserialize } = this.#method;
    return this.#replies(options, () =>
      this.#stub.makeServerStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        new Metadata(),
        grpcOptions(options.deadline),
      ),
    );
  };

  readonly bidiStream = (requests: AsyncIterable<unknown>, options: CallOptions = {}): AsyncIterable<unknown> => {
    const { path, requestSerialize, responseDeserialize } = this.#method;
    return this.#replies(options, (fail) => {
      const call = this.#stub.makeBidiStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        new Metadata(),
        grpcOptions(options.deadline),
      );
      sendAll(call, requests).catch(fail);
      return call;
    });
  };

  /** Starts the call when iteration begins; leaving the iteration cancels it. */
  async *#replies(
    { signal }: CallOptions,
    start: (fail: (error: unknown) => void) => ClientReadableStream<unknown>,
  ): AsyncGenerator<unknown> {
    let ownFailure: unknown;
    const call = start((error) => {
      ownFailure = error;
      call.cancel();
    });
    call.on('error', () => undefined);
    const stopListening = cancelOn(signal, call);
    try {
      for await (const reply of call) yield reply;
    } catch (error) {
      if (ownFailure !== undefined) throw ownFailure as Error;
      if (signal?.aborted) return;
      throw isServiceError(error) ? fromServiceError(error, this.#target) : error;
    } finally {
      stopListening();
      call.cancel();
    }
  }
}

function grpcOptions(deadline: number | undefined): GrpcCallOptions {
  return deadline === undefined ? {} : { deadline: Date.now() + deadline };
}

function cancelOn(signal: AbortSignal | undefined, call: { cancel(): void }): () => void {
  const onAbort = (): void => call.cancel();
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  return () => signal?.removeEventListener('abort', onAbort);
}

/** Ends the sending side when `requests` ends; stops taking requests when the call is over. */
async function sendAll(call: ClientDuplexStream<unknown, unknown>, requests: AsyncIterable<unknown>): Promise<void> {
  const over = new AbortController();
  call.once('status', () => over.abort());
  const source = requests[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await untilAborted(source.next(), over.signal);
      if (next === undefined || next.done) break;
      if (!call.write(next.value)) await untilAborted(once(call, 'drain'), over.signal);
    }
  } finally {
    void source.return?.().catch(() => undefined);
  }
  if (!over.signal.aborted) call.end();
}
