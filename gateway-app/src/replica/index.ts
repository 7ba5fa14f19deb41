export { CssStreamSource } from './css-source';
export { type Effects, readEffects, type WrittenSigma } from './effects';
export { openReplica } from './replica';
export type * from './types';
