import { type Primitives } from './primitives/types';

/**
 * What the protocol functions take from outside the scheme. The package's index binds the system's generator and
 * clock; only tests and vector generation pass others.
 */
export interface Env {
  readonly primitives: Primitives;
  /** Fresh bytes; every use is hedged with stored secrets, so a dead source repeats nothing. */
  readonly random: (length: number) => Uint8Array;
  /** Seconds since 1970, UTC. */
  readonly now: () => number;
}

/**
 * A set of keys on disk. `add` returns true if the key was not there, and only after it is durable.
 * The scheme leans on it for what may happen once: a pseudonym issued, a one-time key certified or spent.
 */
export interface DurableSet {
  add(key: Uint8Array): boolean | Promise<boolean>;
}
