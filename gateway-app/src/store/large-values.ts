/**
 * Values too large for a log-structured merge tree, which would write each of them several times, beside it in files that
 * only grow; the database keeps where they lie. The separation is WiscKey's (Lu et al., FAST 2016).
 */
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { copyFile, type FileHandle, open, readdir, unlink } from 'node:fs/promises';
import { join, relative } from 'node:path';

import { CodedError } from '../common/errors';
import { privateDirectory } from '../common/files';

/** What a value consists of, one after another. */
export type Parts = readonly Uint8Array[];

export const lengthOf = (parts: Parts): number => parts.reduce((sum, { length }) => sum + length, 0);

export interface Place {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
}

interface Segment {
  readonly number: number;
  readonly file: FileHandle;
  length: number;
}

/** In a database's folder; each sub-store that asks for it has a folder there. */
export const LARGE_FOLDER = 'large';
/** A file is closed once it has this many bytes. */
const SEGMENT_BYTES = 64 * 1024 * 1024;

/** The large values of one sub-store. */
export class LargeValues {
  readonly #directory: string;
  readonly #places: () => AsyncIterable<Place>;
  readonly #segmentBytes: number;
  #current: Segment | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  /** How many writes of a segment the database does not know yet. */
  readonly #unknown = new Map<number, number>();
  #unused = false;
  #readers = 0;

  /**
   * @param directory made with the first value
   * @param places all that the database has
   */
  constructor(directory: string, places: () => AsyncIterable<Place>, segmentBytes = SEGMENT_BYTES) {
    this.#directory = directory;
    this.#places = places;
    this.#segmentBytes = segmentBytes;
  }

  /**
   * Synced to disk before it resolves. What a crash leaves here without a place in the database is no value.
   * @returns the places, for the database; {@link known} is to be called when it has them or never will
   */
  write(values: readonly Parts[]): Promise<Place[]> {
    const turn = this.#turn.then(() => this.#append(values));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  known(places: readonly Place[]): void {
    for (const { segment } of places) {
      const left = (this.#unknown.get(segment) ?? 0) - 1;
      if (left > 0) this.#unknown.set(segment, left);
      else this.#unknown.delete(segment);
    }
  }

  /** In this thread, as the database reads. @throws CodedError E_STORE_TAMPERED */
  read({ segment, offset, length }: Place): Uint8Array {
    const value = Buffer.allocUnsafeSlow(length);
    let read = 0;
    try {
      const file = openSync(this.#path(segment), 'r');
      try {
        for (let some = -1; read < length && some !== 0; read += some) {
          some = readSync(file, value, read, length - read, offset + read);
        }
      } finally {
        closeSync(file);
      }
    } catch (cause) {
      throw missing(this.#path(segment), cause);
    }
    if (read < length) throw missing(this.#path(segment));
    return value;
  }

  /** Places left the database: files to which none leads are removed when the next one is begun. */
  removed(): void {
    this.#unused = true;
  }

  /** Values of a snapshot of the database are read while `work` runs: their files stay. */
  async *whileRead<T>(work: AsyncIterable<T>): AsyncGenerator<T> {
    this.#readers += 1;
    try {
      yield* work;
    } finally {
      this.#readers -= 1;
    }
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#current?.file.close();
    this.#current = undefined;
  }

  async #append(values: readonly Parts[]): Promise<Place[]> {
    if (values.length === 0) return [];
    const segment = (this.#current ??= await this.#begin());
    try {
      const places: Place[] = [];
      let offset = segment.length;
      for (const parts of values) {
        const length = lengthOf(parts);
        places.push({ segment: segment.number, offset, length });
        offset += length;
      }
      await writeAll(segment.file, values.flat(), segment.length);
      await segment.file.datasync();
      segment.length = offset;
      this.#unknown.set(segment.number, (this.#unknown.get(segment.number) ?? 0) + places.length);
      if (segment.length >= this.#segmentBytes) await this.#end();
      return places;
    } catch (error) {
      // After a failed sync nobody knows what of the file is on disk.
      await this.#end();
      throw error;
    }
  }

  /** A file of its own for each run of the process: what a crash cut off is never written behind. */
  async #begin(): Promise<Segment> {
    await privateDirectory(this.#directory);
    const segments = await this.#segments();
    if (this.#unused && this.#readers === 0) await this.#sweep(segments);
    const number = 1 + Math.max(0, ...segments);
    const file = await open(this.#path(number), 'wx', 0o600);
    await syncToDisk(this.#directory);
    return { number, file, length: 0 };
  }

  async #end(): Promise<void> {
    const ended = this.#current;
    this.#current = undefined;
    await ended?.file.close();
  }

  async #sweep(segments: readonly number[]): Promise<void> {
    this.#unused = false;
    try {
      const unused = new Set(segments.filter((number) => !this.#unknown.has(number)));
      for await (const { segment } of this.#places()) unused.delete(segment);
      for (const segment of unused) await unlink(this.#path(segment));
    } catch (error) {
      this.#unused = true;
      throw error;
    }
  }

  async #segments(): Promise<number[]> {
    return (await readdir(this.#directory)).map(Number).filter(Number.isSafeInteger);
  }

  #path(segment: number): string {
    return join(this.#directory, String(segment));
  }
}

async function writeAll(file: FileHandle, parts: Parts, position: number): Promise<void> {
  let rest = parts.filter(({ length }) => length > 0);
  while (rest.length > 0) {
    let { bytesWritten } = await file.writev(rest, position);
    position += bytesWritten;
    while (bytesWritten > 0) {
      const [first, ...others] = rest as [Uint8Array, ...Uint8Array[]];
      rest = first.length > bytesWritten ? [first.subarray(bytesWritten), ...others] : others;
      bytesWritten -= Math.min(first.length, bytesWritten);
    }
  }
}

/** Of a database that no process has open. @param to the new database's folder */
export async function copyLargeValues(from: string, to: string): Promise<void> {
  const files = await readdir(join(from, LARGE_FOLDER), { recursive: true, withFileTypes: true }).catch(noneIfMissing);
  for (const { name, parentPath } of files.filter((entry) => entry.isFile())) {
    const folder = await privateDirectory(join(to, relative(from, parentPath)));
    await copyFile(join(parentPath, name), join(folder, name), constants.COPYFILE_EXCL);
    await syncToDisk(join(folder, name));
    await syncToDisk(folder);
  }
}

function noneIfMissing(error: NodeJS.ErrnoException): never[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}

async function syncToDisk(path: string): Promise<void> {
  const opened = await open(path, 'r');
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}

const PLACE_BYTES = 14;

export function encodePlace({ segment, offset, length }: Place): Uint8Array {
  const bytes = Buffer.alloc(PLACE_BYTES);
  bytes.writeUInt32BE(segment);
  bytes.writeUIntBE(offset, 4, 6);
  bytes.writeUInt32BE(length, 10);
  return bytes;
}

export function decodePlace(bytes: Uint8Array): Place {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { segment: buffer.readUInt32BE(0), offset: buffer.readUIntBE(4, 6), length: buffer.readUInt32BE(10) };
}

function missing(path: string, cause?: unknown): CodedError {
  const message = `${path} holds less than the database was told: restore it from the copy that the database is of`;
  return new CodedError('E_STORE_TAMPERED', message, { cause });
}
