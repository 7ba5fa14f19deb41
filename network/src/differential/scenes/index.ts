import { bundleProbeChaincode } from '../chaincode/bundle';
import { type Script } from '../script';
import { conflicts } from './conflicts';
import { endorsers } from './endorsers';
import { eventStreams } from './events';
import { forged } from './forged';
import { good } from './good';
import { queries } from './queries';
import { refusals } from './refusals';
import { afterRestart, replays } from './replays';
import { whoMay } from './who-may';

/** All that clients, members and chaincode can do to a ledger, with a chaincode of the suite's own. */
export const PROBE: Script = {
  scenes: [good, queries, conflicts, replays, endorsers, forged, whoMay, refusals, eventStreams],
  afterRestart: [afterRestart],
  chaincode: (directory) => bundleProbeChaincode(directory),
};
