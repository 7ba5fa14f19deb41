import './testing/silence';
import {
  type AddChargingRecordReply,
  type AdmitMetersReply,
  AuthenticationKey,
  authenticationKeyId,
  certificateCommitment,
  CHARGING_EVENT,
  CHARGING_RECORDS,
  type ChargingRecord,
  type ChargingRecordEntry,
  type ChargingRecordPage,
  chargingStatement,
  chargingTransaction,
  type Grant,
  type LedgerRole,
  type ReadRequest,
  readRequestBytes,
  recordedEnergyWh,
  type RecordEntry,
  subjectCommitment,
  type SubjectOpening,
  termsCommitment,
  vehicleCommitment,
} from '@chargecast/protocol';
import { type HolderKey } from '@chargecast/signcryption/holder';
import { ready } from '@chargecast/signcryption/primitives/native';
import { Role } from '@chargecast/signcryption/roles';
import { hex, NOW } from '@chargecast/signcryption/testing/world';
import { type ChaincodeStub } from 'fabric-shim';
import { countChargingRecords } from './rules/charging-records';
import { WorldState } from './state';
import { codeOf, Consortium, GATEWAYS, PROVIDER } from './testing/consortium';
import { type Simulation } from './testing/memory-ledger';
import { DAY, type Registered, Registrar } from './testing/registrar';

const SESSION = 'ab'.repeat(16);
const VEHICLE = 'cd'.repeat(16);
const BLINDING = 'ef'.repeat(32);
const CERTIFICATE = certificateCommitment({ subject: 'ce'.repeat(16), blinding: BLINDING });

let consortium: Consortium;
let pile: HolderKey;

beforeAll(ready);
beforeEach(async () => {
  consortium = await Consortium.initialised();
  pile = await consortium.world.enrol('pile', Role.CP);
});

const call = (name: string, args: string[], role: LedgerRole = 'relay'): Promise<Simulation> =>
  consortium.datachain.submit({
    name: `${CHARGING_RECORDS.contract}:${name}`,
    args,
    as: consortium.as(role),
    time: NOW,
  });
const query = <T>(name: string, args: string[], role: LedgerRole = 'auditor'): Promise<T> =>
  consortium.datachain.evaluate<T>({
    name: `${CHARGING_RECORDS.contract}:${name}`,
    args,
    as: consortium.as(role),
    time: NOW,
  });

async function admit(...entries: RecordEntry[]): Promise<AdmitMetersReply['outcomes']> {
  const { payload } = await call('admitMeters', [JSON.stringify(entries)]);
  return (JSON.parse(payload) as AdmitMetersReply).outcomes;
}

async function add(...entries: ChargingRecordEntry[]): Promise<AddChargingRecordReply['outcomes']> {
  const { payload } = await call('addChargingRecord', [JSON.stringify(entries)]);
  return (JSON.parse(payload) as AddChargingRecordReply).outcomes;
}

function recordOf(change: Partial<ChargingRecord> = {}, index = 0): ChargingRecord {
  return {
    transaction: chargingTransaction(SESSION, index),
    meter: hex(pile.record.f),
    vehicle: vehicleCommitment({ vehicle: VEHICLE, session: SESSION, index }),
    subject: subjectCommitment({ certificate: CERTIFICATE, session: SESSION, index }),
    terms: termsCommitment('01'.repeat(32), '02'.repeat(32)),
    readings: [
      { at: NOW - 7200, importWh: 1_000_000, exportWh: 40 },
      { at: NOW - 60, importWh: 1_012_345, exportWh: 40 },
    ],
    ...change,
  };
}

const signed = (record: ChargingRecord, key: HolderKey = pile): ChargingRecordEntry => ({
  ...record,
  signature: consortium.sign(key.q, chargingStatement(record)),
});

const codesOf = (outcomes: readonly { readonly status: string; readonly code?: string }[]): string[] =>
  outcomes.map(({ status, code }) => code ?? status);

