export { type CscConfig, cscConfigSchema } from './config';
export { type RunningCsc, startCsc } from './start';
