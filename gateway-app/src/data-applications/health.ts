import {
  ALERTS,
  type AlertCode,
  type SignedVehicleReport,
  type VehicleReadings,
  type VehicleReportKind,
  type VehicleReportState,
} from '@chargecast/protocol';

/** What an owner should do about the vehicle, and which report says so. */
export interface HealthHint {
  readonly code: AlertCode | 'serviceSoon' | 'brakesWearing' | 'batteryFading';
  readonly text: string;
  /** Of the report. */
  readonly sequence: number;
  /** Unix seconds. */
  readonly at: number;
}

const SERVICE_SOON_KM = 2_000;
const BRAKES_WEARING_PERCENT = 60;
/** Points of capacity lost from the oldest report shown to the newest. */
const BATTERY_FADING_POINTS = 5;

/**
 * Of maintenance reports only the newest counts: what it no longer shows was seen to. Trips keep what they showed.
 * @param states in order of their sequence numbers
 */
export function healthHints(kind: VehicleReportKind, states: readonly VehicleReportState[]): HealthHint[] {
  const telling = kind === 'maintenance' ? states.slice(-1) : states;
  const alerts = telling.flatMap(({ report: { sequence, at }, alerts: codes }) =>
    codes.map((code): HealthHint => ({ code, text: ALERTS[code], sequence, at })),
  );
  return kind === 'maintenance' ? [...alerts, ...foreseen(states)] : alerts.reverse();
}

function foreseen(states: readonly VehicleReportState[]): HealthHint[] {
  const newest = states.at(-1)?.report;
  const oldest = states[0]?.report;
  if (!newest || !oldest) return [];
  const { odometerKm, serviceDueKm, brakeWearPercent, batteryHealthPercent } = readingsOf(newest);
  const shown = new Set(states.at(-1)?.alerts);
  const lost = readingsOf(oldest).batteryHealthPercent - batteryHealthPercent;
  const left = serviceDueKm - odometerKm;
  const hint = (code: HealthHint['code'], text: string): HealthHint => ({
    code,
    text,
    sequence: newest.sequence,
    at: newest.at,
  });
  return [
    ...(left > 0 && left <= SERVICE_SOON_KM ? [hint('serviceSoon', `the next service is due in ${left} km`)] : []),
    ...(brakeWearPercent >= BRAKES_WEARING_PERCENT && !shown.has('brakesWorn')
      ? [hint('brakesWearing', `brakes are worn to ${brakeWearPercent} %: have them looked at with the next service`)]
      : []),
    ...(lost >= BATTERY_FADING_POINTS && !shown.has('batteryWorn')
      ? [hint('batteryFading', `the battery lost ${lost} points of its capacity over these reports`)]
      : []),
  ];
}

const readingsOf = ({ readings }: SignedVehicleReport): VehicleReadings['maintenance'] =>
  readings as VehicleReadings['maintenance'];
