export { type CscConfig, cscConfigSchema } from './config';
export { type RunningCsc, startCsc } from './start';
export { allot, type Allotment, limitCommand, type Site, siteSchema } from './site-schedule';
