import { PROVIDER } from '@chargecast/chaincode/testing/consortium';
import { encodeRecord, Role, toHex, verifyStatement } from '@chargecast/signcryption';
import { EPOCH } from '@chargecast/signcryption/testing/world';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { codeOf } from '../common/errors';
import { type RunningRole } from '../common/running-role';
import { startKgc } from '../kgc';
import { LedgerError } from '../ledger';
import { type Binding } from '../rpc';
import { eventually, TestNetwork } from '../testing/test-network';
import { startEsp } from '.';

let network: TestNetwork;
let kgc: RunningRole;
let esp: RunningRole;

beforeEach(async () => {
  network = await TestNetwork.start(expect.getState().currentTestName);
  kgc = await startKgc(await network.kgcConfig());
  network.closing(() => kgc.stop());
  esp = await startEsp(await network.espConfig(), { connect: async () => network.ledger() });
  network.closing(() => esp.stop());
});
afterEach(() => network.stop());

const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: unknown) => codeOf(error) ?? 'uncoded',
  );

async function bindings(count: number, name = 'csc1'): Promise<Binding[]> {
  const client = await network.client('Esp', esp, 'csc', name);
  const found: Binding[] = [];
  for await (const binding of client.bindings({ epoch: EPOCH }, { signal: AbortSignal.timeout(10_000) })) {
    found.push(binding);
    if (found.length === count) break;
  }
  return found;
}

