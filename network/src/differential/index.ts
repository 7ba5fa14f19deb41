export { type Aspect, type Comparison, compareRuns, isSame, type Verdict } from './compare';
export { DELIBERATE, type DeliberateDifference } from './deliberate';
export { type DifferentialOptions, type DifferentialReport, runDifferential } from './differential';
export { DifferentialError } from './errors';
export { NORMALISED } from './normalise';
export { RECORDING_FILE } from './recording';
