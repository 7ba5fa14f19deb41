import {
  type MirrorReply,
  type Outcome,
  type ProviderEntry,
  type ProviderList,
  type PutRecordsReply,
  type RecordEntry,
  RECORDS_EVENT,
  REGISTRATION,
  REVOCATION_EVENT,
  type RevocationItem,
  type RevocationPage,
} from '@chargecast/protocol';
import { type HolderKey } from '@chargecast/signcryption/holder';
import { ready } from '@chargecast/signcryption/primitives/native';
import { encodeRecord } from '@chargecast/signcryption/record';
import { Role } from '@chargecast/signcryption/roles';
import { generateKeyPair } from '@chargecast/signcryption/statements';
import { hex, NOW } from '@chargecast/signcryption/testing/world';
import { codeOf, Consortium, GATEWAYS, PROVIDER } from './testing/consortium';

let consortium: Consortium;

beforeAll(ready);

beforeEach(async () => {
  consortium = await Consortium.initialised();
});

async function put(entries: readonly object[], time = NOW): Promise<PutRecordsReply['outcomes']> {
  const args = [JSON.stringify(entries)];
  const { payload } = await consortium.register('relay', REGISTRATION.putRecords, args, { time });
  return (JSON.parse(payload) as PutRecordsReply).outcomes;
}

const codes = (outcomes: readonly Outcome[]): string[] =>
  outcomes.map((outcome) => (outcome.status === 'refused' ? outcome.code : outcome.status));

const f = ({ record }: HolderKey): string => hex(record.f);

