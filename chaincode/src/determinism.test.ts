import './testing/silence';
import * as crypto from 'node:crypto';
import { BROADCAST, encodeSigmaList, REGISTRATION, slotNumber } from '@chargecast/protocol';
import { createLimits } from '@chargecast/signcryption/limits';
import { ready } from '@chargecast/signcryption/primitives/native';
import { Role } from '@chargecast/signcryption/roles';
import { hex, message, NOW, publicKeys } from '@chargecast/signcryption/testing/world';
import { CodedChaincode } from './coded-chaincode';
import { Consortium, GATEWAYS } from './testing/consortium';
import { type Call, MemoryLedger, type Simulation } from './testing/memory-ledger';
import { DAY, LIFETIME, Registrar } from './testing/registrar';

type Step = readonly [chain: 'certchain' | 'datachain', call: Call];

/** One call of every transaction that writes, refused σ and records among them, and of every query. */
async function script(): Promise<Step[]> {
  const consortium = await Consortium.create();
  const { world } = consortium;
  const [csc, pile, ev] = [
    await world.enrol('csc', Role.CSC),
    await world.enrol('pile', Role.CP),
    await world.enrol('ev', Role.EV),
  ];
  const sealed = [];
  for (const text of ['a', 'b'])
    sealed.push(await world.seal(csc, [{ keys: publicKeys(pile), message: message(text) }]));
  const [first, second] = sealed.map(({ sigma }) => sigma) as [Uint8Array, Uint8Array];
  const id = hex(sealed[0]?.id as Uint8Array);
  const genesis = consortium.genesis();
  const limits = consortium.versioned(consortium.limits(createLimits({ ...world.limits, version: 2 })));
  const entries = [csc, pile, ev].map(({ record }) => consortium.entry(record));
  const revocation = consortium.revocation('revokedRecord', hex(pile.record.f), (statement) =>
    consortium.organisations(GATEWAYS, statement),
  );
  const { subject, ...rest } = revocation.body;
  const head = consortium.slotHead({ number: slotNumber(NOW) });
  const json = JSON.stringify;
  const step =
    (chain: 'certchain' | 'datachain', contract: string) =>
    (role: 'admin' | 'relay' | 'auditor', name: string, args: Call['args'] = []): Step => [
      chain,
      { name: `${contract}:${name}`, args, as: consortium.as(role), time: NOW },
    ];
  const cert = step('certchain', REGISTRATION.contract);
  const data = step('datachain', BROADCAST.contract);
  return [
    cert('admin', 'init', [consortium.paramsJson, '{}']),
    data('admin', 'init', [consortium.paramsJson, json(genesis), '{"Org1MSP":["relay"]}']),
    cert('relay', 'mirrorGovernance', [json(genesis.limits)]),
    cert('relay', 'mirrorGovernance', [json(genesis.epochs)]),
    cert('relay', 'putProvider', [json(consortium.providerEntry())]),
    cert('relay', 'putRecords', [json([...entries, entries[0], { ...entries[1], record: '00' }])]),
    cert('relay', 'revokeRecord', [json({ f: subject, ...rest, authority: revocation.authority })]),
    data('relay', 'advanceSlot', [json(head)]),
    data('relay', 'submit', [encodeSigmaList([first, Uint8Array.of(1), second, first])]),
    data('relay', 'submit', [encodeSigmaList([first])]),
    data('relay', 'mirrorGovernance', [json(limits)]),
    data('relay', 'submit', [encodeSigmaList([second])]),
    ...['getParams', 'listProviders', 'governance'].map((name) => cert('auditor', name)),
    ...['listRecords', 'listRevocations'].map((name) => cert('auditor', name, ['2', ''])),
    cert('auditor', 'getRecord', [hex(ev.record.f)]),
    cert('auditor', 'getProvider', ['provider-one']),
    ...['getParams', 'governance', 'slot'].map((name) => data('auditor', name)),
    ...['listSigmas', 'listRevocations'].map((name) => data('auditor', name, ['2', ''])),
    ...['getSigma', 'getInclusionProof'].map((name) => data('auditor', name, [id])),
    data('auditor', 'governanceItem', ['limits']),
    ...certificateSteps(consortium),
  ];
}

