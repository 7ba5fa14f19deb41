import { randomInt } from 'node:crypto';

import { pause } from '../common/abort';
import { type Deployment } from '../deployment/deployment';
import { killLedger } from '../deployment/kill-ledger';
import { type ReplayStations } from './stations';

export const VICTIMS = ['agent', 'gateway', 'centre', 'station', 'ledger'] as const;
export type Victim = (typeof VICTIMS)[number];
/** How many of each were killed. */
export type KillCounts = Readonly<Record<Victim, number>>;

/** A victim dies up to so long after the moment drawn for it, milliseconds. */
const SPREAD_MS = 150;

/**
 * kill −9 in the middle of a replay: every kind of process in turn, the order, the process and the moment drawn anew for
 * each run. What died starts again; the next dies when it is back.
 */
export class Kills {
  readonly #due: Set<number>;
  readonly #order: Victim[];
  readonly #strike: (victim: Victim) => Promise<void>;
  readonly #signal: AbortSignal;
  readonly #counts: Record<Victim, number> = { agent: 0, gateway: 0, centre: 0, station: 0, ledger: 0 };
  #passed = 0;
  #last: Promise<void> = Promise.resolve();

  /** @param moments that will pass in all; no more kills than these */
  constructor(count: number, moments: number, strike: (victim: Victim) => Promise<void>, signal: AbortSignal) {
    this.#due = drawn(Math.min(count, moments), moments);
    this.#order = Array.from({ length: Math.ceil(count / VICTIMS.length) }, () => shuffled(VICTIMS)).flat();
    this.#strike = strike;
    this.#signal = signal;
  }

  get counts(): KillCounts {
    return this.#counts;
  }

  /** One passes: if a kill is due at it, resolves when the former victim is back; the next dies soon after. */
  async moment(): Promise<void> {
    if (!this.#due.has(this.#passed++)) return;
    const victim = this.#order.shift() as Victim;
    const before = this.#last;
    this.#last = before.then(() => this.#kill(victim));
    // Thrown by `done`, and by the moments that wait for it.
    this.#last.catch(() => undefined);
    await before;
  }

  /** Resolves when all who were killed are back. @throws what kept one from starting again */
  done(): Promise<void> {
    return this.#last;
  }

  async #kill(victim: Victim): Promise<void> {
    await pause(randomInt(SPREAD_MS), this.#signal);
    if (this.#signal.aborted) return;
    await this.#strike(victim);
    this.#counts[victim] += 1;
  }
}

/** Kills one process of a kind and starts it again. */
export function striker(deployment: Deployment, stations: ReplayStations): (victim: Victim) => Promise<void> {
  const role = async (kind: 'cp' | 'css' | 'csc'): Promise<void> => {
    const { name } = oneOf(deployment.running(kind));
    await deployment.killRole(name);
    await deployment.startRole(name, 'processes');
  };
  const deeds: Readonly<Record<Victim, () => Promise<void>>> = {
    agent: () => role('cp'),
    gateway: () => role('css'),
    centre: () => role('csc'),
    station: () => oneOf(stations.processes).kill(),
    ledger: () => killLedger(deployment),
  };
  return (victim) => deeds[victim]();
}

function oneOf<T>(all: readonly T[]): T {
  return all[randomInt(all.length)] as T;
}

/** So many different numbers from 0 to below `bound`. */
function drawn(count: number, bound: number): Set<number> {
  const numbers = new Set<number>();
  while (numbers.size < count) numbers.add(randomInt(bound));
  return numbers;
}

function shuffled<T>(all: readonly T[]): T[] {
  return all
    .map((each) => ({ each, rank: Math.random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ each }) => each);
}