describe('putRecords', () => {
  test('records of every role with their support, one event, no two keys shared', async () => {
    const roles = [Role.EV, Role.CP, Role.CSS, Role.CSC];
    const holders = await Promise.all(roles.map((role) => consortium.world.enrol(`holder ${role}`, role)));
    const entries = holders.map(({ record }) => consortium.entry(record));
    const args = [JSON.stringify(entries)];
    const simulation = await consortium.register('relay', REGISTRATION.putRecords, args);
    expect(JSON.parse(simulation.payload)).toEqual({
      outcomes: holders.map((holder) => ({ f: f(holder), status: 'committed' })),
    });
    expect(simulation.event).toEqual({
      name: RECORDS_EVENT,
      payload: JSON.stringify({ records: holders.map(f) }),
    });
    expect([...simulation.writes.keys()]).toEqual(holders.map((holder) => `record:${f(holder)}`));
    expect(simulation.ranges).toBe(0);
    const page = await consortium.query<{ items: RecordEntry[] }>('kgc', 'certchain', REGISTRATION.listRecords, [
      '10',
      '',
    ]);
    expect(page.items.map(({ record }) => record).sort()).toEqual(entries.map(({ record }) => record).sort());
    for (const [index, holder] of holders.entries()) {
      const found = await consortium.query<RecordEntry>('auditor', 'certchain', REGISTRATION.getRecord, [f(holder)]);
      expect(found.record).toBe(entries[index]?.record);
    }
  });

  test('the first write wins; the same again is no write', async () => {
    const holder = await consortium.world.enrol('csc', Role.CSC);
    const other = await consortium.world.enrol('csc 2', Role.CSC);
    expect(codes(await put([consortium.entry(holder.record)]))).toEqual(['committed']);
    const again = await consortium.certchain.simulate({
      name: 'registration:putRecords',
      args: [JSON.stringify([consortium.entry(holder.record)])],
      as: consortium.as('relay'),
      time: NOW,
    });
    expect(codes((JSON.parse(again.payload) as PutRecordsReply).outcomes)).toEqual(['committed']);
    expect(again.writes.size).toBe(0);
    expect(again.event).toBeUndefined();
    const stolen = { ...other.record, f: holder.record.f };
    expect(codes(await put([consortium.entry(stolen)]))).toEqual(['E_RECORD_EXISTS']);
  });

  test('within one submission too', async () => {
    const holder = await consortium.world.enrol('csc', Role.CSC);
    const entry = consortium.entry(holder.record);
    const other = { ...entry, record: `${entry.record.slice(0, -2)}00` };
    expect(codes(await put([entry, entry, other]))).toEqual(['committed', 'committed', 'E_RECORD_EXISTS']);
  });

  test('two submissions of one pseudo-identity: the later one conflicts', async () => {
    const holder = await consortium.world.enrol('csc', Role.CSC);
    const call = {
      name: 'registration:putRecords',
      args: [JSON.stringify([consortium.entry(holder.record)])],
      as: consortium.as('relay'),
      time: NOW,
    };
    const [one, two] = [await consortium.certchain.simulate(call), await consortium.certchain.simulate(call)];
    expect(consortium.certchain.commit(one)).toBe('VALID');
    expect(consortium.certchain.commit(two)).toBe('MVCC_READ_CONFLICT');
  });

  test('a broken record does not refuse the rest', async () => {
    const holder = await consortium.world.enrol('csc', Role.CSC);
    const good = consortium.entry(holder.record);
    const short = { ...good, record: good.record.slice(2) };
    const notItsKey = consortium.entry({ ...(await consortium.world.enrol('x', Role.CSC)).record, epoch: 9 });
    const noPoint = consortium.entry({
      ...(await consortium.world.enrol('y', Role.CSC)).record,
      X: new Uint8Array(32),
    });
    const outcomes = await put([short, notItsKey, noPoint, good]);
    expect(codes(outcomes)).toEqual(['E_RECORD_MALFORMED', 'E_RECORD_SIGNATURE', 'E_RECORD_MALFORMED', 'committed']);
    expect(outcomes[0]?.f).toBe('');
  });

  test('approvals: a majority, each organisation once, never the KGC’s, the owner’s or a stranger’s', async () => {
    const { record } = await consortium.world.enrol('pile', Role.CP);
    const withApprovals = (mspIds: readonly string[], owner?: string): object => ({
      record: hex(encodeRecord(record)),
      approvals: consortium.approvals(record, mspIds),
      ...(owner && { owner }),
    });
    const refusedSets = [
      withApprovals([]),
      withApprovals(GATEWAYS.slice(0, 2)),
      withApprovals(['CSS1MSP', 'CSS1MSP', 'CSS1MSP']),
      withApprovals(['CSS1MSP', 'CSS2MSP', 'KGCMSP']),
      withApprovals(GATEWAYS.slice(0, 3), 'CSS1MSP'),
      { ...withApprovals([]), approvals: [...consortium.approvals(record, GATEWAYS.slice(0, 2)), ...renamed(record)] },
    ];
    expect(codes(await put(refusedSets))).toEqual(refusedSets.map(() => 'E_RECORD_UNSUPPORTED'));
    expect(codes(await put([withApprovals(GATEWAYS, 'CSS1MSP')]))).toEqual(['committed']);
  });

  const renamed = (record: HolderKey['record']): object[] =>
    consortium.approvals(record, ['CSS2MSP']).map(({ signature }) => ({ mspId: 'CSS3MSP', signature }));

  test('a vehicle counts by its provider’s countersignature alone', async () => {
    const { record } = await consortium.world.enrol('ev', Role.EV);
    const stranger = generateKeyPair(consortium.world.env);
    const entry = consortium.entry(record);
    const approvedOnly = { record: entry.record, approvals: consortium.approvals(record, GATEWAYS) };
    const forged = consortium.vehicleEntry(record, stranger.secret);
    const unknown = consortium.vehicleEntry(record, stranger.secret, 'nobody');
    expect(codes(await put([approvedOnly, forged, unknown]))).toEqual([
      'E_RECORD_UNSUPPORTED',
      'E_RECORD_UNSUPPORTED',
      'E_PROVIDER_UNKNOWN',
    ]);
    expect(codes(await put([entry]))).toEqual(['committed']);
  });

  test('a revoked provider countersigns nothing from the effective time on', async () => {
    const item = consortium.revocation(
      'revokedProvider',
      PROVIDER,
      (statement) => [{ by: 'holder', signature: consortium.sign(consortium.provider.secret, statement) }],
      { effective: NOW + 10, reason: 'ceased' },
    );
    await consortium.register('admin', REGISTRATION.mirrorGovernance, [JSON.stringify(item)]);
    const [one, two] = [await consortium.world.enrol('ev 1', Role.EV), await consortium.world.enrol('ev 2', Role.EV)];
    expect(codes(await put([consortium.entry(one.record)], NOW + 9))).toEqual(['committed']);
    expect(codes(await put([consortium.entry(two.record)], NOW + 10))).toEqual(['E_PROVIDER_REVOKED']);
    const list = await consortium.query<ProviderList>('owner', 'certchain', REGISTRATION.listProviders);
    expect(list.map(({ revoked }) => revoked?.reason)).toEqual(['ceased']);
  });

  test('bounds and malformed arguments refuse the whole submission', async () => {
    const { record } = await consortium.world.enrol('csc', Role.CSC);
    const entry = consortium.entry(record);
    const attempt = (argument: string): Promise<string> =>
      codeOf(consortium.register('relay', REGISTRATION.putRecords, [argument]));
    expect(await attempt('[]')).toBe('E_DECODE');
    expect(await attempt('{')).toBe('E_DECODE');
    expect(await attempt(JSON.stringify([{ ...entry, extra: 1 }]))).toBe('E_DECODE');
    expect(await attempt(JSON.stringify([{ ...entry, record: entry.record.toUpperCase() }]))).toBe('E_DECODE');
    expect(await attempt(JSON.stringify(Array.from({ length: 257 }, () => entry)))).toBe('E_DECODE');
    expect(await attempt(`[${' '.repeat(4 * 1024 * 1024)}]`)).toBe('E_TOO_LARGE');
  });
});

