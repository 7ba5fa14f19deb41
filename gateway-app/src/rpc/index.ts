export { client, type ClientOptions } from './client';
export { RpcError } from './errors';
export type * from './messages';
export { fromVehicle, toVehicle } from './pile-frames';
export { type RpcServer, serve, type ServeOptions } from './server';
export {
  type CallContext,
  type CallOptions,
  type Client,
  type Handlers,
  type Peer,
  PERMISSIONS,
  type ServiceName,
  type Services,
} from './services';
export { readTls, type RpcTls } from './tls';
