import {
  type GrpcObject,
  loadPackageDefinition,
  logVerbosity,
  type ServiceClientConstructor,
  setLogVerbosity,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { resolve } from 'node:path';

import { type ServiceName } from './services';

/** Of one message: a σ of the largest bucket fits many times over. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

// gRPC prints to the console what callers get as coded errors anyway.
setLogVerbosity(logVerbosity.NONE);

/** dist/rpc and src/rpc stand at the same depth. */
export const PROTO = resolve(__dirname, '..', '..', 'proto', 'chargecast.proto');

let loaded: GrpcObject | undefined;

/** Client constructor and definition of one service of the proto file, which is read once. */
export function serviceOf(name: ServiceName): ServiceClientConstructor {
  loaded ??= loadPackageDefinition(
    loadSync(PROTO, { keepCase: false, longs: Number, enums: String, bytes: Buffer, defaults: true, oneofs: true }),
  );
  const { v1 } = loaded['chargecast'] as GrpcObject;
  return (v1 as GrpcObject)[name] as ServiceClientConstructor;
}