describe('revokeRecord', () => {
  async function standing(role: Role): Promise<HolderKey> {
    const holder = await consortium.world.enrol(`to revoke ${role}`, role);
    await put([consortium.entry(holder.record)]);
    return holder;
  }

  function argument({ body, authority }: RevocationItem): string {
    const { subject, ...rest } = body;
    return JSON.stringify({ f: subject, ...rest, authority });
  }

  const revoke = async (item: RevocationItem): Promise<MirrorReply> =>
    JSON.parse(
      (await consortium.register('relay', REGISTRATION.revokeRecord, [argument(item)])).payload,
    ) as MirrorReply;

  test('a majority revokes; the pseudo-identity is never writable again', async () => {
    const holder = await standing(Role.CSC);
    const item = consortium.revocation('revokedRecord', f(holder), (statement) =>
      consortium.organisations(GATEWAYS.slice(0, 3), statement),
    );
    const simulation = await consortium.register('relay', REGISTRATION.revokeRecord, [argument(item)]);
    expect(JSON.parse(simulation.payload)).toEqual({ kind: 'revokedRecord', status: 'committed' });
    expect(simulation.event?.name).toBe(REVOCATION_EVENT);
    expect(JSON.parse(simulation.event?.payload ?? '')).toEqual({ kind: 'revokedRecord', ...item.body });
    expect(codes(await put([consortium.entry(holder.record)]))).toEqual(['E_RECORD_REVOKED']);
    expect(await revoke(item)).toEqual({ kind: 'revokedRecord', status: 'unchanged' });
    const page = await consortium.query<RevocationPage>('owner', 'certchain', REGISTRATION.listRevocations, ['5', '']);
    expect(page).toEqual({ items: [{ kind: 'revokedRecord', ...item.body }], bookmark: '' });
  });

  test('the holder under q, and a vehicle’s own provider, each alone', async () => {
    const [csc, ev] = [await standing(Role.CSC), await standing(Role.EV)];
    const byHolder = consortium.revocation('revokedRecord', f(csc), (statement) => [
      { by: 'holder', signature: consortium.sign(csc.q, statement) },
    ]);
    const byProvider = consortium.revocation('revokedRecord', f(ev), (statement) => [
      { by: 'provider', name: PROVIDER, signature: consortium.sign(consortium.provider.secret, statement) },
    ]);
    expect((await revoke(byHolder)).status).toBe('committed');
    expect((await revoke(byProvider)).status).toBe('committed');
  });

  test('nobody else: the KGC, a minority, another provider, another holder, changed words', async () => {
    const holder = await standing(Role.EV);
    const other = await consortium.world.enrol('other', Role.EV);
    const stranger = generateKeyPair(consortium.world.env);
    const sign = (by: 'holder' | 'kgc' | 'provider', secret: HolderKey['q'], name?: string): RevocationItem =>
      consortium.revocation('revokedRecord', f(holder), (statement) => [
        { by, signature: consortium.sign(secret, statement), ...(name && { name }) },
      ]);
    const honest = sign('holder', holder.q);
    const refusedItems: RevocationItem[] = [
      sign('kgc', consortium.world.kgc.masterSecret),
      sign('holder', other.q),
      sign('provider', stranger.secret, PROVIDER),
      sign('provider', consortium.provider.secret, 'another'),
      consortium.revocation('revokedRecord', f(holder), (statement) =>
        consortium.organisations(GATEWAYS.slice(0, 2), statement),
      ),
      { ...honest, body: { ...honest.body, effective: honest.body.effective + 1 } },
      { ...honest, body: { ...honest.body, reason: 'ceased' } },
      { ...honest, authority: [] },
    ];
    for (const item of refusedItems) expect(await codeOf(revoke(item))).toBe('E_AUTHORITY');
    expect((await revoke(honest)).status).toBe('committed');
  });

  test('a pseudo-identity without a record falls to a majority alone, and stays unwritable', async () => {
    const holder = await consortium.world.enrol('early', Role.CSC);
    const byHolder = consortium.revocation('revokedRecord', f(holder), (statement) => [
      { by: 'holder', signature: consortium.sign(holder.q, statement) },
    ]);
    expect(await codeOf(revoke(byHolder))).toBe('E_AUTHORITY');
    const item = consortium.revocation('revokedRecord', f(holder), (statement) =>
      consortium.organisations(GATEWAYS, statement),
    );
    expect((await revoke(item)).status).toBe('committed');
    expect(codes(await put([consortium.entry(holder.record)]))).toEqual(['E_RECORD_REVOKED']);
  });

  test('an earlier effective time counts, a later one does not', async () => {
    const holder = await standing(Role.CSC);
    const at = (effective: number): RevocationItem =>
      consortium.revocation(
        'revokedRecord',
        f(holder),
        (statement) => [{ by: 'holder', signature: consortium.sign(holder.q, statement) }],
        { effective },
      );
    expect((await revoke(at(NOW + 100))).status).toBe('committed');
    expect((await revoke(at(NOW + 200))).status).toBe('unchanged');
    expect((await revoke(at(NOW + 50))).status).toBe('committed');
  });

  test('malformed revocations', async () => {
    const attempt = (argument: string): Promise<string> =>
      codeOf(consortium.register('relay', REGISTRATION.revokeRecord, [argument]));
    const base = { f: '00'.repeat(16), reason: 'lost', effective: NOW, authority: [] };
    expect(await attempt(JSON.stringify({ ...base, f: '00' }))).toBe('E_DECODE');
    expect(await attempt(JSON.stringify({ ...base, reason: 'because of Jane' }))).toBe('E_DECODE');
    expect(await attempt(JSON.stringify({ ...base, effective: 1.5 }))).toBe('E_DECODE');
    expect(await attempt('null')).toBe('E_DECODE');
  });
});