/** Certificates from first to last, and what their owners allow. */
function certificateSteps(consortium: Consortium): Step[] {
  const registrar = new Registrar(consortium);
  const [vehicle, pile] = [registrar.newcomer('vehicle', { expiresAt: NOW + DAY }), registrar.newcomer('pile')];
  const { id } = vehicle.certificate;
  const party = 'Garage1MSP';
  const json = JSON.stringify;
  const step = (
    contract: 'registration' | 'authorization',
    name: string,
    args: readonly string[],
    chain: Step[0] = 'certchain',
    role: 'relay' | 'auditor' = 'relay',
  ): Step => [chain, { name: `${contract}:${name}`, args, as: consortium.as(role), time: NOW }];
  const { entry } = registrar.successor(vehicle, { expiresAt: NOW + DAY });
  return [
    step('registration', 'publishSPK', [json(registrar.systemKey({ renewal: LIFETIME }))]),
    step('registration', 'registerPK', [json([vehicle.entry, pile.entry, vehicle.entry, entry])]),
    step('registration', 'updatePK', [json([entry, pile.entry])]),
    step('registration', 'reportMisbehaviour', [json(registrar.report(id, pile))]),
    step('authorization', 'mirrorProvider', [json(consortium.providerEntry())], 'datachain'),
    ...(['certchain', 'datachain'] as const).flatMap((chain) => [
      step('authorization', 'authorize', [json(registrar.grant(vehicle, party))], chain),
      step('authorization', 'isAuthorized', [id, party, 'charging', ''], chain),
      step('authorization', 'revokeAuthorization', [json(registrar.withdrawal(vehicle, party))], chain),
      step('authorization', 'getAuthorization', [id, party, 'owner'], chain),
      step('authorization', 'listAuthorizations', ['2', ''], chain, 'auditor'),
    ]),
    step('registration', 'revokePK', [json(registrar.revocation(id))]),
    step('registration', 'querySPK', ['provider-one']),
    ...['queryVPK', 'reputation'].map((name) => step('registration', name, [id])),
    step('registration', 'historyVPK', [id], 'certchain', 'auditor'),
    step('registration', 'listVPK', ['2', '']),
  ];
}

async function play(steps: readonly Step[]): Promise<{ simulations: Simulation[]; state: unknown }> {
  const chaincode = new CodedChaincode();
  const ledgers = {
    certchain: new MemoryLedger('certchain', chaincode),
    datachain: new MemoryLedger('datachain', chaincode),
  };
  const simulations: Simulation[] = [];
  for (const [chain, call] of steps) {
    const simulation = await ledgers[chain].simulate(call);
    simulations.push(simulation);
    if (simulation.status === 200) ledgers[chain].commit(simulation);
  }
  const state = Object.values(ledgers).map((ledger) => ledger.keys().map((key) => [key, ledger.state(key)]));
  return { simulations, state };
}

beforeAll(ready);

afterEach(() => jest.restoreAllMocks());

function trapClockAndRandomness(): string[] {
  const used: string[] = [];
  const trap = (name: string) => (): never => {
    used.push(name);
    throw new Error(`${name} in chaincode`);
  };
  jest.spyOn(Date, 'now').mockImplementation(trap('Date.now'));
  jest.spyOn(Math, 'random').mockImplementation(trap('Math.random'));
  jest.spyOn(performance, 'now').mockImplementation(trap('performance.now'));
  jest.spyOn(process, 'hrtime').mockImplementation(trap('process.hrtime'));
  jest.spyOn(crypto.webcrypto, 'getRandomValues').mockImplementation(trap('getRandomValues'));
  for (const name of ['randomBytes', 'randomFillSync', 'randomUUID', 'randomInt'] as const) {
    jest.spyOn(crypto, name).mockImplementation(trap(name));
  }
  return used;
}

test('two executions give the same bytes, without a clock or randomness', async () => {
  const steps = await script();
  const RealDate = Date;
  const used = trapClockAndRandomness();
  // The shim's certificate parser fills a `new Date()`; contracts would show it, since the two runs are years apart.
  const playIn = async (year: number): ReturnType<typeof play> => {
    global.Date = new Proxy(RealDate, {
      construct: (target, args: []) => (args.length > 0 ? new target(...args) : new target(year, 1)),
    });
    return play(steps);
  };
  try {
    const [one, two] = [await playIn(2027), await playIn(2031)];
    expect(one).toEqual(two);
    expect(one.simulations.map(({ message: refusal }) => refusal)).toEqual(steps.map(() => ''));
    expect(one.simulations.flatMap(({ writes }) => [...writes.keys()]).length).toBeGreaterThan(10);
  } finally {
    global.Date = RealDate;
  }
  expect(used).toEqual([]);
});

test('the traps hold', () => {
  trapClockAndRandomness();
  expect(() => Date.now()).toThrow('Date.now in chaincode');
  expect(() => Math.random()).toThrow('Math.random in chaincode');
  expect(() => crypto.randomBytes(1)).toThrow('randomBytes in chaincode');
});

test('no transaction that writes reads a range', async () => {
  const { simulations } = await play(await script());
  const writing = simulations.filter(({ writes }) => writes.size > 0);
  expect(writing.length).toBeGreaterThan(5);
  for (const { ranges, reads } of writing) {
    expect(ranges).toBe(0);
    const keys = reads.map(({ key }) => key);
    expect(keys).toEqual([...new Set(keys)]);
  }
});
