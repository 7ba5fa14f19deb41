import { join } from 'node:path';

import { CodedError } from '../common/errors';
import { writePrivateFile } from '../common/files';
import { ROOT } from '../deployment/root';
import {
  assignPiles,
  type PlacedSession,
  readSessions,
  type SessionFile,
  SMALL_SYNTHETIC,
  skipCounts,
  syntheticSessions,
} from '../sessions';

export const SYNTHETIC_FILE = join(ROOT, 'gateway-app', 'data', 'synthetic-sessions.csv');
const VEHICLES_PER_GARAGE = 6;

export interface DemoInput {
  readonly file: string;
  readonly synthetic: boolean;
  /** Usable rows and others of the whole file. */
  readonly read: number;
  readonly skipped: number;
  /** `reason: rows`, the most frequent first. */
  readonly skipReasons: readonly string[];
  /** What is played: all, or the sessions of the first vehicles. */
  readonly sessions: readonly PlacedSession[];
}

export interface InputOptions {
  /** A file in the published Trondheim format; the project's own synthetic one if absent. */
  readonly sessions?: string;
  /** Only so many vehicles; without a file, a synthetic fleet of that size. */
  readonly vehicles?: number;
  /** Where a synthetic file of another size is written. */
  readonly directory: string;
}

/** @throws CodedError E_SESSIONS_… */
export async function readInput({ sessions, vehicles, directory }: InputOptions): Promise<DemoInput> {
  const file = sessions ?? (await syntheticFile(vehicles, directory));
  const found: SessionFile = await readSessions(file);
  const placed = assignPiles(firstVehicles(found, vehicles));
  if (placed.length === 0) throw new CodedError('E_SESSIONS_EMPTY', `${file} has no session left to play`);
  return {
    file,
    synthetic: sessions === undefined,
    read: found.sessions.length,
    skipped: found.skipped.length,
    skipReasons: skipCounts(found.skipped).map(({ reason, rows }) => `${reason}: ${rows}`),
    sessions: placed,
  };
}

async function syntheticFile(vehicles: number | undefined, directory: string): Promise<string> {
  if (vehicles === undefined || vehicles === SMALL_SYNTHETIC.vehicles) return SYNTHETIC_FILE;
  const file = join(directory, 'synthetic-sessions.csv');
  const garages = Math.ceil(vehicles / VEHICLES_PER_GARAGE);
  await writePrivateFile(file, syntheticSessions({ ...SMALL_SYNTHETIC, vehicles, garages }));
  return file;
}

function firstVehicles({ sessions }: SessionFile, count: number | undefined): SessionFile['sessions'] {
  if (count === undefined) return sessions;
  const chosen = new Set([...new Set(sessions.map(({ vehicle }) => vehicle))].slice(0, count));
  return sessions.filter(({ vehicle }) => chosen.has(vehicle));
}
