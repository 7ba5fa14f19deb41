import { PROVIDER } from '@chargecast/chaincode/testing/consortium';
import { type CommandMessage, type Json } from '@chargecast/protocol';
import {
  lendEntryKey,
  ownEntryKey,
  Role,
  signStatement,
  toHex,
  unsigncrypt,
  verifySigma,
} from '@chargecast/signcryption';
import { EPOCH } from '@chargecast/signcryption/testing/world';
import { randomBytes } from 'node:crypto';

import { codeOf } from '../common/errors';
import { silentLogger } from '../common/log';
import { type RunningRole } from '../common/running-role';
import { startEsp } from '../esp';
import { decodePayload, encodePayload, findSender, type Holder } from '../holder';
import { startKgc } from '../kgc';
import { type Command, type CommandState } from '../rpc';
import { eventually, TestNetwork, type TestRole } from '../testing/test-network';
import { type RunningCsc, startCsc } from '.';
import { Addressing } from './addressing';
import { Directory } from './directory';
import { Outbox } from './outbox';
import { Sealer } from './sealer';
import { Sessions } from './sessions';

jest.setTimeout(120_000);

let network: TestNetwork;
let kgc: RunningRole;
let esp: RunningRole;
let csc: RunningCsc;
let ev: TestRole;
let pile: TestRole;

const dispatch = { gatherMs: 10, retryMs: 100, retryMaxMs: 400, receiptSeconds: 30, settleMs: 50, graceMs: 100 };

async function centre(members: Record<string, unknown> = {}): Promise<RunningCsc> {
  const config = await network.config('csc', 'csc1', {
    peers: {
      css: network.css,
      kgc: `127.0.0.1:${kgc.port}`,
      esp: [{ name: PROVIDER, endpoint: `127.0.0.1:${esp.port}` }],
    },
    dispatch,
    credentials: { batch: 16, low: 4 },
    ...members,
  });
  return startCsc(config);
}

beforeEach(async () => {
  network = await TestNetwork.start(expect.getState().currentTestName);
  kgc = await startKgc(await network.kgcConfig());
  network.closing(() => kgc.stop());
  esp = await startEsp(await network.espConfig(), { connect: async () => network.ledger() });
  network.closing(() => esp.stop());
  csc = await centre();
  network.closing(() => csc.stop());
  ev = await network.holder('ev', 'ev1/VIN1', kgc, esp);
  pile = await network.holder('cp', 'cp1/pile1', kgc);
});
afterEach(() => network.stop());

const id16 = (): Uint8Array => Uint8Array.from(randomBytes(16));
const now = (): number => Math.floor(Date.now() / 1000);
const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: unknown) => codeOf(error) ?? 'uncoded',
  );

const stop = (customer = 'contract-1'): Command => ({
  customer,
  kind: 'control',
  action: 'RequestStopTransaction',
  payload: JSON.stringify({ transactionId: 'tx-1' }),
});
const cost = (customer = 'contract-1'): Command => ({
  customer,
  kind: 'billing',
  action: 'CostUpdated',
  payload: JSON.stringify({ totalCost: 12.5, transactionId: 'tx-1' }),
});

type Payload = Record<string, Json>;

async function sealedToCentre(
  from: Holder,
  kind: 'report' | 'receipt',
  action: string,
  payload: Payload,
): Promise<Uint8Array> {
  const keys = await centreKeys();
  const message = encodePayload([{ commandId: toHex(id16()), kind, action, payload }]);
  return (await from.seal([{ keys, message }], 900)).sigma;
}

async function centreKeys(): Promise<Parameters<Holder['seal']>[0][number]['keys']> {
  const client = await network.client('Csc', csc, 'ev', 'ev1');
  const { f } = await client.identify({ epoch: EPOCH });
  const replica = await network.replica();
  return eventually(async () => (await replica.record(Uint8Array.from(f)))?.keys, 'the record of the centre');
}

async function report(action: string, payload: Payload, from = ev.holder): Promise<void> {
  const client = await network.client('Csc', csc, 'ev', 'ev1');
  await client.report({ sigma: await sealedToCentre(from, 'report', action, payload) });
}

