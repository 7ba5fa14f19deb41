export { type Customer, type EspConfig, espConfigSchema } from './config';
export { startEsp } from './start';
