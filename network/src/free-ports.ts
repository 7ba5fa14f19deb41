import { randomInt } from 'node:crypto';
import { access, mkdir, open, readdir, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

import { NetworkError } from './errors';
import { isPortFree } from './ports';

const HOST = '127.0.0.1';
/** Below the range from which systems draw the ports of outgoing connections. */
const LOWEST = 20_000;
const HIGHEST = 31_000;
const ATTEMPTS = 200;
const BLOCK = 10;
/** A claim holds for at least one period after it was made, at most two: time enough to begin to listen. */
const PERIOD_MS = 90_000;

export interface PortRange {
  readonly first: number;
  readonly count: number;
}

export interface FreePortsOptions {
  /** Taken if nothing listens on them: a caller’s own ports of before. */
  readonly wanted?: number;
  /** Promised by the caller to others, who do not listen yet. */
  readonly promised?: PortRange;
}

/**
 * The first of `count` neighbouring ports on 127.0.0.1 that nothing listens on and that no other call on this machine,
 * in whatever process of this user, was given in the last 90 seconds.
 * @throws NetworkError `E_PORTS` if there are none
 */
export async function freePorts(count: number, { wanted, promised }: FreePortsOptions = {}): Promise<number> {
  const fits = (first: number): boolean =>
    !promised || first + count <= promised.first || first >= promised.first + promised.count;
  const claims = await PortClaims.open();
  if (wanted !== undefined && fits(wanted) && (await areFree(wanted, count))) {
    await claims.take(wanted, count);
    return wanted;
  }
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const first = LOWEST + BLOCK * randomInt(Math.floor((HIGHEST - count - LOWEST) / BLOCK));
    if (fits(first) && (await claims.take(first, count)) && (await areFree(first, count))) return first;
  }
  throw new NetworkError('E_PORTS', `no ${count} free neighbouring ports between ${LOWEST} and ${HIGHEST}: free some`);
}

/**
 * Between a port's being found free and its being listened on, another process may find it free too; claims keep them
 * apart. A claim is a file of a name that tells block and period, which the file system lets only one process make; it
 * expires by its name, so none is ever taken over.
 */
class PortClaims {
  readonly #directory: string;
  readonly #period = Math.floor(Date.now() / PERIOD_MS);

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async open(): Promise<PortClaims> {
    const claims = new PortClaims(join(tmpdir(), `chargecast-ports-${userInfo().uid}`));
    await mkdir(claims.#directory, { recursive: true, mode: 0o700 });
    await claims.#forgetExpired();
    return claims;
  }

  /** Claims every block that the ports touch, or none. @returns whether all were to be had */
  async take(first: number, count: number): Promise<boolean> {
    const taken: number[] = [];
    for (let block = Math.floor(first / BLOCK); block * BLOCK < first + count; block++) {
      if (await this.#claim(block)) taken.push(block);
      else {
        await Promise.all(taken.map((each) => rm(this.#file(each), { force: true })));
        return false;
      }
    }
    return true;
  }

  async #claim(block: number): Promise<boolean> {
    if (await exists(this.#file(block, this.#period - 1))) return false;
    try {
      await (await open(this.#file(block), 'wx', 0o600)).close();
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  }

  async #forgetExpired(): Promise<void> {
    const expired = (await readdir(this.#directory)).filter((name) => Number(name.split('.')[1]) < this.#period - 1);
    await Promise.all(expired.map((name) => rm(join(this.#directory, name), { force: true })));
  }

  #file(block: number, period = this.#period): string {
    return join(this.#directory, `${block}.${period}`);
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}

async function areFree(first: number, count: number): Promise<boolean> {
  const free = await Promise.all(Array.from({ length: count }, (_, index) => isPortFree(HOST, first + index)));
  return !free.includes(false);
}