/** As vehicle and pile do it: the centre hears it from the vehicle, the KGC from the pile. */
async function plugIn(vehicle = ev.holder, at = pile.holder): Promise<Uint8Array> {
  const session = id16();
  const cp = await network.client('Kgc', kgc, 'cp', 'cp1');
  await cp.plugIn({ vehicle: vehicle.f, session, pile: at.f });
  await report('PlugIn', { pile: toHex(at.f), session: toHex(session), at: now() }, vehicle);
  return session;
}

/** What a pile does with every σ on the chain, with the entry keys of a vehicle in its session. */
async function openedAtPile(session: Uint8Array, vehicle = ev.holder, at = pile.holder): Promise<CommandMessage[]> {
  const replica = await network.replica();
  const { params } = replica;
  const all: CommandMessage[] = [];
  for (const sigma of await committedSigmas()) {
    const verified = verifySigma(params, sigma);
    const open = { pile: at.f, sessionId: session, open: true, answered: 0, maxAnswers: 100 };
    const entryKey = lendEntryKey(params, replica.limits(), vehicle.key, open, verified.sigma.headerBytes);
    const opened = await unsigncrypt({
      params,
      limits: replica.limits(),
      verified,
      receiver: { f: vehicle.f, role: Role.EV },
      entryKey,
      findSender: (f) => findSender(replica, f),
    });
    if (opened !== null) all.push(...decodePayload(opened));
  }
  return all;
}

const committedSigmas = (): Promise<Uint8Array[]> => network.sigmas();

async function receipt(commandId: string, from = pile.holder, more: Payload = {}): Promise<string> {
  const client = await network.client('Csc', csc, 'cp', 'cp1');
  const payload = { commandId, outcome: 'done', sigmaId: '00'.repeat(32), at: now(), ...more };
  return refusal(client.receipt({ sigma: await sealedToCentre(from, 'receipt', 'Receipt', payload) }));
}

async function operator(): ReturnType<typeof network.client<'Csc'>> {
  return network.client('Csc', csc, 'csc', 'csc1');
}

async function stateOf(id: string): Promise<CommandState> {
  const signal = AbortSignal.timeout(5000);
  for await (const state of (await operator()).follow({ commandIds: [id] }, { signal })) return state;
  throw new Error('no state');
}

const reaches = (id: string, state: string, code?: string): Promise<CommandState> =>
  eventually(
    async () => {
      const current = await stateOf(id);
      return current.state === state && (code ?? current.code) === current.code ? current : undefined;
    },
    `${state} ${code ?? ''}`,
  );

async function send(...commands: Command[]): Promise<string[]> {
  return (await (await operator()).send({ commands })).commandIds as string[];
}

