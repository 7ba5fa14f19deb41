export { look, RemoteView } from './remote';
export { consortiumRoutes } from './routes';
export type { Alarm, Reader } from './schemas';
export type { ConsortiumView } from './view';
