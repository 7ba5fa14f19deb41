import './testing/silence';
import {
  AUTHORIZATION,
  authenticationKeyId,
  AuthenticationKey,
  type FleetVehicle,
  type LedgerRole,
  MAINTENANCE,
  type Page,
  type ReadRequest,
  readRequestBytes,
  type Scope,
  type SignedVehicleReport,
  VEHICLE_ALERT_EVENT,
  type VehicleReport,
  vehicleReportBytes,
  type VehicleReportState,
} from '@chargecast/protocol';
import { ready } from '@chargecast/signcryption/primitives/native';
import { NOW } from '@chargecast/signcryption/testing/world';
import { codeOf, Consortium } from './testing/consortium';
import { type Simulation } from './testing/memory-ledger';
import { LIFETIME, type Registered, Registrar } from './testing/registrar';

let consortium: Consortium;
let registrar: Registrar;
let vehicle: Registered;
let driver: AuthenticationKey;

beforeAll(ready);
beforeEach(async () => {
  consortium = await Consortium.initialised();
  registrar = new Registrar(consortium);
  vehicle = registrar.newcomer();
  driver = AuthenticationKey.generate();
  await word(AUTHORIZATION.mirrorProvider, consortium.providerEntry());
});

const call = (
  contract: string,
  name: string,
  args: readonly string[],
  role: LedgerRole,
  time: number,
): Promise<Simulation> =>
  consortium.datachain.submit({ name: `${contract}:${name}`, args, as: consortium.as(role), time });
const word = (name: string, item: object): Promise<Simulation> =>
  call(AUTHORIZATION.contract, name, [JSON.stringify(item)], 'provider', NOW);
const submit = (name: string, item: unknown, time = NOW, role: LedgerRole = 'relay'): Promise<Simulation> =>
  call(MAINTENANCE.contract, name, [JSON.stringify(item)], role, time);
const query = <T>(name: string, args: string[], role: LedgerRole = 'owner'): Promise<T> =>
  consortium.datachain.evaluate<T>({
    name: `${MAINTENANCE.contract}:${name}`,
    args,
    as: consortium.as(role),
    time: NOW,
  });

const fleetVehicle = ({ certificate }: Registered = vehicle): FleetVehicle => ({
  certificate,
  systemKey: registrar.systemKey(),
});

async function outcomes(name: string, items: readonly unknown[], time = NOW): Promise<string[]> {
  const { payload } = await submit(name, items, time);
  const parsed = JSON.parse(payload) as { outcomes: { status: string; code?: string }[] };
  return parsed.outcomes.map(({ status, code }) => code ?? status);
}
const admit = (...vehicles: FleetVehicle[]): Promise<string[]> => outcomes(MAINTENANCE.admitVehicles, vehicles);
const add = (...reports: SignedVehicleReport[]): Promise<string[]> => outcomes(MAINTENANCE.addVehicleReports, reports);
const authorise = (key: AuthenticationKey, scopes: Scope[], version = 1): Promise<Simulation> => {
  const party = `key:${authenticationKeyId(key.publicKey)}`;
  return word(AUTHORIZATION.authorize, registrar.grant(vehicle, party, { kind: 'driver', scopes, version }));
};

const READINGS = {
  maintenance: { odometerKm: 41_000, serviceDueKm: 60_000, brakeWearPercent: 30, batteryHealthPercent: 91 },
  fuel: { odometerKm: 41_020, distanceMetres: 20_000, energyWh: 3_600 },
  safety: { odometerKm: 41_020, distanceMetres: 20_000, hardBrakings: 0, collisions: 0, faults: [] },
} as const;

/** Signed by the vehicle and, where one is named, the driver. */
function reportOf(
  kind: VehicleReport['kind'],
  change: Partial<VehicleReport> = {},
  by: AuthenticationKey | undefined = kind === 'maintenance' ? undefined : driver,
  key = vehicle.key,
): SignedVehicleReport {
  const report: VehicleReport = {
    vehicle: vehicle.certificate.id,
    kind,
    sequence: 0,
    at: NOW - 60,
    readings: READINGS[kind],
    ...(by && { driver: by.publicKey }),
    ...change,
  };
  return {
    ...report,
    signature: key.sign(vehicleReportBytes(registrar.ctx, report, 'vehicle')),
    ...(by && { driverSignature: by.sign(vehicleReportBytes(registrar.ctx, report, 'driver')) }),
  };
}