describe('a command from operator to pile', () => {
  it('waits until the vehicle is plugged in, then is sealed, routed, committed, opened and receipted', async () => {
    const [id = '', bill = ''] = await send(stop(), cost());
    await reaches(id, 'waiting', 'E_NOT_PLUGGED_IN');
    const session = await plugIn();
    await reaches(id, 'committed');
    const messages = await openedAtPile(session);
    expect(messages.map(({ commandId, kind, action }) => [commandId, kind, action])).toEqual([
      [id, 'control', 'RequestStopTransaction'],
      [bill, 'billing', 'CostUpdated'],
    ]);
    expect(await committedSigmas()).toHaveLength(1);
    expect(await receipt(id)).toBe('accepted');
    expect(await receipt(bill, pile.holder, { outcome: 'refused', code: 'E_OCPP_SCHEMA' })).toBe('accepted');
    await reaches(id, 'delivered');
    await reaches(bill, 'failed', 'E_OCPP_SCHEMA');
    expect(await csc.status()).toMatchObject({ delivered: 1, failed: 1, waiting: 0, sigmas: 0, resealed: 0 });
  });

  it('ends a follower when all its commands are done, having shown each state in order', async () => {
    await plugIn();
    const [id = ''] = await send(stop());
    const seen: string[] = [];
    const following = (async (): Promise<void> => {
      for await (const { state } of (await operator()).follow({ commandIds: [id] })) seen.push(state);
    })();
    await reaches(id, 'committed');
    expect(await receipt(id)).toBe('accepted');
    await following;
    expect(seen.at(-1)).toBe('delivered');
    const order = ['waiting', 'sealed', 'acknowledged', 'committed', 'delivered'];
    const ranks = seen.map((state) => order.indexOf(state));
    expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
  });

  it('knows a gateway by its announcement too, and a vehicle by none', async () => {
    const { holder: gateway } = await network.holder('css', 'css1', kgc);
    const client = await network.client('Csc', csc, 'css', 'css1');
    await client.report({ sigma: await sealedToCentre(gateway, 'report', 'Announce', { at: now(), unit: '' }) });
    const [id = ''] = await send({
      ...stop('css:css1'),
      kind: 'notice',
      action: 'DataTransfer',
      payload: '{"vendorId":"x"}',
    });
    await reaches(id, 'committed');
    expect(await receipt(id, gateway)).toBe('E_SENDER_ROLE');
    const own = { commandId: id, outcome: 'done', sigmaId: '00'.repeat(32), at: now() };
    await client.receipt({ sigma: await sealedToCentre(gateway, 'receipt', 'Receipt', own) });
    await reaches(id, 'delivered');
    await expect(report('Announce', { at: now(), unit: 'VIN1' })).rejects.toMatchObject({ code: 'E_SENDER_ROLE' });
  });

  it('reaches piles and gateways by the name they announced', async () => {
    const command: Command = {
      customer: 'cp:cp1/pile1',
      kind: 'control',
      action: 'ChangeAvailability',
      payload: JSON.stringify({ operationalStatus: 'Inoperative' }),
    };
    const [id = ''] = await send(command);
    await reaches(id, 'waiting', 'E_CUSTOMER_UNBOUND');
    const cp = await network.client('Csc', csc, 'cp', 'cp1');
    const sigma = await sealedToCentre(pile.holder, 'report', 'Announce', { at: now(), unit: 'pile1' });
    await cp.report({ sigma });
    await reaches(id, 'committed');
    const replica = await network.replica();
    const [only] = await committedSigmas();
    const verified = verifySigma(replica.params, only as Uint8Array);
    const opened = await unsigncrypt({
      params: replica.params,
      limits: replica.limits(),
      verified,
      receiver: { f: pile.holder.f, role: Role.CP },
      entryKey: ownEntryKey(replica.params, pile.holder.key, verified.sigma.headerBytes),
      findSender: (f) => findSender(replica, f),
    });
    expect(opened && decodePayload(opened)[0]?.commandId).toBe(id);
    expect(await receipt(id)).toBe('accepted');
    await reaches(id, 'delivered');
  });
});

