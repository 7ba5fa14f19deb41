import {
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Server,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type UntypedHandleCall,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { type EventEmitter, once } from 'node:events';

import { untilAborted } from '../common/abort';
import { CodedError, codeOf } from '../common/errors';
import { type Logger } from '../common/log';
import { toStatus } from './errors';
import { MAX_MESSAGE_BYTES, serviceOf } from './schema';
import { type CallContext, type Handlers, type Peer, PERMISSIONS, type ServiceName } from './services';
import { peerOf, type RpcTls, serverCredentials } from './tls';

export interface ServeOptions {
  readonly tls: RpcTls;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly logger?: Logger;
}

export interface RpcServer {
  readonly port: number;
  /** Takes no new calls, ends streams through their signals, gives what still runs two seconds, then drops it. */
  close(): Promise<void>;
}

const CLOSE_GRACE_MS = 2000;

type AnyHandler = (input: unknown, context: CallContext) => unknown;

/** The calls of all kinds, as far as they are handled alike. */
type IncomingCall = EventEmitter & Pick<ServerUnaryCall<unknown, unknown>, 'getAuthContext' | 'cancelled'>;
type OutgoingStream = ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>;

/**
 * Serves one service over mutual TLS. Callers without a role certificate get E_UNAUTHENTICATED, roles not listed for the
 * method E_FORBIDDEN, before the handler runs.
 * @throws CodedError E_LISTEN
 */
export async function serve<S extends ServiceName>(
  service: S,
  handlers: Handlers<S>,
  options: ServeOptions,
): Promise<RpcServer> {
  const server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
  });
  const streams = new Set<AbortController>();
  server.addService(serviceOf(service).service, implementation(service, handlers, streams, options.logger));
  const port = await bind(server, options);
  return {
    port,
    close: () => {
      for (const stream of streams) stream.abort();
      return close(server);
    },
  };
}

function implementation<S extends ServiceName>(
  service: S,
  handlers: Handlers<S>,
  streams: Set<AbortController>,
  logger: Logger | undefined,
): UntypedServiceImplementation {
  const permissions = PERMISSIONS[service] as Record<string, readonly Peer['role'][]>;
  const definition = serviceOf(service).service;
  const entries = Object.entries(definition).map(([rpcName, method]): [string, UntypedHandleCall] => {
    const name = rpcName.charAt(0).toLowerCase() + rpcName.slice(1);
    const handler = (handlers as unknown as Record<string, AnyHandler>)[name] as AnyHandler;
    const guard = new Guard(`${service}.${name}`, permissions[name] ?? [], streams, logger);
    if (method.requestStream) return [rpcName, bidiStream(guard, handler)];
    return [rpcName, method.responseStream ? serverStream(guard, handler) : unary(guard, handler)];
  });
  return Object.fromEntries<UntypedHandleCall>(entries);
}

/** Authorises calls to one method and reports their failures. */
class Guard {
  readonly #method: string;
  readonly #allowed: readonly Peer['role'][];
  readonly #streams: Set<AbortController>;
  readonly #logger: Logger | undefined;

  constructor(
    method: string,
    allowed: readonly Peer['role'][],
    streams: Set<AbortController>,
    logger: Logger | undefined,
  ) {
    this.#method = method;
    this.#allowed = allowed;
    this.#streams = streams;
    this.#logger = logger;
  }

  /** @param controller aborted when the caller is gone */
  admit(call: IncomingCall, controller = new AbortController()): CallContext {
    const peer = peerOf(call);
    if (!peer) {
      throw new CodedError('E_UNAUTHENTICATED', 'the client certificate names no role: use one issued for a process');
    }
    if (!this.#allowed.includes(peer.role)) {
      throw new CodedError('E_FORBIDDEN', `${this.#method} is not open to the role ${peer.role}`);
    }
    call.on('cancelled', () => controller.abort());
    if (call.cancelled) controller.abort();
    return { peer, signal: controller.signal };
  }

  /** As `admit`, for a call that also ends when the server closes. `work` must end with the signal. */
  async stream(call: IncomingCall, work: (context: CallContext) => Promise<void>): Promise<void> {
    const controller = new AbortController();
    const context = this.admit(call, controller);
    this.#streams.add(controller);
    try {
      await work(context);
    } finally {
      this.#streams.delete(controller);
    }
  }

  failure(error: unknown): ReturnType<typeof toStatus> {
    const code = codeOf(error);
    if (code === undefined) this.#logger?.error({ err: error, method: this.#method }, 'handler failed');
    else this.#logger?.debug({ method: this.#method, code }, 'refused');
    return toStatus(error);
  }
}

function unary(guard: Guard, handler: AnyHandler): handleUnaryCall<unknown, unknown> {
  return (call, callback) => {
    const run = async (): Promise<unknown> => handler(call.request, guard.admit(call));
    run().then(
      (reply) => callback(null, reply),
      (error: unknown) => callback(guard.failure(error)),
    );
  };
}

function serverStream(guard: Guard, handler: AnyHandler): handleServerStreamingCall<unknown, unknown> {
  return (call) => {
    void pump(call, guard, (context) => handler(call.request, context) as AsyncIterable<unknown>);
  };
}

function bidiStream(guard: Guard, handler: AnyHandler): handleBidiStreamingCall<unknown, unknown> {
  return (call) => {
    void pump(call, guard, (context) => handler(requestsOf(call), context) as AsyncIterable<unknown>);
  };
}

/** The caller's messages; they end when the caller ends them or is gone, which the context's signal tells apart. */
async function* requestsOf(call: ServerDuplexStream<unknown, unknown>): AsyncGenerator<unknown> {
  try {
    // The default iterator would destroy the replying side together with the finished requests.
    yield* call.iterator({ destroyOnReturn: false });
  } catch (error) {
    if (!call.cancelled) throw error;
  }
}

/** Writes what a handler yields, waiting where the caller reads slowly, until it ends, fails or the call is gone. */
async function pump(
  call: OutgoingStream,
  guard: Guard,
  start: (context: CallContext) => AsyncIterable<unknown>,
): Promise<void> {
  try {
    await guard.stream(call, async (context) => {
      const { signal } = context;
      const replies = start(context)[Symbol.asyncIterator]();
      try {
        for (;;) {
          const next = await untilAborted(replies.next(), signal);
          if (next === undefined || next.done) break;
          if (!call.write(next.value)) await untilAborted(once(call, 'drain'), signal);
        }
      } finally {
        // A generator still awaiting something runs its own finally when that settles; nobody waits for it here.
        void replies.return?.().catch(() => undefined);
      }
    });
    call.end();
  } catch (error) {
    if (call.cancelled) return;
    call.emit('error', guard.failure(error));
  }
}

function bind(server: Server, { tls, host, port }: ServeOptions): Promise<number> {
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(address, serverCredentials(tls), (error, bound) => {
      if (error) {
        reject(
          new CodedError('E_LISTEN', `cannot listen on ${address}: another process may hold the port`, {
            cause: error,
          }),
        );
      } else resolve(bound);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.forceShutdown(), CLOSE_GRACE_MS);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
