export { type RunningEv, startEv } from './start';
