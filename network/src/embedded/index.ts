export {
  type ChaincodeStatus,
  type EmbeddedLedger,
  type EmbeddedLedgerStatus,
  startEmbeddedLedger,
} from './embedded-ledger';
export {
  embeddedProfileFile,
  type EmbeddedNetworkOptions,
  type RunningEmbeddedNetwork,
  startEmbeddedNetwork,
} from './embedded-network';
export { EmbeddedLedgerError, type EmbeddedLedgerErrorCode } from './errors';
export { launchEmbeddedLedger, type LaunchedLedger, type LaunchOptions } from './launch';
export * from './options';
export { type EmbeddedProcessConfig, readProcessConfig } from './process-config';