describe('an energy service provider', () => {
  it('countersigns its own vehicles, brings their records to the ledger and binds them for listed centres', async () => {
    const { holder: first } = await network.holder('ev', 'ev1/VIN1', kgc, esp);
    const { holder: second } = await network.holder('ev', 'ev1/VIN2', kgc, esp);
    const heard = await bindings(2);
    const { params } = network.chain.trust;
    for (const holder of [first, second]) {
      const { f, X } = holder.key.record;
      const binding = heard.find((each) => toHex(Uint8Array.from(each.f)) === toHex(f)) as Binding;
      const statement = { tag: 'bind', f, X, contract: binding.contract } as const;
      const { publicKey } = network.chain.consortium.provider;
      verifyStatement(params, publicKey, statement, Uint8Array.from(binding.signature));
      expect(binding.contract).toBe(holder === first ? 'contract-1' : 'contract-2');
    }
    expect(await refusal(bindings(1, 'csc2'))).toBe('E_FORBIDDEN');
    await eventually(async () => ((await esp.status())['committed'] === 2 ? true : undefined), 'both commitments');
  });

  it('refuses vehicles of others, other roles, and a second record of a vehicle', async () => {
    const { holder } = await network.holder('ev', 'ev1/VIN1', kgc, esp);
    const record = encodeRecord(holder.key.record);
    const stranger = await network.client('Esp', esp, 'ev', 'ev2');
    expect(await refusal(stranger.countersign({ record, unit: 'VIN1' }))).toBe('E_NOT_CUSTOMER');
    const own = await network.client('Esp', esp, 'ev', 'ev1');
    expect(await refusal(own.countersign({ record, unit: 'VIN9' }))).toBe('E_NOT_CUSTOMER');
    expect(await refusal(own.countersign({ record, unit: '' }))).toBe('E_NOT_CUSTOMER');
    expect(await refusal(own.countersign({ record, unit: 'VIN1' }))).toBe('accepted');
    const world = network.chain.consortium.world;
    const other = await world.enrol('ev:ev1/VIN1', Role.EV, EPOCH, 5);
    const again = { record: encodeRecord(other.record), unit: 'VIN1' };
    expect(await refusal(own.countersign(again))).toBe('E_RECORD_OTHER');
    const pile = await world.enrol('cp:cp1/pile1', Role.CP);
    expect(await refusal(own.countersign({ record: encodeRecord(pile.record), unit: 'VIN2' }))).toBe('E_RECORD_ROLE');
    const late = await world.enrol('ev:ev1/VIN2', Role.EV, EPOCH + 1);
    expect(await refusal(own.countersign({ record: encodeRecord(late.record), unit: 'VIN2' }))).toBe('E_EPOCH');
    const broken = Uint8Array.from(record);
    broken[100] = (broken[100] as number) ^ 1;
    expect(await refusal(own.countersign({ record: broken, unit: 'VIN1' }))).toMatch(/^E_RECORD_/);
    expect(await refusal(own.countersign({ record: record.subarray(1), unit: 'VIN1' }))).toBe('E_RECORD_MALFORMED');
    const centre = await network.client('Esp', esp, 'csc', 'csc1');
    expect(await refusal(centre.countersign({ record }))).toBe('E_FORBIDDEN');
  });

  it('keeps records queued while the ledger is away, and over a restart', async () => {
    await esp.stop();
    const unavailable = async (): Promise<never> => {
      throw new LedgerError('E_LEDGER_UNAVAILABLE', 'no gateway answered; try again later');
    };
    const away = { submit: unavailable, evaluate: unavailable, close: (): void => undefined };
    const config = await network.espConfig();
    esp = await startEsp(config, { connect: async () => away });
    const world = network.chain.consortium.world;
    const vehicle = await world.enrol('ev:ev1/VIN1', Role.EV);
    const own = await network.client('Esp', esp, 'ev', 'ev1');
    const record = encodeRecord(vehicle.record);
    const countersigned = async (): Promise<true | undefined> =>
      (await refusal(own.countersign({ record, unit: 'VIN1' }))) === 'accepted' ? true : undefined;
    await eventually(countersigned, 'a countersignature');
    expect(await esp.status()).toMatchObject({ queued: 1, committed: 0 });
    await esp.stop();
    esp = await startEsp(config, { connect: async () => network.ledger() });
    const replica = await network.replica();
    await eventually(async () => (await replica.record(vehicle.record.f))?.keys, 'the record on the ledger');
    await eventually(async () => ((await esp.status())['committed'] === 1 ? true : undefined), 'its outcome');
  });

  it('holds its customers sealed, and refuses lists that contradict each other or its key file', async () => {
    const data = join(network.directory, 'roles', PROVIDER, 'data');
    await esp.stop();
    const files = await readdir(data);
    const all = Buffer.concat(await Promise.all(files.map((file) => readFile(join(data, file)))));
    expect(all.includes('VIN1')).toBe(false);
    expect(all.includes('contract-1')).toBe(false);
    const connect = { connect: async (): Promise<ReturnType<typeof network.ledger>> => network.ledger() };
    const moved = await network.espConfig({ customers: [{ contract: 'contract-1', vehicle: 'VIN3', process: 'ev1' }] });
    expect(await refusal(startEsp(moved, connect))).toBe('E_CUSTOMER_CONFLICT');
    const twice = [
      { contract: 'contract-5', vehicle: 'VIN5' },
      { contract: 'contract-5', vehicle: 'VIN6' },
    ];
    expect(await refusal(startEsp(await network.espConfig({ customers: twice }), connect))).toBe('E_CUSTOMER_CONFLICT');
    expect(await refusal(startEsp(await network.espConfig({ provider: 'other' }), connect))).toBe('E_PROVIDER_KEY');
    const list = join(network.directory, 'customers.json');
    await writeFile(list, JSON.stringify([{ contract: 'contract-7', vehicle: 'VIN7', process: 'ev1' }]));
    const fromFile = await network.espConfig({ customersFile: list });
    esp = await startEsp(fromFile, connect);
    expect((await network.holder('ev', 'ev1/VIN7', kgc, esp)).holder.epoch).toBe(EPOCH);
    await esp.stop();
    await writeFile(list, '{');
    expect(await refusal(startEsp(fromFile, connect))).toBe('E_CONFIG_SYNTAX');
    esp = await startEsp(await network.espConfig(), connect);
  });
});
