import type { Json } from '@chargecast/protocol';

/** A JSON object, as an OCPP payload is. */
export type Payload = Readonly<Record<string, Json | undefined>>;

/**
 * The members of OCPP 2.0.1 messages that are read here. Every message has passed the standard's own schema before it
 * is given one of these types.
 */
export interface SampledValue {
  readonly value: number;
  /** `Energy.Active.Import.Register` if absent. */
  readonly measurand?: string;
  readonly phase?: string;
  readonly context?: string;
  /** Wh with multiplier 0 if absent; the value is in units of 10^multiplier. */
  readonly unitOfMeasure?: { readonly unit?: string; readonly multiplier?: number };
  readonly signedMeterValue?: SignedMeterValue;
}

export interface SignedMeterValue {
  readonly signedMeterData: string;
  readonly signingMethod: string;
  readonly encodingMethod: string;
  readonly publicKey: string;
}

export interface MeterValue {
  /** RFC 3339. */
  readonly timestamp: string;
  readonly sampledValue: readonly SampledValue[];
}

export interface TransactionEventRequest {
  readonly eventType: 'Started' | 'Updated' | 'Ended';
  readonly timestamp: string;
  readonly triggerReason: string;
  readonly seqNo: number;
  /** Sent late: it happened while the station had no connection. */
  readonly offline?: boolean;
  readonly transactionInfo: {
    readonly transactionId: string;
    readonly chargingState?: string;
    readonly stoppedReason?: string;
    readonly remoteStartId?: number;
  };
  readonly evse?: { readonly id: number; readonly connectorId?: number };
  readonly idToken?: { readonly idToken: string; readonly type: string };
  readonly meterValue?: readonly MeterValue[];
}

/**
 * What a station may tell its CSMS of its own accord. Each is kept before it is answered; Heartbeat, Authorize and
 * DataTransfer are answered and not kept.
 */
export const KEPT_MESSAGES = [
  'BootNotification',
  'StatusNotification',
  'TransactionEvent',
  'MeterValues',
  'NotifyEvent',
  'NotifyReport',
  'NotifyMonitoringReport',
  'NotifyChargingLimit',
  'ClearedChargingLimit',
  'ReportChargingProfiles',
  'SecurityEventNotification',
  'FirmwareStatusNotification',
  'LogStatusNotification',
  'ReservationStatusUpdate',
] as const;
export type KeptMessage = (typeof KEPT_MESSAGES)[number];

export function isObject(value: unknown): value is Payload {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
