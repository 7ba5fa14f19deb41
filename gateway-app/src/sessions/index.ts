export { assignPiles, type PlacedSession } from './piles';
export {
  type ChargingSession,
  readSessions,
  type SessionFile,
  skipCounts,
  type SkippedRow,
  type SkipReason,
} from './reader';
export { SMALL_SYNTHETIC, syntheticSessions, type SyntheticOptions } from './synthetic';
