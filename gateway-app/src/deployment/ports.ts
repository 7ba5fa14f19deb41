import { randomInt } from 'node:crypto';

import { isPortFree } from '@chargecast/network';

import { CodedError } from '../common/errors';

export const HOST = '127.0.0.1';
/** Below the range from which systems draw the ports of outgoing connections. */
const LOWEST = 20_000;
const HIGHEST = 31_000;
const ATTEMPTS = 50;

export interface Ports {
  readonly first: number;
  readonly count: number;
}

/**
 * The first of `count` neighbouring ports that nothing listens on now.
 * @param wanted taken if they are free
 * @param promised to others, who do not listen yet
 */
export async function freePorts(count: number, wanted?: number, promised?: Ports): Promise<number> {
  const fits = (first: number): boolean =>
    !promised || first + count <= promised.first || first >= promised.first + promised.count;
  if (wanted !== undefined && fits(wanted) && (await areFree(wanted, count))) return wanted;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const first = randomInt(LOWEST, HIGHEST - count);
    if (fits(first) && (await areFree(first, count))) return first;
  }
  throw new CodedError('E_PORTS', `no ${count} free neighbouring ports between ${LOWEST} and ${HIGHEST}: free some`);
}

async function areFree(first: number, count: number): Promise<boolean> {
  const free = await Promise.all(Array.from({ length: count }, (_, index) => isPortFree(HOST, first + index)));
  return !free.includes(false);
}
