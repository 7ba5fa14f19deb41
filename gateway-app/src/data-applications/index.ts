export { CarMakerDesk, type PermittedRecords, type PermittedVehicle } from './car-maker-desk';
export { Disclosures } from './disclosures';
export { GrantIndex, type Word, wordPlace } from './grant-index';
export { type HealthHint, healthHints } from './health';
export { LedgerReader } from './ledger-reader';
export { OwnerDesk, type OwnRecord, type OwnVehicle } from './owner-desk';
export {
  type PileUse,
  periodOf,
  type Usage,
  type UsageCell,
  usageOf,
  type UsageRules,
  type UsageTotals,
} from './usage';
export { type PublishedPeriod, USAGE_FORMAT, type UsagePublication, UsagePublications } from './usage-publications';
