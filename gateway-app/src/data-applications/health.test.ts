import { alertsOf, type VehicleReadings, type VehicleReportState } from '@chargecast/protocol';

import { healthHints } from './health';

const BASE: VehicleReadings['maintenance'] = {
  odometerKm: 50_000,
  serviceDueKm: 60_000,
  brakeWearPercent: 20,
  batteryHealthPercent: 95,
};

const reportOf = (sequence: number, changes: Partial<VehicleReadings['maintenance']>): VehicleReportState => {
  const report = {
    vehicle: 'a0'.repeat(16),
    kind: 'maintenance' as const,
    sequence,
    at: 1_000 + sequence,
    readings: { ...BASE, ...changes },
    signature: '00'.repeat(64),
  };
  return { report, alerts: alertsOf(report) };
};
const codes = (...states: readonly VehicleReportState[]): string[] =>
  healthHints('maintenance', states).map(({ code }) => code);

test('a sound vehicle, and one that never reported, has no hints', () => {
  expect(codes(reportOf(1, {}))).toEqual([]);
  expect(codes()).toEqual([]);
});

test('alerts of the newest report, each with what to do; what was seen to is gone', () => {
  const worn = reportOf(1, { brakeWearPercent: 85, odometerKm: 61_000 });
  expect(healthHints('maintenance', [worn])).toEqual([
    { code: 'serviceOverdue', text: 'the odometer has passed the next service', sequence: 1, at: 1_001 },
    { code: 'brakesWorn', text: 'brakes are worn to 80 % or more', sequence: 1, at: 1_001 },
  ]);
  expect(codes(worn, reportOf(2, { odometerKm: 61_010, serviceDueKm: 80_000 }))).toEqual([]);
});

test('what comes is said before it is there', () => {
  expect(codes(reportOf(1, { odometerKm: 58_000 }))).toEqual(['serviceSoon']);
  expect(codes(reportOf(1, { odometerKm: 57_999 }))).toEqual([]);
  expect(codes(reportOf(1, { brakeWearPercent: 60 }))).toEqual(['brakesWearing']);
  expect(codes(reportOf(1, {}), reportOf(2, { batteryHealthPercent: 90 }))).toEqual(['batteryFading']);
  expect(codes(reportOf(1, {}), reportOf(2, { batteryHealthPercent: 60 }))).toEqual(['batteryWorn']);
});

test('trips keep what they showed, newest first', () => {
  const trip = (sequence: number, collisions: number): VehicleReportState => {
    const readings = { odometerKm: 1, distanceMetres: 5_000, hardBrakings: 0, collisions, faults: [] };
    const report = { ...reportOf(sequence, {}).report, kind: 'safety' as const, readings };
    return { report, alerts: alertsOf(report) };
  };
  expect(healthHints('safety', [trip(1, 1), trip(2, 0), trip(3, 2)]).map(({ sequence }) => sequence)).toEqual([3, 1]);
});
