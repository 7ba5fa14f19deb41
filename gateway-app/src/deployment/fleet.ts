import { createHash } from 'node:crypto';

import { CodedError } from '../common/errors';
import { type PlacedSession } from '../sessions';

export interface FleetVehicle {
  /** Shaped as a vehicle identification number (ISO 3779); invented. */
  readonly name: string;
  /** The customer number its provider knows it by. */
  readonly contract: string;
  /** Name of the ESP role that countersigns its record. */
  readonly provider: string;
  /** Name of the charging service company that serves it. */
  readonly csc: string;
}

export interface FleetPile {
  readonly name: string;
  /** Name of the CSS role its CP hangs on. */
  readonly css: string;
}

/** Who takes part besides the consortium itself. */
export interface Fleet {
  readonly vehicles: readonly FleetVehicle[];
  readonly piles: readonly FleetPile[];
  readonly cscs: readonly string[];
  readonly providers: readonly string[];
}

export interface FleetOptions {
  readonly css: readonly string[];
  readonly providers: readonly string[];
  readonly cscs: readonly string[];
}

/**
 * The vehicles and piles that the sessions name. Vehicles are spread over providers and companies in the order they
 * first appear, the piles of one garage hang on one gateway.
 */
export function fleetOf(sessions: readonly PlacedSession[], { css, providers, cscs }: FleetOptions): Fleet {
  if (sessions.length === 0) throw new CodedError('E_FLEET_EMPTY', 'a fleet needs at least one session');
  const vehicles = [...new Set(sessions.map(({ vehicle }) => vehicle))];
  const garages = [...new Set(sessions.map(({ garage }) => garage))];
  const piles = new Map(sessions.map(({ pile, garage }) => [pile, garage]));
  return {
    vehicles: vehicles.map((user, index) => ({
      name: vehicleName(user),
      contract: contractOf(user),
      provider: turn(providers, Math.floor(index / cscs.length)),
      csc: turn(cscs, index),
    })),
    piles: [...piles]
      .map(([name, garage]) => ({ name, css: turn(css, garages.indexOf(garage)) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    cscs,
    providers,
  };
}

const VIN_ALPHABET = 'ABCDEFGHJKLMNPRSTUVWXYZ0123456789';

/** The same 17 characters for the same user of a sessions file. */
export function vehicleName(user: string): string {
  const digest = createHash('sha256').update(`vehicle of ${user}`).digest();
  return Array.from(digest.subarray(0, 17), (byte) => VIN_ALPHABET[byte % VIN_ALPHABET.length]).join('');
}

export function contractOf(user: string): string {
  return `NO-CHC-${user}`;
}

function turn<T>(items: readonly T[], index: number): T {
  return items[index % items.length] as T;
}
