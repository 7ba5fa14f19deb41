import {
  decodeJson,
  decodeReadRequest,
  decodeSignedSystemKey,
  decodeSignedVehicleReport,
  type FleetVehicle,
  type KeyRevocation,
  MAINTENANCE,
  REGISTRATION,
  VEHICLE_REPORT_KINDS,
  type VehicleReportsReply,
} from '@chargecast/protocol';
import { z } from 'zod';

import { CodedError, codeOf } from '../../common/errors';
import { type Ledger } from '../../ledger';
import { type ReplicaView } from '../../replica';

export interface FleetOperationsParts {
  readonly ledger: Pick<Ledger, 'submit' | 'evaluate'>;
  readonly replica: Pick<ReplicaView, 'certificateOf'>;
}

const id = z.string().regex(/^[0-9a-f]{32}$/, 'must be the ID of a vehicle: 32 hex digits');
const asked = {
  id,
  kind: z.enum(VEHICLE_REPORT_KINDS),
  /** A signed read request, JSON. */
  request: z.string().min(2),
};

export const FLEET_SHAPES = {
  admitVehicle: z.strictObject({ id }),
  /** `report` is JSON, signed by the vehicle and, for a trip, its driver. */
  reportVehicle: z.strictObject({ report: z.string().min(2) }),
  vehicleReports: z.strictObject({
    ...asked,
    pageSize: z.int().positive().max(500).default(100),
    bookmark: z.string().default(''),
  }),
  vehicleAlerts: z.strictObject(asked),
} as const;

type Given<V extends keyof typeof FLEET_SHAPES> = z.output<(typeof FLEET_SHAPES)[V]>;

/** A provider's part in the fleet case: it carries what vehicles, drivers and readers signed, and decides nothing. */
export class FleetOperations {
  readonly #parts: FleetOperationsParts;

  constructor(parts: FleetOperationsParts) {
    this.#parts = parts;
  }

  /** @throws CodedError E_NOT_REGISTERED and the chaincode's codes */
  async admit({ id: subject }: Given<'admitVehicle'>): Promise<object> {
    const { replica, ledger } = this.#parts;
    const certificate = await replica.certificateOf(subject);
    if (!certificate) {
      throw new CodedError('E_NOT_REGISTERED', 'no certificate of this ID stands on the certification chain');
    }
    const { contract, querySPK: name } = REGISTRATION;
    const published = await ledger.evaluate('certchain', { contract, name, args: [certificate.provider] });
    const systemKey = decodeJson(Buffer.from(published).toString('utf8'), decodeSignedSystemKey, 'system key');
    return this.#first(MAINTENANCE.admitVehicles, { certificate, systemKey } satisfies FleetVehicle);
  }

  /** @throws ProtocolError E_DECODE; CodedError with the chaincode's codes */
  report({ report }: Given<'reportVehicle'>): Promise<object> {
    return this.#first(MAINTENANCE.addVehicleReports, decodeJson(report, decodeSignedVehicleReport, 'report'));
  }

  reports({ id: vehicle, kind, request, pageSize, bookmark }: Given<'vehicleReports'>): Promise<object> {
    decodeJson(request, decodeReadRequest, 'request');
    return this.#evaluate(MAINTENANCE.listVehicleReports, [vehicle, kind, request, String(pageSize), bookmark]);
  }

  alerts({ id: vehicle, kind, request }: Given<'vehicleAlerts'>): Promise<object> {
    decodeJson(request, decodeReadRequest, 'request');
    return this.#evaluate(MAINTENANCE.listAlerts, [vehicle, kind, request]);
  }

  /** A certificate's revocation, where its vehicle reports to the data chain. */
  async withdraw(revocation: KeyRevocation): Promise<'committed' | 'unchanged' | 'notAdmitted'> {
    try {
      const result = await this.#submit(MAINTENANCE.withdrawVehicle, revocation);
      return (result as { status: 'committed' | 'unchanged' }).status;
    } catch (error) {
      if (codeOf(error) === 'E_NOT_REGISTERED') return 'notAdmitted';
      throw error;
    }
  }

  async #first(name: string, item: object): Promise<object> {
    const { outcomes } = (await this.#submit(name, [item])) as VehicleReportsReply;
    const [outcome] = outcomes;
    if (outcome?.status === 'refused') throw new CodedError(outcome.code, outcome.message);
    return outcome as object;
  }

  async #submit(name: string, argument: object): Promise<object> {
    const transaction = { contract: MAINTENANCE.contract, name, args: [JSON.stringify(argument)] };
    return parse((await this.#parts.ledger.submit('datachain', transaction)).result);
  }

  async #evaluate(name: string, args: readonly string[]): Promise<object> {
    return parse(await this.#parts.ledger.evaluate('datachain', { contract: MAINTENANCE.contract, name, args }));
  }
}

const parse = (bytes: Uint8Array): object => JSON.parse(Buffer.from(bytes).toString('utf8')) as object;
