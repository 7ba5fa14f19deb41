/** kill −9 of a centre in a process of its own, at several moments of a broadcast: nothing lost, nothing under two ids. */
import { PROVIDER } from '@chargecast/chaincode/testing/consortium';
import { lendEntryKey, Role, toHex, unsigncrypt, verifySigma } from '@chargecast/signcryption';
import { EPOCH } from '@chargecast/signcryption/testing/world';
import { randomBytes } from 'node:crypto';
import { type AddressInfo, createServer } from 'node:net';

import { codeOf } from '../common/errors';
import { type RunningRole } from '../common/running-role';
import { type ChildRole, startChildRole } from '../deployment/child-role';
import { startEsp } from '../esp';
import { decodePayload, encodePayload, findSender } from '../holder';
import { startKgc } from '../kgc';
import { type Client } from '../rpc';
import { eventually, TestNetwork, type TestRole } from '../testing/test-network';

jest.setTimeout(240_000);

const COMMANDS = 12;

let network: TestNetwork;
let kgc: RunningRole;
let esp: RunningRole;
let child: ChildRole;
let config: string;
let port: number;
let operator: Client<'Csc'>;
let ev: TestRole;
let pile: TestRole;
const session = Uint8Array.from(randomBytes(16));
const now = (): number => Math.floor(Date.now() / 1000);

beforeAll(async () => {
  network = await TestNetwork.start('kill');
  kgc = await startKgc(await network.kgcConfig());
  network.closing(() => kgc.stop());
  esp = await startEsp(await network.espConfig(), { connect: async () => network.ledger() });
  network.closing(() => esp.stop());
  port = await freePort();
  config = await network.config('csc', 'csc1', {
    listen: `127.0.0.1:${port}`,
    peers: {
      css: network.css,
      kgc: `127.0.0.1:${kgc.port}`,
      esp: [{ name: PROVIDER, endpoint: `127.0.0.1:${esp.port}` }],
    },
    dispatch: { gatherMs: 20, maxReceivers: 1, retryMs: 100, graceMs: 100 },
  });
  child = await startChildRole('csc', 'csc1', config);
  network.closing(() => child.kill());
  operator = await network.client('Csc', { port }, 'csc', 'csc1');
  ev = await network.holder('ev', 'ev1/VIN1', kgc, esp);
  pile = await network.holder('cp', 'cp1/pile1', kgc);
  const cp = await network.client('Kgc', kgc, 'cp', 'cp1');
  await cp.plugIn({ vehicle: ev.holder.f, session, pile: pile.holder.f });
  const vehicle = await network.client('Csc', { port }, 'ev', 'ev1');
  const payload = { pile: toHex(pile.holder.f), session: toHex(session), at: now() };
  await vehicle.report({ sigma: await sealedToCentre(ev, 'report', 'PlugIn', payload) });
});
afterAll(() => network.stop());

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function sealedToCentre(
  from: TestRole,
  kind: 'report' | 'receipt',
  action: string,
  payload: Record<string, string | number>,
): Promise<Uint8Array> {
  const replica = await network.replica();
  const { f } = await insisting(() => operator.identify({ epoch: EPOCH }));
  const keys = await eventually(async () => (await replica.record(Uint8Array.from(f)))?.keys, 'the centre’s record');
  const message = encodePayload([{ commandId: randomBytes(16).toString('hex'), kind, action, payload }]);
  return (await from.holder.seal([{ keys, message }], 900)).sigma;
}

/** The centre is away now and then: that is the point. */
async function insisting<T>(call: () => Promise<T>): Promise<T> {
  return eventually(
    () =>
      call().catch((error: unknown) => {
        if (!/^E_(UNREACHABLE|DEADLINE|CANCELLED)$/.test(codeOf(error) ?? '')) throw error;
        return undefined;
      }),
    'the centre',
  );
}

/** Ids of the commands the pile finds on the chain with the vehicle's keys, twins included. */
async function opened(): Promise<string[]> {
  const replica = await network.replica();
  const { params } = replica;
  const ids: string[] = [];
  for (const sigma of network.sigmas()) {
    const verified = verifySigma(params, sigma);
    const open = { pile: pile.holder.f, sessionId: session, open: true, answered: 0, maxAnswers: 1000 };
    const found = await unsigncrypt({
      params,
      limits: replica.limits(),
      verified,
      receiver: { f: ev.holder.f, role: Role.EV },
      entryKey: lendEntryKey(params, replica.limits(), ev.holder.key, open, verified.sigma.headerBytes),
      findSender: (f) => findSender(replica, f),
    });
    if (found !== null) ids.push(...decodePayload(found).map(({ commandId }) => commandId));
  }
  return ids;
}

const stop = (transactionId: string): Parameters<typeof operator.send>[0]['commands'][number] => ({
  customer: 'contract-1',
  kind: 'control',
  action: 'RequestStopTransaction',
  payload: JSON.stringify({ transactionId }),
});

/** Answers for every command found, until the centre says that all are delivered. */
async function receipted(ids: readonly string[]): Promise<void> {
  const cp = await network.client('Csc', { port }, 'cp', 'cp1');
  const open = new Set(ids);
  await eventually(async () => {
    for (const id of (await opened()).filter((each) => open.delete(each))) {
      const payload = { commandId: id, outcome: 'done', sigmaId: '00'.repeat(32), at: now() };
      const sigma = await sealedToCentre(pile, 'receipt', 'Receipt', payload);
      await insisting(() => cp.receipt({ sigma }));
    }
    return open.size === 0 ? true : undefined;
  }, 'the last command');
}

describe('kill −9 of a centre', () => {
  it.each([0, 60, 250])('%i ms after its commands were taken: each arrives, under its one id', async (delay) => {
    const commands = Array.from({ length: COMMANDS }, (_, i) => stop(`tx-${delay}-${i}`));
    const { commandIds } = await insisting(() => operator.send({ commands }));
    await new Promise((resolve) => setTimeout(resolve, delay));
    await child.kill();
    child = await startChildRole('csc', 'csc1', config);
    await receipted(commandIds);
    const states = new Map<string, string>();
    for await (const { commandId, state } of operator.follow({ commandIds })) states.set(commandId, state);
    expect([...states.values()]).toEqual(Array(COMMANDS).fill('delivered'));
    const found = (await opened()).filter((id) => commandIds.includes(id));
    expect([...new Set(found)].sort()).toEqual([...commandIds].sort());
  });
});