describe('admitting meters', () => {
  it('takes a pile with the approvals that make its record count; again it is the same', async () => {
    const entry = { ...consortium.entry(pile.record), owner: 'CSS4MSP' };
    expect(codesOf(await admit(entry))).toEqual(['committed']);
    const { writes } = await call('admitMeters', [JSON.stringify([entry])]);
    expect(writes.size).toBe(0);
  });

  it('refuses what is no pile, lacks approvals, is malformed or revoked; the others stand', async () => {
    const csc = await consortium.world.enrol('csc', Role.CSC);
    const revoked = await consortium.world.enrol('revoked', Role.CP);
    await consortium.cast('relay', 'mirrorGovernance', [
      JSON.stringify(
        consortium.revocation('revokedRecord', hex(revoked.record.f), (statement) =>
          consortium.organisations(GATEWAYS, statement),
        ),
      ),
    ]);
    const outcomes = await admit(
      consortium.entry(csc.record),
      { ...consortium.entry(pile.record), approvals: consortium.approvals(pile.record, ['CSS1MSP', 'CSS2MSP']) },
      { record: '00', approvals: [] },
      consortium.entry(revoked.record),
      consortium.entry(pile.record),
    );
    expect(codesOf(outcomes)).toEqual([
      'E_CHARGING_METER',
      'E_RECORD_UNSUPPORTED',
      'E_RECORD_MALFORMED',
      'E_RECORD_REVOKED',
      'committed',
    ]);
  });
});

