export { type KgcConfig, kgcConfigSchema } from './config';
export { provisionKgc } from './master-keys';
export { startKgc } from './start';