describe('what goes wrong on the way', () => {
  it('lets nobody it may not address hold up the others', async () => {
    const other = await network.holder('csc', 'csc2', kgc);
    const directory = await Directory.load(await network.store('probe'));
    await directory.announce('css', 'css1', other.holder.f);
    const replica = await network.replica();
    const addressing = new Addressing({
      directory,
      sessions: await Sessions.load(await network.store('probe-sessions')),
      replica,
      epochs: () => [EPOCH],
    });
    await directory.announce('cp', 'cp1/pile1', pile.holder.f);
    const store = await network.store('probe-outbox');
    const outbox = await Outbox.load(store, Date.now);
    const command = { kind: 'notice', action: 'DataTransfer', payload: { vendorId: 'x' } } as const;
    await outbox.add([
      { id: '01'.repeat(16), customer: 'css:css1', ...command },
      { id: '02'.repeat(16), customer: 'cp:cp1/pile1', ...command },
    ]);
    const sender = await network.holder('csc', 'csc3', kgc);
    const sealer = new Sealer({
      outbox,
      addressing,
      holder: sender.holder,
      replica,
      settings: { maxReceivers: 128, ttlSeconds: 900, commandSeconds: 60 },
      now: Date.now,
      sealed: () => undefined,
      logger: silentLogger(),
    });
    await sealer.run();
    expect(await outbox.command('01'.repeat(16))).toMatchObject({ stage: 'waiting', code: 'E_NOT_ALLOWED' });
    expect(await outbox.command('02'.repeat(16))).toMatchObject({ stage: 'sealed', code: '' });
  });

  it('seals anew, under the same id, what was acknowledged and not included, and keeps the acks', async () => {
    network.conduct.includes = false;
    network.conduct.ackSeconds = 0;
    const session = await plugIn();
    const [id = ''] = await send(stop());
    await reaches(id, 'acknowledged');
    await eventually(async () => ((await csc.status())['resealed'] as number) > 0 || undefined, 'a second sealing');
    network.conduct.includes = true;
    await reaches(id, 'committed');
    const messages = await openedAtPile(session);
    expect(messages.map(({ commandId }) => commandId)).toEqual([id]);
    expect(await receipt(id)).toBe('accepted');
    await reaches(id, 'delivered');
  });

  it('seals anew when no receipt comes; the twin carries the same id', async () => {
    await csc.stop();
    csc = await centre({ dispatch: { ...dispatch, receiptSeconds: 1 } });
    const session = await plugIn();
    const [id = ''] = await send(stop());
    await reaches(id, 'committed');
    await eventually(async () => ((await committedSigmas()).length > 1 ? true : undefined), 'a twin');
    expect(new Set((await openedAtPile(session)).map(({ commandId }) => commandId))).toEqual(new Set([id]));
    expect(await receipt(id)).toBe('accepted');
    expect(await receipt(id)).toBe('accepted');
    await reaches(id, 'delivered');
  });

  it('sends the same bytes again while the KGC or the gateways are away', async () => {
    await plugIn();
    network.conduct.hold = (): void => {
      throw new Error('away');
    };
    const [id = ''] = await send(stop());
    const { sigmaId } = await reaches(id, 'sealed');
    network.conduct.hold = (): void => undefined;
    expect((await reaches(id, 'committed')).sigmaId).toBe(sigmaId);
  });

  it('moves a command to the vehicle’s new session when it left before the pile could open', async () => {
    network.conduct.includes = false;
    const first = await plugIn();
    const [id = ''] = await send(stop());
    await reaches(id, 'acknowledged');
    await report('Unplug', { session: toHex(first), at: now() });
    await reaches(id, 'waiting', 'E_NOT_PLUGGED_IN');
    network.conduct.includes = true;
    const second = await plugIn();
    await reaches(id, 'committed');
    expect(await openedAtPile(first)).toEqual([]);
    expect((await openedAtPile(second)).map(({ commandId }) => commandId)).toEqual([id]);
  });

  it.each(['waiting', 'sealed', 'acknowledged', 'committed'])('a restart at %s delivers once', async (stage) => {
    if (stage !== 'waiting') await plugIn();
    if (stage === 'sealed') {
      network.conduct.hold = (): void => {
        throw new Error('away');
      };
    }
    if (stage === 'acknowledged') Object.assign(network.conduct, { includes: false, ackSeconds: 1 });
    const [id = ''] = await send(stop());
    await reaches(id, stage);
    await csc.stop();
    Object.assign(network.conduct, { hold: () => undefined, includes: true });
    csc = await centre();
    if (stage === 'waiting') await plugIn();
    await reaches(id, 'committed');
    expect(await receipt(id)).toBe('accepted');
    await reaches(id, 'delivered');
  });

  it('attack 26: a credential marked spent before a crash is never used again', async () => {
    await plugIn();
    const [first = ''] = await send(stop());
    await reaches(first, 'committed');
    await csc.stop();
    csc = await centre();
    const [second = ''] = await send(cost());
    await reaches(second, 'committed');
    const sigmas = await committedSigmas();
    const keys = sigmas.map((sigma) => toHex(verifySigma(network.chain.trust.params, sigma).header.oneTimeKey));
    expect(new Set(keys).size).toBe(sigmas.length);
  });
});

