export { type ReplayOptions, runReplay } from './run-replay';
export { agrees, type ReplaySummary, replayTable } from './summary';