describe('providers', () => {
  const attempt = (entry: object): Promise<string> =>
    codeOf(consortium.register('provider', REGISTRATION.putProvider, [JSON.stringify(entry)]));

  test('found, listed, put again without a write', async () => {
    const entry = consortium.providerEntry();
    const found = await consortium.query<ProviderEntry>('owner', 'certchain', REGISTRATION.getProvider, [PROVIDER]);
    expect(found).toEqual({ ...entry, approvals: found.approvals });
    expect(found.approvals.map(({ mspId }) => mspId)).toEqual(GATEWAYS.slice(0, 3));
    expect(await consortium.query('owner', 'certchain', REGISTRATION.listProviders)).toEqual([found]);
    const again = await consortium.register('relay', REGISTRATION.putProvider, [JSON.stringify(entry)]);
    expect(JSON.parse(again.payload)).toEqual({ provider: PROVIDER, status: 'unchanged' });
    expect(again.writes.size).toBe(0);
  });

  test('needs a majority that is not its own', async () => {
    const fresh = { provider: 'two', key: hex(generateKeyPair(consortium.world.env).publicKey) };
    expect(await attempt(consortium.providerEntry(fresh, GATEWAYS.slice(0, 2)))).toBe('E_APPROVALS');
    expect(await attempt(consortium.providerEntry(fresh, ['CSS1MSP', 'CSS2MSP', 'ESP1MSP']))).toBe('E_APPROVALS');
    expect(await attempt(consortium.providerEntry(fresh, ['CSS1MSP', 'CSS2MSP', 'KGCMSP']))).toBe('E_APPROVALS');
    const signed = consortium.providerEntry(fresh);
    expect(await attempt({ ...signed, mspId: 'CSS4MSP' })).toBe('E_APPROVALS');
    await consortium.register('provider', REGISTRATION.putProvider, [JSON.stringify(signed)]);
  });

  test('the first write wins, pinned names keep their keys, keys are group elements', async () => {
    const key = hex(generateKeyPair(consortium.world.env).publicKey);
    expect(await attempt(consortium.providerEntry({ key }))).toBe('E_PROVIDER_EXISTS');
    expect(await attempt(consortium.providerEntry({ provider: 'ESP1MSP', key }))).toBe('E_PROVIDER_EXISTS');
    const identity = `01${'00'.repeat(31)}`;
    expect(await attempt(consortium.providerEntry({ provider: 'three', key: identity }))).toBe('E_ARGUMENTS');
    expect(await attempt({ ...consortium.providerEntry(), provider: 'a:b' })).toBe('E_DECODE');
  });

  test('a revoked name is not given again', async () => {
    const item = consortium.revocation('revokedProvider', 'four', (statement) =>
      consortium.organisations(GATEWAYS, statement),
    );
    await consortium.register('admin', REGISTRATION.mirrorGovernance, [JSON.stringify(item)]);
    expect(await attempt(consortium.providerEntry({ provider: 'four' }))).toBe('E_PROVIDER_REVOKED');
  });

  test('unknown ones are not found', async () => {
    expect(await codeOf(consortium.query('owner', 'certchain', REGISTRATION.getProvider, ['nobody']))).toBe(
      'E_NOT_FOUND',
    );
    expect(await codeOf(consortium.query('auditor', 'certchain', REGISTRATION.getRecord, ['00'.repeat(16)]))).toBe(
      'E_NOT_FOUND',
    );
  });
});
