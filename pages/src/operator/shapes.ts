/** What the centre's REST interface answers, as far as this page shows it: see `/v1/openapi.json`. Times are RFC 3339. */

export type Stage = 'waiting' | 'sealed' | 'acknowledged' | 'committed' | 'delivered' | 'failed';
export const STAGES: readonly Stage[] = ['waiting', 'sealed', 'acknowledged', 'committed', 'delivered', 'failed'];

export interface Command {
  readonly id: string;
  readonly customer: string;
  readonly kind: string;
  readonly action: string;
  readonly stage: Stage;
  /** Why it waits or failed; empty if nothing is wrong. */
  readonly code: string;
  readonly createdAt: string;
  readonly closedAt: string | null;
  readonly attempts: number;
  /** Empty before it was sealed. */
  readonly sigmaId: string;
  /** What the charging station answered; empty before. */
  readonly station: string;
  readonly stationReason: string;
}

export interface CommandDetail extends Command {
  readonly payload: unknown;
  readonly way: readonly {
    readonly stage: string;
    readonly at: string;
    readonly code: string;
    readonly sigmaId: string;
  }[];
}

export interface Operation {
  readonly id: string;
  readonly kind: string;
  readonly state: 'running' | 'succeeded' | 'failed';
  readonly createdAt: string;
  readonly progress: Readonly<Record<string, number>>;
}

/** `ended`: no charging record yet; `awaiting`: its customer has yet to confirm the bill. */
export const SESSION_STATES = ['open', 'ended', 'awaiting', 'billed', 'settled', 'disputed'] as const;

export interface Session {
  readonly transaction: string;
  readonly customer: string | null;
  readonly pile: string | null;
  readonly state: (typeof SESSION_STATES)[number];
  readonly code: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly powerW: number | null;
  readonly energyWh: number | null;
  readonly runningMinor: number | null;
  readonly totalMinor: number | null;
  readonly settledMinor: number | null;
  readonly currency: string | null;
}

export interface SessionDetail extends Session {
  readonly lines: readonly {
    readonly kind: string;
    readonly quantity: number;
    readonly amountMinor: number;
    readonly period?: string;
  }[];
  readonly tariff: string | null;
}

export interface Bill {
  readonly transaction: string;
  readonly customer: string;
  readonly state: Session['state'];
  readonly currency: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly energyWh: number;
  readonly totalMinor: number;
  readonly settledMinor: number;
}

export interface Statement {
  readonly month: string;
  readonly currency: string;
  readonly transactions: number;
  readonly energyWh: number;
  readonly billedMinor: number;
  readonly settledMinor: number;
  readonly disputed: number;
}

export interface Vehicle {
  readonly customer: string;
  readonly pluggedIn: boolean;
  readonly pile: string | null;
  readonly since: string | null;
  readonly waiting: number;
}

export interface AbsentVehicle {
  readonly customer: string;
  readonly waiting: number;
  readonly since: string;
  readonly expectedAction: string;
}

export interface Pile {
  readonly name: string;
  readonly vehicles: number;
  readonly connected: boolean;
  readonly seenAt: string | null;
  readonly behind: number | null;
  readonly gateway: string | null;
}

export interface Certificate {
  readonly id: string;
  readonly role: string;
  readonly provider: string;
  readonly version: number;
  readonly issuedAt: string;
  readonly expiresAt: string;
  readonly status: 'valid' | 'notYetValid' | 'expired' | 'revoked' | 'providerRevoked';
}

export interface Channel {
  readonly channel: 'certchain' | 'datachain';
  readonly height: number;
  readonly newest: string | null;
  readonly committedAt: string | null;
}

export interface Nodes {
  readonly kind: 'embedded' | 'fabric';
  readonly healthy: boolean;
  readonly nodes: readonly {
    readonly name: string;
    readonly kind: string;
    readonly mspId: string;
    readonly state: 'running' | 'unhealthy' | 'stopped';
    readonly heights: Readonly<Record<string, number>>;
    /** Channels whose ordering it leads. */
    readonly leads: readonly string[];
  }[];
}

export interface Block {
  readonly channel: string;
  readonly number: number;
  readonly hash: string;
  readonly transactions: number;
  readonly valid: number;
  readonly sigmas: number;
  readonly bytes: number;
  readonly committedAt: string | null;
}

export interface Alarm {
  readonly code: string;
  readonly severity: 'warning' | 'critical';
  readonly source: string;
  readonly subject: string;
  readonly text: string;
  readonly action: string;
}

/** A list that is never longer than one answer. */
export interface All<T> {
  readonly items: readonly T[];
}
