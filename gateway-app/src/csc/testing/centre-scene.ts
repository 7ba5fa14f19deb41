/** One centre in a whole system, its chain in memory: what the centre's tests start from. */
import { PROVIDER } from '@chargecast/chaincode/testing/consortium';
import { type CommandMessage, type Json } from '@chargecast/protocol';
import { lendEntryKey, Role, toHex, unsigncrypt, verifySigma } from '@chargecast/signcryption';
import { EPOCH } from '@chargecast/signcryption/testing/world';
import { randomBytes } from 'node:crypto';

import { codeOf } from '../../common/errors';
import { type RunningRole } from '../../common/running-role';
import { startEsp } from '../../esp';
import { decodePayload, encodePayload, findSender, type Holder } from '../../holder';
import { startKgc } from '../../kgc';
import { type Command, type CommandState } from '../../rpc';
import { eventually, TestNetwork, type TestRole } from '../../testing/test-network';
import { type RunningCsc, startCsc } from '..';

export let network: TestNetwork;
export let kgc: RunningRole;
export let esp: RunningRole;
export let csc: RunningCsc;
export let ev: TestRole;
export let pile: TestRole;

export const dispatch = { gatherMs: 10, retryMs: 100, retryMaxMs: 400, receiptSeconds: 30, settleMs: 50, graceMs: 100 };

export async function centre(members: Record<string, unknown> = {}): Promise<RunningCsc> {
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

/** Stops are the caller's: a centre is killed, or started with other settings. */
export async function startCentre(members: Record<string, unknown> = {}): Promise<void> {
  csc = await centre(members);
}

/** For each test of the file a consortium, a KGC, a provider, a centre, a vehicle and a pile of their own. */
export function useCentre(): void {
  jest.setTimeout(120_000);
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
}

export const id16 = (): Uint8Array => Uint8Array.from(randomBytes(16));
export const now = (): number => Math.floor(Date.now() / 1000);
export const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: unknown) => codeOf(error) ?? 'uncoded',
  );

export const stop = (customer = 'contract-1'): Command => ({
  customer,
  kind: 'control',
  action: 'RequestStopTransaction',
  payload: JSON.stringify({ transactionId: 'tx-1' }),
});
export const cost = (customer = 'contract-1'): Command => ({
  customer,
  kind: 'billing',
  action: 'CostUpdated',
  payload: JSON.stringify({ totalCost: 12.5, transactionId: 'tx-1' }),
});

export type Payload = Record<string, Json>;

export async function sealedToCentre(
  from: Holder,
  kind: 'report' | 'receipt',
  action: string,
  payload: Payload,
): Promise<Uint8Array> {
  const keys = await centreKeys();
  const message = encodePayload([{ commandId: toHex(id16()), kind, action, payload }]);
  return (await from.seal([{ keys, message }], 900)).sigma;
}

export async function centreKeys(): Promise<Parameters<Holder['seal']>[0][number]['keys']> {
  const client = await network.client('Csc', csc, 'ev', 'ev1');
  const { f } = await client.identify({ epoch: EPOCH });
  const replica = await network.replica();
  return eventually(async () => (await replica.record(Uint8Array.from(f)))?.keys, 'the record of the centre');
}

export async function report(action: string, payload: Payload, from = ev.holder): Promise<void> {
  const client = await network.client('Csc', csc, 'ev', 'ev1');
  await client.report({ sigma: await sealedToCentre(from, 'report', action, payload) });
}

/** As vehicle and pile do it: the centre hears it from the vehicle, the KGC from the pile. */
export async function plugIn(vehicle = ev.holder, at = pile.holder): Promise<Uint8Array> {
  const session = id16();
  const cp = await network.client('Kgc', kgc, 'cp', 'cp1');
  await cp.plugIn({ vehicle: vehicle.f, session, pile: at.f });
  await report('PlugIn', { pile: toHex(at.f), session: toHex(session), at: now() }, vehicle);
  return session;
}

/** What a pile does with every σ on the chain, with the entry keys of a vehicle in its session. */
export async function openedAtPile(
  session: Uint8Array,
  vehicle = ev.holder,
  at = pile.holder,
): Promise<CommandMessage[]> {
  const replica = await network.replica();
  const { params } = replica;
  const all: CommandMessage[] = [];
  for (const sigma of committedSigmas()) {
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

export const committedSigmas = (): Uint8Array[] => network.sigmas();

export async function receipt(commandId: string, from = pile.holder, more: Payload = {}): Promise<string> {
  const client = await network.client('Csc', csc, 'cp', 'cp1');
  const payload = { commandId, outcome: 'done', sigmaId: '00'.repeat(32), at: now(), ...more };
  return refusal(client.receipt({ sigma: await sealedToCentre(from, 'receipt', 'Receipt', payload) }));
}

export async function operator(): ReturnType<typeof network.client<'Csc'>> {
  return network.client('Csc', csc, 'csc', 'csc1');
}

export async function stateOf(id: string): Promise<CommandState> {
  const signal = AbortSignal.timeout(5000);
  for await (const state of (await operator()).follow({ commandIds: [id] }, { signal })) return state;
  throw new Error('no state');
}

export const reaches = (id: string, state: string, code?: string): Promise<CommandState> =>
  eventually(
    async () => {
      const current = await stateOf(id);
      return current.state === state && (code ?? current.code) === current.code ? current : undefined;
    },
    `${state} ${code ?? ''}`,
  );

export async function send(...commands: Command[]): Promise<string[]> {
  return (await (await operator()).send({ commands })).commandIds as string[];
}
