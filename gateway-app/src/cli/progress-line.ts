import { type Progress } from '@chargecast/network';

import { type Io } from './io';

/** A note for each step of a network's work. */
export function progressLine(io: Io): (progress: Progress) => void {
  return ({ step, detail, elapsed }) => {
    io.note(`${step}${detail === undefined ? '' : `: ${detail}`} (${(elapsed / 1000).toFixed(1)} s)`);
  };
}