describe('charging records', () => {
  beforeEach(async () => void (await admit(consortium.entry(pile.record))));

  it('stand once signed by an admitted meter, with an event that names nothing but transactions', async () => {
    const entry = signed(recordOf());
    const { event } = await call('addChargingRecord', [JSON.stringify([entry])]);
    expect(event).toEqual({
      name: CHARGING_EVENT,
      payload: JSON.stringify({ transactions: [entry.transaction] }),
    });
    expect(await query('getChargingRecord', [entry.transaction])).toEqual(entry);
  });

  it('take a discharge, whose energy is negative', async () => {
    const readings = [
      { at: NOW - 7200, importWh: 500, exportWh: 1_000 },
      { at: NOW - 60, importWh: 700, exportWh: 6_000 },
    ];
    const entry = signed(recordOf({ readings }));
    expect(codesOf(await add(entry))).toEqual(['committed']);
    expect(recordedEnergyWh(await query<ChargingRecordEntry>('getChargingRecord', [entry.transaction]))).toBe(-4_800);
  });

  it('are written once: the same again is committed and writes nothing, another is refused', async () => {
    const record = recordOf();
    const entry = signed(record);
    expect(codesOf(await add(entry, signed(record)))).toEqual(['committed', 'committed']);
    const { writes, event } = await call('addChargingRecord', [JSON.stringify([signed(record)])]);
    expect([writes.size, event]).toEqual([0, undefined]);
    const more = record.readings.map((reading, i) => ({ ...reading, importWh: reading.importWh + i }));
    expect(codesOf(await add(signed({ ...record, readings: more })))).toEqual(['E_CHARGING_EXISTS']);
    expect(await query('getChargingRecord', [entry.transaction])).toEqual(entry);
  });

  it('have an outcome each', async () => {
    const stranger = await consortium.world.enrol('stranger', Role.CP);
    const late = recordOf().readings.map((reading) => ({ ...reading, at: NOW + 301 }));
    const entry = signed(recordOf());
    const outcomes = await add(
      { ...entry, terms: termsCommitment('03'.repeat(32), '02'.repeat(32)) },
      signed(recordOf({ meter: hex(stranger.record.f) }), stranger),
      signed(recordOf(), stranger),
      signed(recordOf({ readings: late })),
      entry,
      signed(recordOf({}, 1)),
    );
    expect(codesOf(outcomes)).toEqual([
      'E_CHARGING_SIGNATURE',
      'E_CHARGING_METER',
      'E_CHARGING_SIGNATURE',
      'E_CHARGING_TIME',
      'committed',
      'committed',
    ]);
  });

  it.each<[string, (record: ChargingRecord) => ChargingRecord]>([
    ['transaction', (record) => ({ ...record, transaction: chargingTransaction(SESSION, 9) })],
    ['vehicle', (record) => ({ ...record, vehicle: '00'.repeat(32) })],
    ['absent terms', ({ terms, ...record }) => (void terms, record)],
    [
      'a reading',
      ({ readings: [first, ...rest], ...record }) => ({
        ...record,
        readings: [{ ...(first as ChargingRecord['readings'][0]), importWh: 999_999 }, ...rest],
      }),
    ],
    ['a reading left out', ({ readings, ...record }) => ({ ...record, readings: readings.slice(0, 2) })],
  ])('are signed whole: another %s is refused', async (_, change) => {
    const [first, last] = recordOf().readings as [ChargingRecord['readings'][0], ChargingRecord['readings'][0]];
    const record = recordOf({ readings: [first, { ...first, at: first.at + 60 }, last] });
    const entry = { ...change(record), signature: signed(record).signature };
    expect(codesOf(await add(entry))).toEqual(['E_CHARGING_SIGNATURE']);
  });

  it('of a meter revoked since are refused', async () => {
    await consortium.cast('relay', 'mirrorGovernance', [
      JSON.stringify(
        consortium.revocation('revokedRecord', hex(pile.record.f), (statement) =>
          consortium.organisations(GATEWAYS, statement),
        ),
      ),
    ]);
    expect(codesOf(await add(signed(recordOf())))).toEqual(['E_CHARGING_METER']);
  });

  it.each<[string, Partial<ChargingRecord>]>([
    ['one reading', { readings: [{ at: NOW, importWh: 1, exportWh: 0 }] }],
    ['a time that goes back', { readings: [reading(NOW, 1), reading(NOW - 1, 2)] }],
    ['a register that goes back', { readings: [reading(NOW - 1, 2), reading(NOW, 1)] }],
    ['a fraction of a watt-hour', { readings: [reading(NOW - 1, 2), reading(NOW, 2.5)] }],
    ['a vehicle in clear', { vehicle: 'VIN00000000000001' }],
  ])('of %s are malformed', async (_, change) => {
    const entry = { ...signed(recordOf()), ...change };
    expect(await codeOf(call('addChargingRecord', [JSON.stringify([entry])]))).toBe('E_DECODE');
  });

  it('are counted and listed, all or those of one meter', async () => {
    const other = await consortium.world.enrol('other', Role.CP);
    await admit(consortium.entry(other.record));
    await add(signed(recordOf()), signed(recordOf({}, 1)), signed(recordOf({ meter: hex(other.record.f) }, 2), other));
    expect(await query('getChargingRecordCount', [''])).toEqual({ count: 3 });
    expect(await query('getChargingRecordCount', [hex(other.record.f)])).toEqual({ count: 1 });
    const first = await query<ChargingRecordPage>('listChargingRecords', ['2', '']);
    const rest = await query<ChargingRecordPage>('listChargingRecords', ['2', first.bookmark]);
    const transactions = [...first.items, ...rest.items].map(({ transaction }) => transaction);
    expect(transactions).toEqual([0, 1, 2].map((index) => chargingTransaction(SESSION, index)).sort());
  });

  it('are not counted by reading all where they are many', async () => {
    const value = Buffer.from(JSON.stringify(signed(recordOf())));
    let read = 0;
    const next = (): Promise<object> => Promise.resolve({ done: false, value: { key: `charging:${read++}`, value } });
    const iterator = { next, close: () => Promise.resolve() };
    const stub = { getStateByRange: () => Promise.resolve(iterator) } as unknown as ChaincodeStub;
    await expect(countChargingRecords(new WorldState(stub), '')).rejects.toMatchObject({ code: 'E_TOO_MANY' });
    expect(read).toBe(10_001);
  });

  it('are open to the consortium, and written by relays alone', async () => {
    const entry = signed(recordOf());
    await add(entry);
    for (const role of ['owner', 'government', 'carmaker'] as const) {
      expect(await codeOf(query('listChargingRecords', ['2', ''], role))).toBe('E_FORBIDDEN');
    }
    expect(await codeOf(call('addChargingRecord', [JSON.stringify([entry])], 'auditor'))).toBe('E_FORBIDDEN');
    expect(await codeOf(call('admitMeters', ['[]'], 'provider'))).toBe('E_FORBIDDEN');
    expect(await codeOf(query('getChargingRecord', [chargingTransaction(SESSION, 7)]))).toBe('E_NOT_FOUND');
  });
});

