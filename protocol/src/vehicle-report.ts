/**
 * What vehicles of a fleet report of themselves (second paper, fleet case): signed by the vehicle's own key and, where
 * somebody drove, by the driver's. A vehicle stands on the chain under the ID of its certificate, which names nobody.
 */
import { fromHex, u64, utf8 } from '@chargecast/signcryption/bytes';
import { decodeSignature } from './authority';
import { type Certificate, decodeCertificate, decodeSignedSystemKey, type SignedSystemKey } from './certificate';
import { array, canonicalJson, type Decoder, hex, integer, jsonObject, object, oneOf, optional, text } from './json';
import { authenticationBytes, decodeAuthenticationKey } from './p256';

const SUBJECT_BYTES = 16;
export const MAX_VEHICLE_REPORTS = 128;

/** Readings of one report; whole numbers, units in the names. */
export interface VehicleReadings {
  /** A workshop's or the vehicle's own account of its parts. */
  readonly maintenance: {
    readonly odometerKm: number;
    /** Odometer at which the next service is due. */
    readonly serviceDueKm: number;
    readonly brakeWearPercent: number;
    /** Capacity left, of the new battery's. */
    readonly batteryHealthPercent: number;
  };
  /** A trip's energy; the fuel of an electric vehicle. */
  readonly fuel: { readonly odometerKm: number; readonly distanceMetres: number; readonly energyWh: number };
  /** A trip's events. */
  readonly safety: {
    readonly odometerKm: number;
    readonly distanceMetres: number;
    readonly hardBrakings: number;
    readonly collisions: number;
    /** Diagnostic trouble codes (SAE J2012), e.g. `P0A80`. */
    readonly faults: readonly string[];
  };
}

export const VEHICLE_REPORT_KINDS = ['maintenance', 'fuel', 'safety'] as const;
export type VehicleReportKind = (typeof VEHICLE_REPORT_KINDS)[number];

export interface VehicleReport<K extends VehicleReportKind = VehicleReportKind> {
  /** ID of the vehicle's certificate, hex. */
  readonly vehicle: string;
  readonly kind: K;
  /** One a vehicle and kind; the same again is the same report. */
  readonly sequence: number;
  /** Unix seconds. */
  readonly at: number;
  /** P-256 key of who drove; demanded for `fuel` and `safety`, which are accounts of a trip. */
  readonly driver?: string;
  readonly readings: VehicleReadings[K];
}

export interface SignedVehicleReport extends VehicleReport {
  /** By the vehicle's key, 64 bytes hex. */
  readonly signature: string;
  /** By the driver's, over the same bytes under a tag of its own. */
  readonly driverSignature?: string;
}

const count = integer(0, 1_000_000_000);
const percent = integer(0, 100);
const READINGS: { readonly [K in VehicleReportKind]: Decoder<VehicleReadings[K]> } = {
  maintenance: object<VehicleReadings['maintenance']>({
    odometerKm: count,
    serviceDueKm: count,
    brakeWearPercent: percent,
    batteryHealthPercent: percent,
  }),
  fuel: object<VehicleReadings['fuel']>({ odometerKm: count, distanceMetres: count, energyWh: count }),
  safety: object<VehicleReadings['safety']>({
    odometerKm: count,
    distanceMetres: count,
    hardBrakings: count,
    collisions: count,
    faults: array(text(5, /^[PCBU][0-3][0-9A-F]{3}$/, 'a trouble code of SAE J2012, e.g. "P0A80"'), 32, 0),
  }),
};

export const decodeVehicleReportKind: Decoder<VehicleReportKind> = oneOf(...VEHICLE_REPORT_KINDS);

/** Checks the readings against the report's own kind. */
export const decodeSignedVehicleReport: Decoder<SignedVehicleReport> = (value, at) => {
  const { kind } = jsonObject(value, at);
  const readings: Decoder<SignedVehicleReport['readings']> = READINGS[decodeVehicleReportKind(kind, `${at}.kind`)];
  return object<SignedVehicleReport>({
    vehicle: hex(SUBJECT_BYTES),
    kind: decodeVehicleReportKind,
    sequence: integer(0, 0xffffffff),
    at: integer(0, 253_402_300_799),
    driver: optional(decodeAuthenticationKey),
    readings,
    signature: decodeSignature,
    driverSignature: optional(decodeSignature),
  })(value, at);
};

