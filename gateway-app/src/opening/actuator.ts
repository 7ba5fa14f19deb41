import type { Json, StationAnswer } from '@chargecast/protocol';

import type { Batch } from '../store';

/** An opened, authenticated, schema-checked command for one pile, or one gateway. */
export interface Order {
  /** Name of the pile, or of the gateway, that is to act. */
  readonly unit: string;
  /** Pseudo-identity of the sender, lower-case hex. */
  readonly sender: string;
  /** Random and never reused by one sender: the idempotency key of the act. */
  readonly commandId: string;
  readonly kind: 'control' | 'billing' | 'notice';
  /** OCPP 2.0.1 action, or the project's bill. */
  readonly action: string;
  readonly payload: Readonly<Record<string, Json | undefined>>;
  /** Session the vehicle was plugged in under, lower-case hex; absent for the pile's own messages. */
  readonly session?: string;
  /** Unix seconds. */
  readonly at: number;
}

export interface Act {
  readonly outcome: 'done' | 'refused';
  /** Why it was refused. */
  readonly code?: string;
  /** Of the unit's charging station, when it was asked. */
  readonly station?: StationAnswer;
  /** Written in one step with the command's being done. */
  readonly writes?: (batch: Batch) => void;
}

/**
 * What carries out commands. `act` may be called again for the same command id after a crash between acting and storing, so
 * what it starts outside must be keyed by the command id; a throw leaves the command pending, to be tried again.
 */
export interface Actuator {
  act(order: Order): Promise<Act>;
}