function reading(at: number, importWh: number): ChargingRecord['readings'][0] {
  return { at, importWh, exportWh: 0 };
}

describe('readers of a record whose subject they can name', () => {
  const GARAGE = 'CSS1MSP';
  const OPERATOR = 'CSS4MSP';
  let registrar: Registrar;
  let vehicle: Registered;
  let entry: ChargingRecordEntry;
  let opening: SubjectOpening;

  beforeEach(async () => {
    registrar = new Registrar(consortium);
    vehicle = registrar.newcomer();
    await admit({ ...consortium.entry(pile.record), owner: OPERATOR });
    opening = { subject: vehicle.certificate.id, blinding: BLINDING, session: SESSION };
    const certificate = certificateCommitment(opening);
    entry = signed(recordOf({ subject: subjectCommitment({ certificate, session: SESSION }) }));
    await add(entry);
    const provider = [JSON.stringify(consortium.providerEntry())];
    await authorization('mirrorProvider', provider, 'provider');
  });

  const authorization = (name: string, args: string[], role: LedgerRole = 'relay'): Promise<Simulation> =>
    consortium.datachain.submit({ name: `authorization:${name}`, args, as: consortium.as(role), time: NOW });
  const grant = async (party: string, changes: Partial<Grant> = {}): Promise<void> =>
    void (await authorization('authorize', [JSON.stringify(registrar.grant(vehicle, party, changes))]));
  interface Asked {
    readonly role?: LedgerRole;
    readonly opening?: object;
    readonly request?: ReadRequest;
    readonly transaction?: string;
    readonly time?: number;
  }
  const read = (asked: Asked): Promise<unknown> =>
    consortium.datachain.evaluate({
      name: `${CHARGING_RECORDS.contract}:getChargingRecord`,
      args: [asked.transaction ?? entry.transaction],
      as: consortium.as(asked.role ?? 'owner'),
      time: asked.time ?? NOW,
      transient: {
        ...(asked.opening && { opening: Buffer.from(JSON.stringify(asked.opening)) }),
        ...(asked.request && { request: Buffer.from(JSON.stringify(asked.request)) }),
      },
    });
  const refusal = (asked: Asked): Promise<string> => codeOf(read(asked));

  function requestOf(key: AuthenticationKey, changes: Partial<ReadRequest> = {}): ReadRequest {
    const body = { subject: opening.subject, scope: 'charging' as const, at: NOW, key: key.publicKey, ...changes };
    return { ...body, signature: key.sign(readRequestBytes(registrar.ctx, body)) };
  }
  function ownersRequest(of: Registered, changes: Partial<ReadRequest> = {}): ReadRequest {
    const { role, provider, owner, commitment } = registrar.ownerOf(of);
    return requestOf(of.owner, { owner: { role, provider, owner, commitment }, ...changes });
  }

  it('see it once its owner permits, for as long, and only with what opens it', async () => {
    expect(await refusal({ opening })).toBe('E_FORBIDDEN');
    await grant(GARAGE);
    expect(await read({ opening })).toEqual(entry);
    expect(await refusal({})).toBe('E_FORBIDDEN');
    expect(await refusal({ opening: { ...opening, session: '00'.repeat(16) } })).toBe('E_FORBIDDEN');
    expect(await refusal({ opening: { ...opening, blinding: '00'.repeat(32) } })).toBe('E_FORBIDDEN');
    expect(await refusal({ opening: { ...opening, subject: VEHICLE } })).toBe('E_FORBIDDEN');
    expect(await refusal({ opening: { ...opening, index: 1 } })).toBe('E_FORBIDDEN');
    expect(await refusal({ opening, transaction: chargingTransaction(SESSION, 7) })).toBe('E_FORBIDDEN');
    expect(await refusal({ opening, time: NOW + 30 * DAY })).toBe('E_FORBIDDEN');
    await authorization('revokeAuthorization', [JSON.stringify(registrar.withdrawal(vehicle, GARAGE))]);
    expect(await refusal({ opening })).toBe('E_FORBIDDEN');
  });

  it('are not served by a permission for something else', async () => {
    await grant(GARAGE, { scopes: ['maintenance', 'drive'] });
    expect(await refusal({ opening })).toBe('E_FORBIDDEN');
  });

  it('are the owner without any permission, by a signed request whoever carries it', async () => {
    const request = ownersRequest(vehicle);
    for (const role of ['owner', 'relay'] as const) expect(await read({ opening, request, role })).toEqual(entry);
    expect(await refusal({ request, role: 'relay' })).toBe('E_FORBIDDEN');
    expect(await refusal({ opening, request: ownersRequest(vehicle, { scope: 'fuel' }) })).toBe('E_FORBIDDEN');
    expect(await refusal({ opening, request, time: NOW + 301 })).toBe('E_AUTHORISATION');
    const stranger = registrar.newcomer();
    const foreign = ownersRequest(stranger, { subject: stranger.certificate.id });
    expect(await refusal({ opening, request: foreign })).toBe('E_FORBIDDEN');
    expect(await refusal({ opening, request: ownersRequest(stranger) })).toBe('E_AUTHORISATION');
  });

  it('are a third party known by its key alone, once permitted, and never the relay that carries its request', async () => {
    const key = AuthenticationKey.generate();
    const asked = { opening, request: requestOf(key), role: 'relay' as const };
    expect(await refusal(asked)).toBe('E_FORBIDDEN');
    await grant(`key:${authenticationKeyId(key.publicKey)}`);
    expect(await read(asked)).toEqual(entry);
    expect(await refusal({ ...asked, request: requestOf(AuthenticationKey.generate()) })).toBe('E_FORBIDDEN');
  });

  it('as car makers need the owner’s, the provider’s and the permission of whose station it was', async () => {
    const asked = { opening, role: 'carmaker' as const };
    const kind = 'carmaker' as const;
    const by = (grantor: Grant['grantor']): Partial<Grant> => ({ kind, grantor, subject: '*' });
    await grant(GARAGE, { kind });
    expect(await refusal(asked)).toBe('E_FORBIDDEN');
    await grant(GARAGE, by({ by: 'provider', name: PROVIDER }));
    expect(await refusal(asked)).toBe('E_FORBIDDEN');
    await grant(GARAGE, by({ by: 'operator', name: 'CSS1MSP' }));
    expect(await refusal(asked)).toBe('E_FORBIDDEN');
    await grant(GARAGE, by({ by: 'operator', name: OPERATOR }));
    expect(await read(asked)).toEqual(entry);
    await authorization('revokeAuthorization', [JSON.stringify(registrar.withdrawal(vehicle, GARAGE))]);
    expect(await refusal(asked)).toBe('E_FORBIDDEN');
  });

  it('are members of the consortium by role as long as they name no vehicle', async () => {
    for (const role of ['relay', 'kgc', 'provider', 'auditor'] as const) {
      expect(await read({ role })).toEqual(entry);
      expect(await refusal({ role, opening })).toBe('E_FORBIDDEN');
    }
  });
});

describe('what a record shows', () => {
  it('links no two transactions of a session or a vehicle', () => {
    const vehicles = [0, 1].map((index) => vehicleCommitment({ vehicle: VEHICLE, session: SESSION, index }));
    const others = vehicleCommitment({ vehicle: VEHICLE, session: '00'.repeat(16) });
    const subjects = [0, 1].map((index) => subjectCommitment({ certificate: CERTIFICATE, session: SESSION, index }));
    const elsewhere = subjectCommitment({ certificate: CERTIFICATE, session: '00'.repeat(16) });
    expect(new Set([...vehicles, others, ...subjects, elsewhere]).size).toBe(6);
    expect(chargingTransaction(SESSION, 0)).not.toBe(chargingTransaction(SESSION, 1));
  });
});
