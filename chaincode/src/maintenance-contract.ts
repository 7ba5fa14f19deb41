import {
  type AdmitVehiclesReply,
  decodeFleetVehicles,
  decodeKeyRevocation,
  decodeReadRequest,
  decodeSignedVehicleReports,
  decodeSubjectId,
  decodeVehicleReportKind,
  MAINTENANCE,
  type VehicleReportsReply,
} from '@chargecast/protocol';
import { Info, Returns, Transaction } from 'fabric-contract-api';
import { type AccessTable, clientOf, EVERYONE, rolesOf } from './access';
import { LedgerContext, LedgerContract } from './ledger-contract';
import { readPageRequest } from './paging';
import { type Reader, readerOf } from './rules/authorisations';
import { admitVehicles, withdrawVehicle } from './rules/fleet-vehicles';
import { addVehicleReports, alertsOfVehicle, ensureMayRead, pageVehicleReports } from './rules/vehicle-reports';
import { readArgument, reply } from './shared-transactions';

export const MAINTENANCE_ACCESS: AccessTable = {
  admitVehicles: ['relay', 'provider'],
  withdrawVehicle: ['relay', 'provider', 'admin'],
  addVehicleReports: ['relay', 'provider', 'owner'],
  listVehicleReports: EVERYONE,
  listAlerts: EVERYONE,
};

const MAX_SUBMISSION_CHARACTERS = 1024 * 1024;

/** Maintenance, fuel and safety of fleet vehicles. Serves the data chain. */
@Info({ title: 'maintenance', description: 'Signed reports of fleet vehicles and the alerts they raise' })
export class MaintenanceContract extends LedgerContract {
  constructor() {
    super(MAINTENANCE.contract, 'datachain', MAINTENANCE_ACCESS);
  }

  @Transaction()
  @Returns('string')
  async admitVehicles(ctx: LedgerContext, vehiclesJson: string): Promise<string> {
    const vehicles = readArgument(vehiclesJson, decodeFleetVehicles, 'vehicles', MAX_SUBMISSION_CHARACTERS);
    return reply({ outcomes: await admitVehicles(ctx, vehicles) } satisfies AdmitVehiclesReply);
  }

  @Transaction()
  @Returns('string')
  async withdrawVehicle(ctx: LedgerContext, revocationJson: string): Promise<string> {
    const revocation = readArgument(revocationJson, decodeKeyRevocation, 'revocation');
    return reply({ vehicle: revocation.id, status: await withdrawVehicle(ctx, revocation) });
  }

  @Transaction()
  @Returns('string')
  async addVehicleReports(ctx: LedgerContext, reportsJson: string): Promise<string> {
    const reports = readArgument(reportsJson, decodeSignedVehicleReports, 'reports', MAX_SUBMISSION_CHARACTERS);
    return reply({ outcomes: await addVehicleReports(ctx, reports) } satisfies VehicleReportsReply);
  }

  /**
   * Evaluated, never submitted: who asked does not belong on the chain.
   * @param requestJson a signed ReadRequest of an owner or another key holder; empty for the client itself
   */
  @Transaction(false)
  @Returns('string')
  async listVehicleReports(
    ctx: LedgerContext,
    vehicle: string,
    kind: string,
    requestJson: string,
    pageSize: string,
    bookmark: string,
  ): Promise<string> {
    const request = readPageRequest(pageSize, bookmark);
    const id = decodeSubjectId(vehicle, 'vehicle');
    const asked = decodeVehicleReportKind(kind, 'kind');
    await ensureMayRead(ctx, id, await readerOfCall(ctx, requestJson), asked);
    return reply(await pageVehicleReports(ctx.state, id, asked, request.pageSize, request.bookmark));
  }

  /** @param requestJson as in listVehicleReports */
  @Transaction(false)
  @Returns('string')
  async listAlerts(ctx: LedgerContext, vehicle: string, kind: string, requestJson: string): Promise<string> {
    const id = decodeSubjectId(vehicle, 'vehicle');
    const asked = decodeVehicleReportKind(kind, 'kind');
    await ensureMayRead(ctx, id, await readerOfCall(ctx, requestJson), asked);
    return reply({ alerts: await alertsOfVehicle(ctx.state, id, asked) });
  }
}

async function readerOfCall(ctx: LedgerContext, requestJson: string): Promise<Reader> {
  const request = requestJson === '' ? undefined : readArgument(requestJson, decodeReadRequest, 'request');
  const roles = await rolesOf(ctx.clientIdentity, ctx.state);
  return readerOf(clientOf(ctx.clientIdentity), roles, ctx.params, ctx.time, request);
}
