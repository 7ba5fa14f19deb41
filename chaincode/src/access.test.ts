import { BROADCAST, LEDGER_ROLES, type LedgerRole, REGISTRATION } from '@chargecast/protocol';
import { encodeParams } from '@chargecast/signcryption/params';
import { ready } from '@chargecast/signcryption/primitives/native';
import { NOW } from '@chargecast/signcryption/testing/world';
import { codeOf, Consortium } from './testing/consortium';
import { makeIdentity, type TestIdentity } from './testing/identities';
import { type MemoryLedger } from './testing/memory-ledger';

let consortium: Consortium;

beforeAll(async () => {
  await ready();
  consortium = await Consortium.initialised();
});

const call = async (ledger: MemoryLedger, name: string, args: string[], as: TestIdentity): Promise<string> => {
  const { status, message } = await ledger.simulate({ name, args, as, time: NOW });
  return status === 200 ? 'ok' : (/^(E_[A-Z_]+): /.exec(message)?.[1] ?? message);
};

const EVERYONE = [...LEDGER_ROLES];
const CARRIERS: LedgerRole[] = ['relay', 'kgc', 'provider', 'admin'];

/** Every transaction with arguments of the right number, and the roles of docs/ledger.md. */
const TABLE: [chain: 'certchain' | 'datachain', name: string, args: string[], allowed: LedgerRole[]][] = [
  ['certchain', 'init', ['', ''], ['admin']],
  ['certchain', 'getParams', [], EVERYONE],
  ['certchain', 'putProvider', [''], ['relay', 'provider', 'admin']],
  ['certchain', 'getProvider', [''], EVERYONE],
  ['certchain', 'listProviders', [], EVERYONE],
  ['certchain', 'putRecords', [''], ['relay', 'provider']],
  ['certchain', 'getRecord', [''], ['auditor', 'government']],
  ['certchain', 'listRecords', ['', ''], ['relay', 'kgc', 'provider', 'auditor', 'government']],
  ['certchain', 'revokeRecord', [''], CARRIERS],
  ['certchain', 'listRevocations', ['', ''], EVERYONE],
  ['certchain', 'mirrorGovernance', [''], CARRIERS],
  ['certchain', 'governance', [], EVERYONE],
  ['certchain', 'governanceItem', [''], EVERYONE],
  ['certchain', 'publishSPK', [''], ['relay', 'provider', 'admin']],
  ['certchain', 'querySPK', [''], EVERYONE],
  ['certchain', 'registerPK', [''], ['relay', 'provider']],
  ['certchain', 'updatePK', [''], ['relay', 'provider']],
  ['certchain', 'revokePK', [''], [...CARRIERS, 'owner']],
  ['certchain', 'queryVPK', [''], ['relay', 'kgc', 'provider', 'auditor', 'government', 'owner']],
  ['certchain', 'listVPK', ['', ''], ['relay', 'kgc', 'provider', 'auditor', 'government']],
  ['certchain', 'historyVPK', [''], ['auditor', 'government']],
  ['certchain', 'reportMisbehaviour', [''], ['relay', 'provider']],
  ['certchain', 'reputation', [''], ['relay', 'provider', 'auditor', 'government']],
  ['datachain', 'init', ['', '', ''], ['admin']],
  ['datachain', 'getParams', [], EVERYONE],
  ['datachain', 'governance', [], EVERYONE],
  ['datachain', 'governanceItem', [''], EVERYONE],
  ['datachain', 'submit', [], ['relay']],
  ['datachain', 'getSigma', [''], EVERYONE],
  ['datachain', 'listSigmas', ['', ''], EVERYONE],
  ['datachain', 'getInclusionProof', [''], EVERYONE],
  ['datachain', 'mirrorGovernance', [''], CARRIERS],
  ['datachain', 'listRevocations', ['', ''], EVERYONE],
  ['datachain', 'advanceSlot', [''], ['relay']],
  ['datachain', 'slot', [], EVERYONE],
];

const CONTRACTS = { certchain: REGISTRATION, datachain: BROADCAST };

test.each(TABLE)('%s %s is open to its roles and closed to the others', async (chain, name, args, allowed) => {
  const transaction = `${CONTRACTS[chain].contract}:${name}`;
  for (const role of LEDGER_ROLES) {
    const code = await call(consortium[chain], transaction, args, consortium.as(role));
    if (allowed.includes(role)) expect(code).not.toBe('E_FORBIDDEN');
    else expect(code).toBe('E_FORBIDDEN');
    expect(code).not.toBe('E_INTERNAL');
  }
});

