/** What an owner's services answer: `/v1/owner…` of a centre and of a provider. */
import { type GranteeKind, type Scope } from '../keys/statements';

export interface CentreOwner {
  readonly service: 'centre';
  /** `provider/contract`. */
  readonly customer: string;
  readonly payment: 'automatic' | 'confirm';
  readonly currency: string;
}

export interface ProviderOwner {
  readonly service: 'provider';
  readonly provider: string;
  readonly contract: string;
  /** Part of what owners sign, hex. */
  readonly ctx: string;
  readonly vehicles: readonly OwnVehicle[];
}

export interface OwnVehicle {
  readonly id: string;
  readonly tag: string;
  readonly role: string;
  readonly version: number;
  readonly status: 'valid' | 'notYetValid' | 'expired' | 'revoked' | 'providerRevoked' | 'unknown';
  readonly issuedAt: string;
  readonly expiresAt: string;
}

export interface BillLine {
  readonly kind: 'energy' | 'discharge' | 'time' | 'idle' | 'fixed' | 'tax';
  readonly quantity: number;
  readonly amountMinor: number;
  readonly period?: string;
}

export interface Bill {
  readonly currency: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly energyWh: number;
  readonly lines: readonly BillLine[];
  readonly totalMinor: number;
  readonly tariff?: string;
  readonly salt?: string;
}

export interface OwnSession {
  readonly transaction: string;
  readonly state: 'open' | 'awaiting' | 'billed' | 'settled' | 'disputed';
  /** Why it is disputed. */
  readonly code: string;
  readonly bill: Bill | null;
  readonly settledMinor: number | null;
}

export interface Access {
  /** ID of the vehicle, or `*` for all of a provider's or an operator's. */
  readonly subject: string;
  readonly party: string;
  readonly grantedBy: 'owner' | 'provider' | 'operator';
  readonly name: string | null;
  readonly kind: GranteeKind | null;
  readonly scopes: readonly Scope[];
  readonly until: string | null;
  readonly version: number;
  readonly state: 'inForce' | 'ended' | 'withdrawn';
}

export interface Health {
  readonly reports: readonly {
    readonly sequence: number;
    readonly at: string;
    readonly readings: Readonly<Record<string, unknown>>;
    readonly alerts: readonly string[];
  }[];
  readonly hints: readonly {
    readonly code: string;
    readonly text: string;
    readonly sequence: number;
    readonly at: string;
  }[];
}

export interface MeterReading {
  /** Unix seconds. */
  readonly at: number;
  readonly importWh: number;
  readonly exportWh: number;
}

export interface OpenedRecord {
  readonly transaction: string;
  readonly record: { readonly meter: string; readonly readings: readonly MeterReading[] } | null;
  readonly energyWh: number | null;
  /** Why it is not shown; empty where it is. */
  readonly code: string;
}
