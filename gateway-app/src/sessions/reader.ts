import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

import { parse } from 'csv-parse';

import { CodedError } from '../common/errors';
import { parseOsloTime } from './oslo-time';

/** One charging session: a vehicle, a garage, when it was plugged in, how much energy it took. */
export interface ChargingSession {
  /** `session_ID` as published. */
  readonly id: string;
  readonly garage: string;
  /** `User_ID` as published: the vehicle and its driver's contract. */
  readonly vehicle: string;
  /** Unix seconds. */
  readonly start: number;
  readonly end: number;
  readonly energyWh: number;
}

export interface SkippedRow {
  /** Line in the file, the header is line 1. */
  readonly line: number;
  readonly reason: SkipReason;
}

export const SKIP_REASONS = [
  'no session id',
  'no garage',
  'no vehicle',
  'an id with characters other than letters, digits, ".", "_", "-" (64 at most)',
  'no start',
  'no end',
  'start is not dd.mm.yyyy hh:mm',
  'end is not dd.mm.yyyy hh:mm',
  'a time the change to summer time skips',
  'end before start',
  'no energy',
  'energy is not a number with decimal comma',
  'energy below zero',
  'session id occurs more than once',
  'wrong number of columns',
] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

export interface SessionFile {
  /** Usable sessions by start, then by order in the file. */
  readonly sessions: readonly ChargingSession[];
  readonly skipped: readonly SkippedRow[];
}

const COLUMNS = ['session_ID', 'Garage_ID', 'User_ID', 'Start_plugin', 'End_plugout', 'El_kWh'] as const;
type Column = (typeof COLUMNS)[number];
type Row = Readonly<Record<Column, string>>;

const EXPECTED = `expected is the format of the published Trondheim sessions: one header line, columns separated by semicolons, among them ${COLUMNS.join(', ')}; decimal commas, local times as dd.mm.yyyy hh:mm, NA or nothing where a value is missing`;
const MISSING = new Set(['', 'NA']);
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const NUMBER = /^-?\d{1,7}(,\d+)?$/;
const LONGEST_LINE = 16_384;

/**
 * Reads the published format of Sørensen et al., Data in Brief 36 (2021) 107105, as it is. A row is usable when both
 * times are there, the end is not before the start and the energy is a number; every other row is given back with its
 * reason, none is repaired.
 *
 * @throws CodedError `E_SESSIONS_FILE` (cannot be read), `E_SESSIONS_FORMAT` (another kind of file; says what is
 * expected), `E_SESSIONS_EMPTY` (no usable row)
 */
export async function readSessions(path: string): Promise<SessionFile> {
  await assertReadable(path);
  const sessions: ChargingSession[] = [];
  const skipped: SkippedRow[] = [];
  const ids = new Set<string>();
  for await (const { line, cells, columns } of records(path)) {
    const row = columns(cells);
    const read = row ? readRow(row) : 'wrong number of columns';
    if (typeof read === 'string') skipped.push({ line, reason: read });
    else if (ids.has(read.id)) skipped.push({ line, reason: 'session id occurs more than once' });
    else {
      ids.add(read.id);
      sessions.push(read);
    }
  }
  if (sessions.length === 0) {
    throw new CodedError(
      'E_SESSIONS_EMPTY',
      `${path} holds no usable session (${skipped.length} rows skipped${skipped[0] ? `, the first for: ${skipped[0].reason}` : ''})`,
    );
  }
  return { sessions: sessions.sort((a, b) => a.start - b.start), skipped };
}

/** How often each reason occurred, the most frequent first. */
export function skipCounts(skipped: readonly SkippedRow[]): { reason: SkipReason; rows: number }[] {
  return SKIP_REASONS.map((reason) => ({ reason, rows: skipped.filter((row) => row.reason === reason).length }))
    .filter(({ rows }) => rows > 0)
    .sort((a, b) => b.rows - a.rows);
}

