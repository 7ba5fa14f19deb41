export { type CallResult } from './answer';
export { Csms, OCPP } from './csms';
export { type FinalCost } from './final-costs';
export { JOURNAL_START, type StationEvent, StationJournal } from './journal';
export type {
  KeptMessage,
  MeterValue,
  Payload,
  SampledValue,
  SignedMeterValue,
  TransactionEventRequest,
} from './messages';
export { passwordFile, readPassword } from './passwords';
export { type Reading, readingsOf } from './readings';
export { openStations, type Stations, type StationParts } from './stations';
export { type StationSettings, stationSettingsSchema } from './settings';
export { energyWh, missingOf, type StationTransaction, type TransactionOrigin } from './transaction';
