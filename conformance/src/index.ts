export { GROUPS } from './checkout';
export { type ConformanceOptions, type ConformanceReport, type Counts, runConformance } from './conformance';
export { ConformanceError, type ConformanceErrorCode } from './errors';
export { type ScenarioResult, type ScenarioStatus } from './run-scenario';