describe('whom a centre believes', () => {
  it('attack 5: the KGC naming its own car for a customer is not asked; only the provider’s word counts', async () => {
    const own = await network.holder('ev', 'ev1/VIN2', kgc, esp);
    const listed: string[] = [];
    const client = await network.client('Kgc', kgc, 'csc', 'csc1');
    for await (const { f } of client.listReceivers({ epoch: EPOCH })) listed.push(toHex(Uint8Array.from(f)));
    expect(listed).toContain(toHex(own.holder.f));
    await plugIn(own.holder);
    await csc.stop();
    csc = await centre();
    await eventually(async () => ((await csc.status())['customers'] === 2 ? true : undefined), 'both bindings');
    const [unknown = '', bound = ''] = await send(stop('contract-9'), stop('contract-1'));
    await reaches(unknown, 'waiting', 'E_CUSTOMER_UNBOUND');
    await reaches(bound, 'waiting', 'E_NOT_PLUGGED_IN');
    expect(await committedSigmas()).toHaveLength(0);
  });

  it('attack 5: a binding signed by the KGC, or of another X, is refused', async () => {
    const directory = await Directory.load((await network.store('directory')).sub('d'));
    const replica = await network.replica();
    const { params } = replica;
    const { f, X } = ev.holder.key.record;
    const { kgc: keys } = network.chain.consortium.world;
    const contract = 'contract-1';
    const forged = signStatement(params, keys.masterSecret, { tag: 'bind', f, X, contract });
    const binding = { f, x: X, contract, provider: PROVIDER, signature: forged };
    expect(await refusal(directory.bind(binding, PROVIDER, replica))).toBe('E_STATEMENT');
    const { secret } = network.chain.consortium.provider;
    const honest = signStatement(params, secret, { tag: 'bind', f, X, contract });
    const moved = { ...binding, f: pile.holder.f, signature: honest };
    expect(await refusal(directory.bind(moved, PROVIDER, replica))).toBe('E_STATEMENT');
    expect(await refusal(directory.bind({ ...binding, provider: 'other' }, PROVIDER, replica))).toBe(
      'E_BINDING_FOREIGN',
    );
    expect(await refusal(directory.bind({ ...binding, provider: 'none' }, 'none', replica))).toBe('E_PROVIDER_UNKNOWN');
    expect(directory.find(contract)).toEqual({ code: 'E_CUSTOMER_UNBOUND' });
    expect(await directory.bind({ ...binding, signature: honest }, PROVIDER, replica)).toBe(true);
    expect(directory.find(contract)).toMatchObject({ kind: 'vehicle', bound: { f: toHex(f) } });
    expect(directory.find(`${PROVIDER}/${contract}`)).toMatchObject({ kind: 'vehicle' });
  });

  it('takes a receipt only from the pile the command was sealed for', async () => {
    const other = await network.holder('cp', 'cp1/pile2', kgc);
    await plugIn();
    const [id = ''] = await send(stop());
    await reaches(id, 'committed');
    expect(await receipt(id, other.holder)).toBe('E_RECEIPT_FOREIGN');
    expect(await receipt(toHex(id16()))).toBe('E_RECEIPT_FOREIGN');
    await reaches(id, 'committed');
  });

  it('takes reports once, from vehicles, sealed to itself, and refuses changed bytes', async () => {
    const client = await network.client('Csc', csc, 'ev', 'ev1');
    const session = toHex(id16());
    const payload = { session, powerWatts: 7200, energyWh: 1500, at: now() };
    const sigma = await sealedToCentre(ev.holder, 'report', 'PowerReport', payload);
    await client.report({ sigma });
    await client.report({ sigma });
    expect(await csc.status()).toMatchObject({ reports: 1 });
    const changed = Uint8Array.from(sigma);
    changed[sigma.length - 1] = (changed[sigma.length - 1] as number) ^ 1;
    expect(await refusal(client.report({ sigma: changed }))).toBe('E_SIGMA_SIGNATURE');
    const fromPile = await sealedToCentre(pile.holder, 'report', 'PowerReport', payload);
    expect(await refusal(client.report({ sigma: fromPile }))).toBe('E_SENDER_ROLE');
    const asReceipt = await sealedToCentre(ev.holder, 'report', 'Steal', payload);
    expect(await refusal(client.report({ sigma: asReceipt }))).toBe('E_MESSAGE_KIND');
  });

  it('sends and follows for its own operator only, and refuses what no schema allows', async () => {
    const rival = await network.client('Csc', csc, 'csc', 'csc2');
    expect(await refusal(rival.send({ commands: [stop()] }))).toBe('E_FORBIDDEN');
    const own = await operator();
    const bad = { ...stop(), payload: JSON.stringify({ transactionId: 7 }) };
    expect(await refusal(own.send({ commands: [stop(), bad] }))).toBe('E_OCPP_SCHEMA');
    expect(await refusal(own.send({ commands: [] }))).toBe('E_COMMAND');
    expect(await refusal(own.send({ commands: [{ ...stop(), payload: '[]' }] }))).toBe('E_COMMAND');
    expect(await refusal(own.send({ commands: [{ ...stop(), kind: 'report' }] }))).toBe('E_COMMAND_KIND');
    expect(await csc.status()).toMatchObject({ waiting: 0 });
    const lost = (async (): Promise<void> => {
      for await (const state of own.follow({ commandIds: ['00'.repeat(16)] })) throw new Error(state.state);
    })();
    expect(await refusal(lost)).toBe('E_COMMAND_UNKNOWN');
  });
});
