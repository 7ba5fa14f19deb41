export type { Act, Actuator, Order } from './actuator';
export { ChainIntake } from './chain-intake';
export { type Effect, EffectJournal, type OpenedEntry, type Recorded } from './effect-journal';
export { type EffectParts, Effects } from './effects';
export { EntryWorker, type EntryWorkerParts, type Receiver } from './entry-worker';
export { OwnEntries } from './own-entries';
export { type ReceiptParts, Receipts } from './receipts';
export { type KnownSigmas, type LoggedSigma, SigmaLog, type SigmaPlace } from './sigma-log';
