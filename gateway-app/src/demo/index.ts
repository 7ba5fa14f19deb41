export { type DemoInput, type InputOptions, readInput } from './input';
export { createProgress, type DemoProgress } from './progress';
export { type DemoOptions, runDemo } from './run-demo';
export { type AttackResult, type DemoSummary, isGood, summaryTable } from './summary';