describe('admitting vehicles', () => {
  test('under its provider’s key; the same again writes nothing, a later version takes its place', async () => {
    expect(await admit(fleetVehicle())).toEqual(['committed']);
    expect((await submit(MAINTENANCE.admitVehicles, [fleetVehicle()])).writes.size).toBe(0);
    const next = registrar.successor(vehicle);
    expect(await admit(fleetVehicle(next))).toEqual(['committed']);
    expect(await admit(fleetVehicle())).toEqual(['E_CERTIFICATE_VERSION']);
  });

  test('refuses what its provider did not issue, what is no vehicle, and what has expired', async () => {
    const impostor = new Registrar(consortium);
    const pile = registrar.newcomer('pile');
    const expired = registrar.newcomer('vehicle', { issuedAt: NOW - LIFETIME, expiresAt: NOW });
    const unknown = { ...fleetVehicle(), certificate: { ...vehicle.certificate, provider: 'nobody' } };
    expect(
      await admit(
        { ...fleetVehicle(), systemKey: impostor.systemKey() },
        { ...fleetVehicle(), systemKey: { ...registrar.systemKey(), version: 2 } },
        fleetVehicle(pile),
        fleetVehicle(expired),
        unknown,
        fleetVehicle(),
      ),
    ).toEqual([
      'E_CERTIFICATE',
      'E_SYSTEM_KEY',
      'E_CERTIFICATE',
      'E_CERTIFICATE_EXPIRED',
      'E_PROVIDER_UNKNOWN',
      'committed',
    ]);
  });

  test('a withdrawn vehicle reports no more: by its owner, its provider or a majority, by nobody else', async () => {
    await admit(fleetVehicle());
    const stranger = registrar.ownersRevocation({ ...vehicle, owner: driver });
    expect(await codeOf(submit(MAINTENANCE.withdrawVehicle, stranger))).toBe('E_AUTHORITY');
    expect(await add(reportOf('maintenance'))).toEqual(['committed']);
    const revocation = registrar.ownersRevocation(vehicle);
    await submit(MAINTENANCE.withdrawVehicle, revocation);
    expect((await submit(MAINTENANCE.withdrawVehicle, revocation)).writes.size).toBe(0);
    expect(await add(reportOf('maintenance', { sequence: 1 }))).toEqual(['E_CERTIFICATE_REVOKED']);
    expect(await codeOf(submit(MAINTENANCE.withdrawVehicle, registrar.revocation('ff'.repeat(16))))).toBe(
      'E_NOT_REGISTERED',
    );
  });
});

describe('reports', () => {
  beforeEach(async () => {
    await admit(fleetVehicle());
    await authorise(driver, ['drive']);
  });

  test('of each kind; the same again is committed and writes nothing, another under its number is refused', async () => {
    const three = [reportOf('maintenance'), reportOf('fuel'), reportOf('safety')];
    expect(await add(...three)).toEqual(['committed', 'committed', 'committed']);
    expect((await submit(MAINTENANCE.addVehicleReports, [reportOf('fuel')])).writes.size).toBe(0);
    expect(await add(reportOf('fuel', { at: NOW - 59 }), reportOf('fuel', { sequence: 1 }))).toEqual([
      'E_CONDITION_EXISTS',
      'committed',
    ]);
  });

  test('raise alerts on what they show, in one event', async () => {
    const worn = { odometerKm: 60_000, serviceDueKm: 60_000, brakeWearPercent: 80, batteryHealthPercent: 69 };
    const crash = { ...READINGS.safety, hardBrakings: 2, collisions: 1, faults: ['P0A80'] };
    const { event } = await submit(MAINTENANCE.addVehicleReports, [
      reportOf('maintenance', { readings: worn }),
      reportOf('fuel', { readings: { ...READINGS.fuel, energyWh: 7_001 } }),
      reportOf('safety', { readings: crash }),
      reportOf('maintenance', { sequence: 1 }),
    ]);
    expect(event?.name).toBe(VEHICLE_ALERT_EVENT);
    const { alerts } = JSON.parse(event?.payload ?? '') as { alerts: { alerts: string[] }[] };
    expect(alerts.map((each) => each.alerts)).toEqual([
      ['serviceOverdue', 'brakesWorn', 'batteryWorn'],
      ['highConsumption'],
      ['harshDriving', 'collision', 'fault'],
    ]);
    const { event: quiet } = await submit(MAINTENANCE.addVehicleReports, [reportOf('maintenance', { sequence: 2 })]);
    expect(quiet).toBeUndefined();
  });

  test('a trip is reported only by a driver the owner authorised, for as long as it does', async () => {
    const thief = AuthenticationKey.generate();
    const { driverSignature, ...unsigned } = reportOf('safety');
    expect(driverSignature).toHaveLength(128);
    expect(
      await add(
        reportOf('fuel', {}, thief),
        unsigned,
        { ...reportOf('safety'), driverSignature: reportOf('safety').signature },
        { ...reportOf('fuel'), driver: thief.publicKey },
        reportOf('fuel'),
      ),
    ).toEqual(['E_DRIVER', 'E_CONDITION', 'E_CONDITION', 'E_CONDITION', 'committed']);
    const nobody = {
      vehicle: vehicle.certificate.id,
      kind: 'fuel' as const,
      sequence: 7,
      at: NOW,
      readings: READINGS.fuel,
    };
    const signature = vehicle.key.sign(vehicleReportBytes(registrar.ctx, nobody, 'vehicle'));
    expect(await add({ ...nobody, signature })).toEqual(['E_DRIVER']);
    const party = `key:${authenticationKeyId(driver.publicKey)}`;
    await word(AUTHORIZATION.revokeAuthorization, registrar.withdrawal(vehicle, party));
    expect(await add(reportOf('fuel', { sequence: 1 }))).toEqual(['E_DRIVER']);
    await authorise(driver, ['charging'], 3);
    expect(await add(reportOf('fuel', { sequence: 1 }))).toEqual(['E_DRIVER']);
  });

  test('refuses strangers’ signatures, vehicles not admitted, and the future; the others stand', async () => {
    const other = registrar.newcomer();
    expect(
      await add(
        reportOf('maintenance', {}, undefined, other.key),
        reportOf('maintenance', { vehicle: other.certificate.id }, undefined, other.key),
        reportOf('maintenance', { at: NOW + 301 }),
        reportOf('maintenance'),
      ),
    ).toEqual(['E_CONDITION', 'E_NOT_REGISTERED', 'E_CONDITION', 'committed']);
    expect(
      await outcomes(MAINTENANCE.addVehicleReports, [reportOf('maintenance', { sequence: 1 })], NOW + LIFETIME),
    ).toEqual(['E_CERTIFICATE_EXPIRED']);
    const shapes = [
      { ...reportOf('fuel'), readings: READINGS.safety },
      { ...reportOf('maintenance'), readings: { ...READINGS.maintenance, brakeWearPercent: 101 } },
      { ...reportOf('safety'), readings: { ...READINGS.safety, faults: ['brakes'] } },
      { ...reportOf('maintenance'), place: 'home' },
    ];
    for (const shape of shapes) expect(await codeOf(submit(MAINTENANCE.addVehicleReports, [shape]))).toBe('E_DECODE');
    expect(await codeOf(submit(MAINTENANCE.addVehicleReports, [reportOf('fuel')], NOW, 'auditor'))).toBe('E_FORBIDDEN');
  });
});

