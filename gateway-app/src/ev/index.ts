export { evConfigSchema } from './config';
export { type RunningEv, startEv } from './start';