test('the table names every transaction', () => {
  for (const chain of ['certchain', 'datachain'] as const) {
    const { contract, ...names } = CONTRACTS[chain];
    const listed = TABLE.flatMap(([where, name]) => (where === chain ? [name] : []));
    expect(listed.sort()).toEqual(Object.values(names).sort());
    expect(contract).toBeTruthy();
  }
});

test('each contract serves its own channel alone', async () => {
  for (const [chain, name, args] of TABLE.filter(([, transaction]) => transaction !== 'init')) {
    const other = chain === 'certchain' ? consortium.datachain : consortium.certchain;
    expect(await call(other, `${CONTRACTS[chain].contract}:${name}`, args, consortium.as('admin'))).toBe('E_CHANNEL');
  }
  const fresh = await Consortium.create();
  const params = fresh.paramsJson;
  expect(await call(fresh.datachain, 'registration:init', [params, '{}'], fresh.as('admin'))).toBe('E_CHANNEL');
  const genesis = JSON.stringify(fresh.genesis());
  expect(await call(fresh.certchain, 'broadcast:init', [params, genesis, '{}'], fresh.as('admin'))).toBe('E_CHANNEL');
});

describe('roles', () => {
  const getParams = (as: TestIdentity): Promise<string> => call(consortium.certchain, 'registration:getParams', [], as);

  test('no attribute and no entry in the role map: nothing is open', async () => {
    expect(await getParams(await makeIdentity('CSS1MSP', undefined))).toBe('E_FORBIDDEN');
  });

  test('an unknown role, a list, and a role in another’s words are refused', async () => {
    for (const role of ['superuser', 'relay,admin', 'Relay', '', 'constructor']) {
      expect(await getParams(await makeIdentity('CSS1MSP', role))).not.toBe('ok');
    }
  });

  test('OU=admin administers; a unit inside another name does not', async () => {
    const fresh = await Consortium.create();
    const init = (as: TestIdentity): Promise<string> =>
      call(fresh.certchain, 'registration:init', [fresh.paramsJson, '{}'], as);
    expect(await init(await makeIdentity('CSS1MSP', undefined, 'CN=a, OU=admin'))).toBe('ok');
    expect(await init(await makeIdentity('CSS1MSP', undefined, 'CN=a, OU=client, OU=admin'))).toBe('ok');
    expect(await init(await makeIdentity('CSS1MSP', undefined, 'CN=x//OU\\=admin, OU=client'))).toBe('E_FORBIDDEN');
    expect(await init(await makeIdentity('CSS1MSP', undefined, 'CN=admin, OU=administrators'))).toBe('E_FORBIDDEN');
  });

  test('peers and orderers have no role, whatever their certificates say', async () => {
    expect(await getParams(await makeIdentity('CSS1MSP', 'relay', 'CN=peer0, OU=peer'))).toBe('E_FORBIDDEN');
    expect(await getParams(await makeIdentity('CSS1MSP', 'relay', 'CN=orderer, OU=orderer'))).toBe('E_FORBIDDEN');
  });

  test('the role map serves certificates without an attribute, and those alone', async () => {
    const fresh = await Consortium.create();
    const roleMap = JSON.stringify({ Org1MSP: ['relay', 'auditor'], Org2MSP: [] });
    await fresh.register('admin', REGISTRATION.init, [fresh.paramsJson, roleMap]);
    const listRecords = async (mspId: string, role?: string, subject?: string): Promise<string> =>
      call(fresh.certchain, 'registration:listRecords', ['1', ''], await makeIdentity(mspId, role, subject));
    expect(await listRecords('Org1MSP')).toBe('ok');
    expect(await listRecords('Org2MSP')).toBe('E_FORBIDDEN');
    expect(await listRecords('toString')).toBe('E_FORBIDDEN');
    expect(await listRecords('Org1MSP', 'owner')).toBe('E_FORBIDDEN');
    expect(await listRecords('Org1MSP', undefined, 'CN=peer0, OU=peer')).toBe('E_FORBIDDEN');
  });
});

