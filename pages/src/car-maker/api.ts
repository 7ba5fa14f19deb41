/** What a provider answers a car maker: `/v1/car-maker…`. */
import { type Page } from '../shell/api';

export interface CarMaker {
  readonly name: string;
  /** The key it reads with, `key:…`; null until the provider's operator has bound one. */
  readonly party: string | null;
  /** Part of what is signed, hex. */
  readonly ctx: string;
}

/** A vehicle whose owner permits it; of others a car maker learns nothing. */
export interface PermittedVehicle {
  readonly id: string;
  /** When the owner's permission ends. */
  readonly until: string;
  /** How many sessions the owner shows. */
  readonly sessions: number;
  readonly permissions: { readonly owner: boolean; readonly provider: boolean };
}

export interface PermittedSession {
  readonly transaction: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly energyWh: number;
  readonly readings: readonly { readonly at: number; readonly importWh: number; readonly exportWh: number }[];
}

/** `withheld`: sessions of this page that the chain refused. */
export type PermittedSessions = Page<PermittedSession> & { readonly withheld: number };
