import { type sendUnaryData, type ServerUnaryCall, status } from '@grpc/grpc-js';
import { type gateway } from '@hyperledger/fabric-protos';

import { type Admission } from './admission';
import { messageOf } from './errors';
import { endorse } from './gateway-endorse';
import { evaluate } from './gateway-evaluate';
import { commitStatus, type EventCall, sendChaincodeEvents } from './gateway-follow';
import { type LocalGateway } from './gateway-requests';
import { submit } from './gateway-submit';
import { RpcError } from './rpc-error';

/** Fabric's Gateway service as the peer of one organisation offers it. */
export function gatewayService(context: LocalGateway, admission: Admission): gateway.IGatewayServer {
  return {
    evaluate: unary((request, signal) => admission.admit(() => evaluate(context, request, signal))),
    endorse: unary((request, signal) => admission.admit(() => endorse(context, request, signal))),
    submit: unary((request) => admission.admit(async () => submit(context, request))),
    commitStatus: unary((request, signal) => commitStatus(context, request, signal)),
    chaincodeEvents: (call) => void streamEvents(context, call),
  };
}

async function streamEvents(context: LocalGateway, call: EventCall): Promise<void> {
  const aborted = new AbortController();
  call.on('cancelled', () => aborted.abort(cancelled()));
  try {
    await sendChaincodeEvents(context, call, aborted.signal);
  } catch (error) {
    call.emit('error', toRpcError(error).toResponse());
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
  return error instanceof RpcError ? error : new RpcError(status.ABORTED, messageOf(error));
}
