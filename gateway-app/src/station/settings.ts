import { z } from 'zod';

import { listenSchema } from '../common/config';

const count = z.int().positive();

/** `ocpp` of a CP process's `config.json`: with it, commands go to charging stations. */
export const stationSettingsSchema = z.strictObject({
  /** Where the piles' stations connect; a loopback address. */
  listen: listenSchema,
  /** Folder of the stations' passwords, a file for each pile; made if missing. */
  passwords: z.string().min(1).default('station-passwords'),
  /** Milliseconds a station has to answer a call. */
  callMs: count.default(10_000),
  /** Seconds between a station's heartbeats. */
  heartbeatSeconds: count.default(300),
  /** Calls made for one command, at most. */
  attempts: count.max(100).default(5),
  /** Seconds a command waits, at most, for a station that is not connected or does not settle what it did. */
  patienceSeconds: count.default(900),
});
export type StationSettings = z.output<typeof stationSettingsSchema>;
