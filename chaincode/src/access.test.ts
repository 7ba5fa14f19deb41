import {
  AUTHORIZATION,
  BROADCAST,
  CHARGING_RECORDS,
  LEDGER_ROLES,
  type LedgerRole,
  MAINTENANCE,
  REGISTRATION,
} from '@chargecast/protocol';
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

type Chain = 'certchain' | 'datachain';
type Row = [name: string, args: string[], allowed: LedgerRole[]];

interface ContractRows {
  readonly transactions: { readonly contract: string };
  readonly chains: readonly Chain[];
  readonly rows: readonly Row[];
}

const MEMBERS: LedgerRole[] = ['relay', 'kgc', 'provider', 'auditor'];

/** Every transaction with arguments of the right number, and the roles of docs/ledger.md. */
const CONTRACTS: readonly ContractRows[] = [
  {
    transactions: REGISTRATION,
    chains: ['certchain'],
    rows: [
      ['init', ['', ''], ['admin']],
      ['getParams', [], EVERYONE],
      ['putProvider', [''], ['relay', 'provider', 'admin']],
      ['getProvider', [''], EVERYONE],
      ['listProviders', [], EVERYONE],
      ['putRecords', [''], ['relay', 'provider']],
      ['getRecord', [''], ['auditor', 'government']],
      ['listRecords', ['', ''], ['relay', 'kgc', 'provider', 'auditor', 'government']],
      ['revokeRecord', [''], CARRIERS],
      ['listRevocations', ['', ''], EVERYONE],
      ['mirrorGovernance', [''], CARRIERS],
      ['governance', [], EVERYONE],
      ['governanceItem', [''], EVERYONE],
      ['publishSPK', [''], ['relay', 'provider', 'admin']],
      ['querySPK', [''], EVERYONE],
      ['registerPK', [''], ['relay', 'provider']],
      ['updatePK', [''], ['relay', 'provider']],
      ['revokePK', [''], [...CARRIERS, 'owner']],
      ['queryVPK', [''], ['relay', 'kgc', 'provider', 'auditor', 'government', 'owner']],
      ['listVPK', ['', ''], ['relay', 'kgc', 'provider', 'auditor', 'government']],
      ['historyVPK', [''], ['auditor', 'government']],
      ['reportMisbehaviour', [''], ['relay', 'provider']],
      ['reputation', [''], ['relay', 'provider', 'auditor', 'government']],
    ],
  },
  {
    transactions: AUTHORIZATION,
    chains: ['certchain', 'datachain'],
    rows: [
      ['authorize', [''], ['relay', 'provider', 'owner']],
      ['revokeAuthorization', [''], ['relay', 'provider', 'owner']],
      ['isAuthorized', ['', '', '', ''], ['relay', 'provider', 'auditor', 'government', 'owner', 'carmaker']],
      ['getAuthorization', ['', '', ''], ['relay', 'provider', 'auditor', 'government', 'owner']],
      ['listAuthorizations', ['', ''], ['auditor', 'government']],
      ['mirrorProvider', [''], ['relay', 'provider', 'admin']],
    ],
  },
  {
    transactions: BROADCAST,
    chains: ['datachain'],
    rows: [
      ['init', ['', '', ''], ['admin']],
      ['getParams', [], EVERYONE],
      ['governance', [], EVERYONE],
      ['governanceItem', [''], EVERYONE],
      ['submit', [''], ['relay']],
      ['getSigma', [''], EVERYONE],
      ['listSigmas', ['', ''], EVERYONE],
      ['getInclusionProof', [''], EVERYONE],
      ['mirrorGovernance', [''], CARRIERS],
      ['listRevocations', ['', ''], EVERYONE],
      ['advanceSlot', [''], ['relay']],
      ['slot', [], EVERYONE],
    ],
  },
  {
    transactions: CHARGING_RECORDS,
    chains: ['datachain'],
    rows: [
      ['admitMeters', [''], ['relay']],
      ['addChargingRecord', [''], ['relay']],
      ['getChargingRecordCount', [''], MEMBERS],
      ['getChargingRecord', [''], [...MEMBERS, 'government', 'owner', 'carmaker']],
      ['listChargingRecords', ['', ''], MEMBERS],
    ],
  },
  {
    transactions: MAINTENANCE,
    chains: ['datachain'],
    rows: [
      ['admitVehicles', [''], ['relay', 'provider']],
      ['withdrawVehicle', [''], ['relay', 'provider', 'admin']],
      ['addVehicleReports', [''], ['relay', 'provider', 'owner']],
      ['listVehicleReports', ['', '', '', '', ''], EVERYONE],
      ['listAlerts', ['', '', ''], EVERYONE],
    ],
  },
];

const TABLE = CONTRACTS.flatMap(({ transactions, chains, rows }) =>
  chains.flatMap((chain) =>
    rows.map(([name, args, allowed]) => ({ chain, transaction: `${transactions.contract}:${name}`, args, allowed })),
  ),
);

test.each(TABLE)(
  '$transaction on $chain is open to its roles and closed to the others',
  async ({ chain, transaction, args, allowed }) => {
    for (const role of LEDGER_ROLES) {
      const code = await call(consortium[chain], transaction, args, consortium.as(role));
      if (allowed.includes(role)) expect(code).not.toBe('E_FORBIDDEN');
      else expect(code).toBe('E_FORBIDDEN');
      expect(code).not.toBe('E_INTERNAL');
    }
  },
);

test.each(CONTRACTS)('the table names every transaction of $transactions.contract', ({ transactions, rows }) => {
  const { contract, ...names } = transactions;
  expect(contract).toBeTruthy();
  expect(rows.map(([name]) => name).sort()).toEqual(Object.values(names).sort());
});

test('each contract serves its own channel alone', async () => {
  for (const { transactions, chains, rows } of CONTRACTS.filter(({ chains }) => chains.length === 1)) {
    const other = chains.includes('certchain') ? consortium.datachain : consortium.certchain;
    for (const [name, args] of rows.filter(([transaction]) => transaction !== 'init')) {
      expect(await call(other, `${transactions.contract}:${name}`, args, consortium.as('admin'))).toBe('E_CHANNEL');
    }
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
    expect(await codeOf(fresh.cast('relay', 'submit', ['']))).toBe('E_NOT_INITIALISED');
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

  test('metadata lists every contract', async () => {
    const metadata = await consortium.certchain.evaluate<{
      contracts: Record<string, { transactions: { name: string }[] }>;
    }>({
      name: 'org.hyperledger.fabric:GetMetadata',
      as: as(),
      time: NOW,
    });
    for (const { transactions, rows } of CONTRACTS) {
      const names = metadata.contracts[transactions.contract]?.transactions.map(({ name }) => name) ?? [];
      expect(names.sort()).toEqual(rows.map(([name]) => name).sort());
    }
  });
});
