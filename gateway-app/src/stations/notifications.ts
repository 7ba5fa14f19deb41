/** What a simulated station tells its CSMS: OCPP 2.0.1 TransactionEvent and StatusNotification. */
import type { Payload } from '../station';
import { type Evse, type EvseState, type RunningTransaction } from './evse';

export type EventType = 'Started' | 'Updated' | 'Ended';
export type Trigger = 'RemoteStart' | 'RemoteStop' | 'MeterValuePeriodic' | 'EVDeparted';

export interface EventParts {
  readonly eventType: EventType;
  readonly triggerReason: Trigger;
  /** More members of `transactionInfo`. */
  readonly info: Payload;
  readonly offline: boolean;
  /** Unix milliseconds by the station's clock. */
  readonly now: number;
}

export function transactionEvent(evse: Evse, transaction: RunningTransaction, parts: EventParts): Payload {
  const { eventType, triggerReason, info, offline, now } = parts;
  const { transactionId, remoteStartId, idToken, seqNo } = transaction;
  const timestamp = new Date(now).toISOString();
  return {
    eventType,
    timestamp,
    triggerReason,
    seqNo,
    ...(offline && { offline }),
    transactionInfo: {
      transactionId,
      chargingState: chargingState(evse, eventType),
      ...(remoteStartId !== undefined && { remoteStartId }),
      ...info,
    },
    evse: { id: evse.state.id, connectorId: 1 },
    ...(eventType === 'Started' && { idToken: { ...idToken } }),
    meterValue: [{ timestamp, sampledValue: samples(evse, eventType) }],
  };
}

function chargingState(evse: Evse, eventType: EventType): string {
  if (!evse.state.vehicle || eventType === 'Ended') return 'EVConnected';
  return evse.watts > 0 ? 'Charging' : 'SuspendedEVSE';
}

const CONTEXTS = { Started: 'Transaction.Begin', Updated: 'Sample.Periodic', Ended: 'Transaction.End' } as const;

function samples(evse: Evse, eventType: EventType): Payload[] {
  const context = CONTEXTS[eventType];
  return [
    { value: evse.registerWh, context, measurand: 'Energy.Active.Import.Register', unitOfMeasure: { unit: 'Wh' } },
    { value: Math.round(evse.watts), context, measurand: 'Power.Active.Import', unitOfMeasure: { unit: 'W' } },
  ];
}

/** @param now Unix milliseconds by the station's clock */
export function statusNotification({ id, operative, vehicle }: EvseState, now: number): Payload {
  const connectorStatus = vehicle ? 'Occupied' : operative ? 'Available' : 'Unavailable';
  return { timestamp: new Date(now).toISOString(), connectorStatus, evseId: id, connectorId: 1 };
}