async function assertReadable(path: string): Promise<void> {
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new CodedError('E_SESSIONS_FILE', `${path} is not a file`);
  } catch (error) {
    if (error instanceof CodedError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new CodedError('E_SESSIONS_FILE', `cannot read the sessions file ${path} (${code}): check its name`, {
      cause: error,
    });
  }
}

interface FileRecord {
  readonly line: number;
  readonly cells: readonly string[];
  readonly columns: (cells: readonly string[]) => Row | undefined;
}

async function* records(path: string): AsyncGenerator<FileRecord> {
  const parser = createReadStream(path).pipe(
    parse({
      delimiter: ';',
      bom: true,
      trim: true,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: LONGEST_LINE,
      info: true,
    }),
  );
  let columns: FileRecord['columns'] | undefined;
  try {
    for await (const { info, record } of parser as AsyncIterable<{ info: { lines: number }; record: string[] }>) {
      if (columns) yield { line: info.lines, cells: record, columns };
      else columns = columnReader(path, record);
    }
  } catch (error) {
    if (error instanceof CodedError) throw error;
    throw formatError(path, `is not such a table (${(error as Error).message})`, error);
  }
  if (!columns) throw formatError(path, 'is empty');
}

function columnReader(path: string, header: readonly string[]): FileRecord['columns'] {
  const missing = COLUMNS.filter((name) => header.filter((cell) => cell === name).length !== 1);
  if (missing.length > 0) throw formatError(path, `lacks in its first line, or repeats: ${missing.join(', ')}`);
  const places = COLUMNS.map((name) => [name, header.indexOf(name)] as const);
  return (cells) => {
    if (cells.length !== header.length) return undefined;
    return Object.fromEntries(places.map(([name, place]) => [name, cells[place] as string])) as Row;
  };
}

function formatError(path: string, fault: string, cause?: unknown): CodedError {
  return new CodedError('E_SESSIONS_FORMAT', `${path} ${fault}; ${EXPECTED}`, { cause });
}

function readRow(row: Row): ChargingSession | SkipReason {
  const ids = idFault(row);
  if (ids) return ids;
  const times = readTimes(row);
  if (typeof times === 'string') return times;
  if (MISSING.has(row.El_kWh)) return 'no energy';
  if (!NUMBER.test(row.El_kWh)) return 'energy is not a number with decimal comma';
  if (row.El_kWh.startsWith('-')) return 'energy below zero';
  return {
    id: row.session_ID,
    garage: row.Garage_ID,
    vehicle: row.User_ID,
    ...times,
    energyWh: Math.round(Number(row.El_kWh.replace(',', '.')) * 1000),
  };
}

function idFault(row: Row): SkipReason | undefined {
  if (MISSING.has(row.session_ID)) return 'no session id';
  if (MISSING.has(row.Garage_ID)) return 'no garage';
  if (MISSING.has(row.User_ID)) return 'no vehicle';
  const valid = [row.session_ID, row.Garage_ID, row.User_ID].every((id) => ID.test(id));
  return valid ? undefined : 'an id with characters other than letters, digits, ".", "_", "-" (64 at most)';
}

function readTimes(row: Row): { start: number; end: number } | SkipReason {
  if (MISSING.has(row.Start_plugin)) return 'no start';
  if (MISSING.has(row.End_plugout)) return 'no end';
  const start = parseOsloTime(row.Start_plugin);
  const end = parseOsloTime(row.End_plugout);
  if ('fault' in start) return timeFault('start', start.fault);
  if ('fault' in end) return timeFault('end', end.fault);
  return end.unixSeconds < start.unixSeconds ? 'end before start' : { start: start.unixSeconds, end: end.unixSeconds };
}

function timeFault(which: 'start' | 'end', fault: 'syntax' | 'skipped by summer time'): SkipReason {
  return fault === 'syntax' ? `${which} is not dd.mm.yyyy hh:mm` : 'a time the change to summer time skips';
}