describe('queries', () => {
  beforeEach(async () => {
    await admit(fleetVehicle());
    const worn = { ...READINGS.maintenance, brakeWearPercent: 90 };
    const reports = [0, 1, 2].map((sequence) =>
      reportOf('maintenance', { sequence, ...(sequence === 1 && { readings: worn }) }),
    );
    expect(await add(...reports)).toEqual(['committed', 'committed', 'committed']);
  });

  function request(key: AuthenticationKey, scope: Scope = 'maintenance', isOwner = false): string {
    const { role, provider, owner, commitment } = registrar.ownerOf(vehicle);
    const body: Omit<ReadRequest, 'signature'> = {
      subject: vehicle.certificate.id,
      scope,
      at: NOW,
      key: key.publicKey,
      ...(isOwner && { owner: { role, provider, owner, commitment } }),
    };
    return JSON.stringify({ ...body, signature: key.sign(readRequestBytes(registrar.ctx, body)) });
  }
  const list = (asked: string, kind = 'maintenance', size = '2', bookmark = ''): Promise<Page<VehicleReportState>> =>
    query(MAINTENANCE.listVehicleReports, [vehicle.certificate.id, kind, asked, size, bookmark]);

  test('the owner sees all, page by page, and its alerts; of another kind nothing stands', async () => {
    const own = request(vehicle.owner, 'maintenance', true);
    const first = await list(own);
    const second = await list(own, 'maintenance', '2', first.bookmark);
    expect([...first.items, ...second.items].map(({ report }) => report.sequence)).toEqual([0, 1, 2]);
    const { alerts } = await query<{ alerts: { sequence: number; alerts: string[] }[] }>(MAINTENANCE.listAlerts, [
      vehicle.certificate.id,
      'maintenance',
      own,
    ]);
    expect(alerts).toMatchObject([{ sequence: 1, alerts: ['brakesWorn'] }]);
    expect((await list(request(vehicle.owner, 'safety', true), 'safety')).items).toEqual([]);
  });

  test('a third party sees what the owner authorised it to, and no longer', async () => {
    const garage = AuthenticationKey.generate();
    expect(await codeOf(list(request(garage)))).toBe('E_FORBIDDEN');
    await authorise(garage, ['maintenance']);
    expect((await list(request(garage))).items).toHaveLength(2);
    expect(await codeOf(list(request(garage, 'safety'), 'safety'))).toBe('E_FORBIDDEN');
    expect(await codeOf(list(request(garage), 'safety'))).toBe('E_FORBIDDEN');
    const party = `key:${authenticationKeyId(garage.publicKey)}`;
    await word(AUTHORIZATION.revokeAuthorization, registrar.withdrawal(vehicle, party));
    expect(await codeOf(list(request(garage)))).toBe('E_FORBIDDEN');
  });

  test('no role alone opens them: not the relay’s, the provider’s, the auditor’s, nor the car maker’s', async () => {
    for (const role of ['relay', 'provider', 'auditor', 'government', 'carmaker', 'admin'] as const) {
      const asked = query(MAINTENANCE.listVehicleReports, [vehicle.certificate.id, 'maintenance', '', '9', ''], role);
      expect(await codeOf(asked)).toBe('E_FORBIDDEN');
    }
  });
});
