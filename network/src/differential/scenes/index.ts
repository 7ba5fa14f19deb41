import { type Scene } from '../script';
import { conflicts } from './conflicts';
import { endorsers } from './endorsers';
import { eventStreams } from './events';
import { forged } from './forged';
import { good } from './good';
import { queries } from './queries';
import { refusals } from './refusals';
import { afterRestart, replays } from './replays';
import { whoMay } from './who-may';

/** The script, in the order it is run. */
export const SCENES: readonly Scene[] = [
  good,
  queries,
  conflicts,
  replays,
  endorsers,
  forged,
  whoMay,
  refusals,
  eventStreams,
];

/** Run after the ledger was stopped and started on its data. */
export const SCENES_AFTER_RESTART: readonly Scene[] = [afterRestart];