export const decodeSignedVehicleReports: Decoder<SignedVehicleReport[]> = array(
  decodeSignedVehicleReport,
  MAX_VEHICLE_REPORTS,
  1,
);

/** What vehicle and driver sign, each under its own tag, so that neither's signature is the other's. */
export function vehicleReportBytes(ctx: Uint8Array, report: VehicleReport, as: 'vehicle' | 'driver'): Buffer {
  const { vehicle, kind, sequence, at, driver, readings } = report;
  return authenticationBytes(
    `record-${as}`,
    ctx,
    fromHex(vehicle, SUBJECT_BYTES),
    utf8(kind),
    u64(sequence),
    u64(at),
    driver === undefined ? new Uint8Array() : fromHex(driver),
    utf8(canonicalJson(readings)),
  );
}

/** A vehicle as the data chain knows it: its certificate, and the system key that signed it. */
export interface FleetVehicle {
  readonly certificate: Certificate;
  readonly systemKey: SignedSystemKey;
}

export const decodeFleetVehicle: Decoder<FleetVehicle> = object<FleetVehicle>({
  certificate: decodeCertificate,
  systemKey: decodeSignedSystemKey,
});
export const decodeFleetVehicles: Decoder<FleetVehicle[]> = array(decodeFleetVehicle, MAX_VEHICLE_REPORTS, 1);

/** What a report shows that somebody should act on. */
export const ALERTS = {
  serviceOverdue: 'the odometer has passed the next service',
  brakesWorn: 'brakes are worn to 80 % or more',
  batteryWorn: 'the battery holds less than 70 % of its capacity',
  highConsumption: 'the trip took more than 350 Wh a kilometre',
  harshDriving: 'more than 5 hard brakings in 100 km',
  collision: 'the vehicle registered a collision',
  fault: 'the vehicle registered a trouble code',
} as const;
export type AlertCode = keyof typeof ALERTS;

const BRAKES_WORN_PERCENT = 80;
const BATTERY_WORN_PERCENT = 70;
const HIGH_WH_PER_KM = 350;
const HARSH_PER_100_KM = 5;
/** Shorter trips say nothing of a habit. */
const TRIP_METRES = 1_000;

type Rules = {
  readonly [K in VehicleReportKind]: (readings: VehicleReadings[K]) => Partial<Record<AlertCode, boolean>>;
};

const RULES: Rules = {
  maintenance: ({ odometerKm, serviceDueKm, brakeWearPercent, batteryHealthPercent }) => ({
    serviceOverdue: odometerKm >= serviceDueKm,
    brakesWorn: brakeWearPercent >= BRAKES_WORN_PERCENT,
    batteryWorn: batteryHealthPercent < BATTERY_WORN_PERCENT,
  }),
  fuel: ({ distanceMetres, energyWh }) => ({
    highConsumption: distanceMetres >= TRIP_METRES && energyWh * 1_000 > HIGH_WH_PER_KM * distanceMetres,
  }),
  safety: ({ distanceMetres, hardBrakings, collisions, faults }) => ({
    harshDriving: distanceMetres >= TRIP_METRES && hardBrakings * 100_000 > HARSH_PER_100_KM * distanceMetres,
    collision: collisions > 0,
    fault: faults.length > 0,
  }),
};

/** In the order of {@link ALERTS}. */
export function alertsOf<K extends VehicleReportKind>({ kind, readings }: VehicleReport<K>): AlertCode[] {
  const shown = RULES[kind](readings);
  return (Object.keys(ALERTS) as AlertCode[]).filter((code) => shown[code] === true);
}

/** A report as it stands in state. */
export interface VehicleReportState {
  readonly report: SignedVehicleReport;
  readonly alerts: readonly AlertCode[];
}

export const decodeVehicleReportState: Decoder<VehicleReportState> = object<VehicleReportState>({
  report: decodeSignedVehicleReport,
  alerts: array(oneOf(...(Object.keys(ALERTS) as AlertCode[])), 16, 0),
});
