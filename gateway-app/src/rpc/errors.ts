import { Metadata, type ServiceError, status, type StatusObject } from '@grpc/grpc-js';

import { CodedError, codeOf, messageOf } from '../common/errors';

const CODE_KEY = 'chargecast-code';

/**
 * A call that failed: `code` is the server's own (its `E_…`), or one of the transport's.
 * | code | meaning |
 * |---|---|
 * | E_UNREACHABLE | no connection, or it broke: the call may or may not have run; repeat it if it is idempotent |
 * | E_DEADLINE | no answer in time, likewise |
 * | E_CANCELLED | given up by the caller |
 * | E_MESSAGE_SIZE | request or reply over the size limit |
 * | E_RPC_VERSION | the other side does not know the method |
 * | E_INTERNAL | the other side failed without a code; its log says more |
 */
export class RpcError extends CodedError {
  /** gRPC status. */
  readonly status: status;

  constructor(code: string, message: string, grpcStatus: status, options?: ErrorOptions) {
    super(code, message, options);
    this.status = grpcStatus;
  }

  /** The same call may succeed later without any change. */
  get transient(): boolean {
    return this.code === 'E_UNREACHABLE' || this.code === 'E_DEADLINE';
  }
}

const STATUS_OF_CODE: Readonly<Record<string, status>> = {
  E_FORBIDDEN: status.PERMISSION_DENIED,
  E_UNAUTHENTICATED: status.UNAUTHENTICATED,
  E_CANCELLED: status.CANCELLED,
  E_LEDGER_UNAVAILABLE: status.UNAVAILABLE,
  E_INTERNAL: status.INTERNAL,
};

/** What a caller may learn of a handler's failure: code and message of a coded error, nothing of any other. */
export function toStatus(error: unknown): Partial<StatusObject> {
  const code = codeOf(error) ?? 'E_INTERNAL';
  const metadata = new Metadata();
  metadata.set(CODE_KEY, code);
  const details = code === 'E_INTERNAL' ? 'internal error: the log of the service says more' : messageOf(error);
  return { code: STATUS_OF_CODE[code] ?? status.FAILED_PRECONDITION, details, metadata };
}

const TRANSPORT: Partial<Record<status, { readonly code: string; readonly advice: string }>> = {
  [status.UNAVAILABLE]: { code: 'E_UNREACHABLE', advice: 'check that it runs and try again' },
  [status.DEADLINE_EXCEEDED]: { code: 'E_DEADLINE', advice: 'it may still be at work; try again later' },
  [status.CANCELLED]: { code: 'E_CANCELLED', advice: 'the call was given up' },
  [status.RESOURCE_EXHAUSTED]: { code: 'E_MESSAGE_SIZE', advice: 'send fewer items at once' },
  [status.UNIMPLEMENTED]: { code: 'E_RPC_VERSION', advice: 'run the same version on both sides' },
};

/** @param target `Service.method at host:port` */
export function fromServiceError(error: ServiceError, target: string): RpcError {
  const [code] = error.metadata?.get(CODE_KEY) ?? [];
  if (typeof code === 'string') return new RpcError(code, error.details, error.code, { cause: error });
  const known = TRANSPORT[error.code];
  return new RpcError(
    known?.code ?? 'E_INTERNAL',
    `${target}: ${error.details}${known ? `; ${known.advice}` : ''}`,
    error.code,
    { cause: error },
  );
}

export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && 'details' in error;
}