describe('init', () => {
  test('params stand once', async () => {
    const args = [consortium.paramsJson, '{}'];
    expect(await codeOf(consortium.register('admin', 'init', args))).toBe('E_ALREADY_INITIALISED');
    const genesis = JSON.stringify(consortium.genesis());
    expect(await codeOf(consortium.cast('admin', 'init', [consortium.paramsJson, genesis, '{}']))).toBe(
      'E_ALREADY_INITIALISED',
    );
    expect(await consortium.query('owner', 'certchain', 'getParams')).toEqual(JSON.parse(consortium.paramsJson));
    expect(await consortium.query('owner', 'datachain', 'getParams')).toEqual(JSON.parse(consortium.paramsJson));
  });

  test('before it, nothing else runs', async () => {
    const fresh = await Consortium.create();
    expect(await codeOf(fresh.query('auditor', 'certchain', 'getParams'))).toBe('E_NOT_INITIALISED');
    expect(await codeOf(fresh.cast('relay', 'submit'))).toBe('E_NOT_INITIALISED');
  });

  test('refuses malformed params, roles and governance, and unsigned governance', async () => {
    const fresh = await Consortium.create();
    const { limits, epochs } = fresh.genesis();
    const cast = (params: string, governance: object, roles = '{}'): Promise<string> =>
      codeOf(fresh.cast('admin', 'init', [params, JSON.stringify(governance), roles]));
    const good = { limits, epochs };
    expect(await cast('{}', good)).toBe('E_PARAMS');
    expect(await cast(`${fresh.paramsJson}${' '.repeat(256 * 1024)}`, good)).toBe('E_TOO_LARGE');
    expect(await cast(fresh.paramsJson, good, '{"Org1MSP":["root"]}')).toBe('E_DECODE');
    expect(await cast(fresh.paramsJson, good, '[]')).toBe('E_DECODE');
    expect(await cast(fresh.paramsJson, { limits })).toBe('E_DECODE');
    expect(await cast(fresh.paramsJson, { limits: { ...limits, authority: [] }, epochs })).toBe('E_AUTHORITY');
    const second = fresh.versioned(fresh.epochs(2));
    expect(await cast(fresh.paramsJson, { limits, epochs: second })).toBe('E_VERSION');
    const both = encodeParams({ ...fresh.world.params, certchain: 'datachain' });
    expect(await cast(both, good)).toBe('E_PARAMS');
    expect(fresh.datachain.keys()).toEqual([]);
  });
});

describe('what the contract runtime refuses is coded too', () => {
  const as = (): TestIdentity => consortium.as('admin');

  test('unknown contract, unknown transaction, none at all', async () => {
    expect(await call(consortium.certchain, 'nothing:init', [], as())).toBe('E_UNKNOWN_TRANSACTION');
    expect(await call(consortium.certchain, 'registration:drop', [], as())).toBe('E_UNKNOWN_TRANSACTION');
    expect(await call(consortium.certchain, 'registration:aroundTransaction', ['a'], as())).toBe(
      'E_UNKNOWN_TRANSACTION',
    );
    expect(await call(consortium.certchain, 'registration:ensureChannel', [], as())).toBe('E_UNKNOWN_TRANSACTION');
    expect(await call(consortium.certchain, '', [], as())).toBe('E_UNKNOWN_TRANSACTION');
  });

  test('wrong number of arguments', async () => {
    expect(await call(consortium.certchain, 'registration:getProvider', [], as())).toBe('E_ARGUMENTS');
    expect(await call(consortium.certchain, 'registration:getParams', ['x'], as())).toBe('E_ARGUMENTS');
  });

  test('a certificate that cannot be read', async () => {
    const code = await call(consortium.certchain, 'registration:getParams', [], { mspId: 'X', certificate: 'none' });
    expect(code).toBe('E_INTERNAL');
  });

  test('metadata lists both contracts', async () => {
    const metadata = await consortium.certchain.evaluate<{
      contracts: Record<string, { transactions: { name: string }[] }>;
    }>({
      name: 'org.hyperledger.fabric:GetMetadata',
      as: as(),
      time: NOW,
    });
    for (const [chain, { contract }] of Object.entries(CONTRACTS)) {
      const names = metadata.contracts[contract]?.transactions.map(({ name }) => name) ?? [];
      expect(names.sort()).toEqual(TABLE.flatMap(([where, name]) => (where === chain ? [name] : [])).sort());
    }
  });
});
