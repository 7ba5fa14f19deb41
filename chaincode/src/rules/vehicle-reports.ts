/** Reports of fleet vehicles: signed by the vehicle, by an authorised driver where somebody drove, alerts on what they show. */
import {
  type AlertCode,
  alertsOf,
  authenticationKeyId,
  conditionKey,
  conditionRange,
  decodeJson,
  decodeVehicleReportState,
  type Outcome,
  type Page,
  ProtocolError,
  type SignedVehicleReport,
  VEHICLE_ALERT_EVENT,
  type VehicleReportKind,
  type VehicleReportState,
  vehicleReportBytes,
  verifyAuthentication,
} from '@chargecast/protocol';
import { type LedgerContext } from '../ledger-contract';
import { announce, reply } from '../shared-transactions';
import { toText, type WorldState } from '../state';
import { mayRead, type Reader } from './authorisations';
import { reportingVehicle } from './fleet-vehicles';
import { COMMITTED, refused } from './sigmas';

/** Seconds a vehicle's clock may run ahead of the transaction's time. */
const CLOCK_AHEAD = 300;
const MAX_REPORTS = 100_000;

interface Alert {
  readonly vehicle: string;
  readonly kind: VehicleReportKind;
  readonly sequence: number;
  readonly at: number;
  readonly alerts: readonly AlertCode[];
}

/** In order, each with an outcome; the same report again is committed and writes nothing. */
export async function addVehicleReports(
  ctx: LedgerContext,
  reports: readonly SignedVehicleReport[],
): Promise<({ vehicle: string; sequence: number } & Outcome)[]> {
  const outcomes: ({ vehicle: string; sequence: number } & Outcome)[] = [];
  const written = new Map<string, SignedVehicleReport>();
  const shown: Alert[] = [];
  await ctx.state.fetch(reports.map(({ vehicle, kind, sequence }) => conditionKey(vehicle, kind, sequence)));
  for (const report of reports) {
    const { vehicle, kind, sequence } = report;
    const key = conditionKey(vehicle, kind, sequence);
    try {
      const standing = written.get(key) ?? (await ctx.state.json(key, decodeVehicleReportState))?.report;
      if (standing) ensureSame(standing, report);
      else {
        await ensureHolds(ctx, report);
        const alerts = alertsOf(report);
        await ctx.state.putJson(key, { report, alerts } satisfies VehicleReportState);
        written.set(key, report);
        if (alerts.length > 0) shown.push({ vehicle, kind, sequence, at: report.at, alerts });
      }
      outcomes.push({ vehicle, sequence, ...COMMITTED });
    } catch (error) {
      outcomes.push({ vehicle, sequence, ...refused(error) });
    }
  }
  if (shown.length > 0) announce(ctx, VEHICLE_ALERT_EVENT, reply({ alerts: shown }));
  return outcomes;
}

/** Signatures may differ: the same readings signed twice are one report. */
function ensureSame(standing: SignedVehicleReport, given: SignedVehicleReport): void {
  const body = ({ vehicle, kind, sequence, at, driver, readings }: SignedVehicleReport): string =>
    reply({ vehicle, kind, sequence, at, driver: driver ?? '', readings });
  if (body(standing) !== body(given)) {
    throw new ProtocolError(
      'E_CONDITION_EXISTS',
      'another report has this number; number reports of a kind one by one',
    );
  }
}

/** Throws `E_CONDITION`, `E_DRIVER`, `E_NOT_REGISTERED`, `E_CERTIFICATE_REVOKED`, `E_CERTIFICATE_EXPIRED`. */
async function ensureHolds(ctx: LedgerContext, report: SignedVehicleReport): Promise<void> {
  const { params, time } = ctx;
  if (report.at > time + CLOCK_AHEAD) {
    throw new ProtocolError('E_CONDITION', 'the report is of later than now; set the clock of the vehicle');
  }
  const { publicKey } = await reportingVehicle(ctx, report.vehicle);
  const bytes = vehicleReportBytes(params.ctx, report, 'vehicle');
  if (!verifyAuthentication(publicKey, bytes, report.signature)) {
    throw new ProtocolError('E_CONDITION', 'the signature does not hold under the key of the vehicle');
  }
  await ensureDriven(ctx, report);
}

/** A trip is reported by who drove, and who drove has the owner's word. */
async function ensureDriven({ state, params, time }: LedgerContext, report: SignedVehicleReport): Promise<void> {
  const { vehicle, kind, driver, driverSignature } = report;
  if (driver === undefined) {
    if (kind === 'maintenance') return;
    throw new ProtocolError('E_DRIVER', `a ${kind} report is an account of a trip; name and sign as who drove`);
  }
  const bytes = vehicleReportBytes(params.ctx, report, 'driver');
  if (driverSignature === undefined || !verifyAuthentication(driver, bytes, driverSignature)) {
    throw new ProtocolError('E_CONDITION', 'the driver’s signature does not hold under the key it names');
  }
  const reader = { parties: [`key:${authenticationKeyId(driver)}`], carMaker: false };
  if (!(await mayRead(state, { id: vehicle }, reader, 'drive', time))) {
    throw new ProtocolError('E_DRIVER', 'the owner has not authorised this driver, or no longer does');
  }
}

/** Throws `E_FORBIDDEN`: whose permission is missing, isAuthorized tells. */
export async function ensureMayRead(
  { state, time }: LedgerContext,
  vehicle: string,
  reader: Reader,
  kind: VehicleReportKind,
): Promise<void> {
  if (await mayRead(state, { id: vehicle }, reader, kind, time)) return;
  throw new ProtocolError('E_FORBIDDEN', `the owner has not authorised you to read ${kind} reports of this vehicle`);
}

export function pageVehicleReports(
  state: WorldState,
  vehicle: string,
  kind: VehicleReportKind,
  pageSize: number,
  bookmark: string,
): Promise<Page<VehicleReportState>> {
  return state.page(conditionRange(vehicle, kind), pageSize, bookmark, (key, value) =>
    decodeJson(toText(value), decodeVehicleReportState, key),
  );
}

/** Reports that show something. */
export async function alertsOfVehicle(state: WorldState, vehicle: string, kind: VehicleReportKind): Promise<Alert[]> {
  const reports = await state.all(conditionRange(vehicle, kind), MAX_REPORTS, decodeVehicleReportState);
  return reports
    .filter(({ alerts }) => alerts.length > 0)
    .map(({ report: { sequence, at }, alerts }) => ({ vehicle, kind, sequence, at, alerts }));
}
