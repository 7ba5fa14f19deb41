/** The handshake over the roles' own gRPC: a provider's desk, a station's desk, vehicles; the chain is the scene's. */
import { issueRoleTls, type ProcessRole } from '@chargecast/network';
import { ready, toHex } from '@chargecast/signcryption';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { codeOf } from '../common/errors';
import { silentLogger } from '../common/log';
import { authenticatedSession } from '../cp/authenticated-session';
import type { Claimed } from '../cp/charging-sessions';
import { EntryKeyChannel } from '../cp/entry-key-channel';
import type { EntryLender } from '../ev/entry-lender';
import { PileConnection } from '../ev/pile-connection';
import { type Client, client, type Handlers, readTls, type RpcServer, type RpcTls, serve } from '../rpc';
import { openSealedStore, type Store } from '../store';
import { eventually } from '../testing/test-network';
import { AdmissionDesk } from './admission-desk';
import type { Established } from './parties';
import { StationDesk } from './station-desk';
import { ConsortiumScene, type Member } from './testing/consortium-scene';
import type { VehicleParts } from './vehicle-handshake';

let directory: string;
let scene: ConsortiumScene;
let station: Member;
let store: Store;
let stop: AbortController;
let provider: AdmissionDesk;
let esp: RpcServer;
let pile: RpcServer;
let desk: StationDesk;
let piles: Client<'Pile'>;
let room: (claimed: Claimed) => void;
const channels = new Map<string, EntryKeyChannel>();
const ended: string[] = [];
const closing: (() => unknown)[] = [];
const now = (): number => Math.floor(Date.now() / 1000);

const sessions = {
  ensureRoom: (_: string, claimed: Claimed) => room(claimed),
  attach: async (_: string, { session }: Pick<Established, 'session'>) => {
    const channel = new EntryKeyChannel(2_000);
    channels.set(toHex(session), channel);
    return channel;
  },
  detach: (_: Uint8Array, channel: EntryKeyChannel) => channel.close(),
  end: async (session: Uint8Array) => {
    ended.push(toHex(session));
    channels.get(toHex(session))?.close();
  },
};

async function tls(role: ProcessRole, name: string): Promise<RpcTls> {
  const { certPath, keyPath, caPath } = await issueRoleTls({ directory, role, name });
  return readTls({ cert: certPath, key: keyPath, roots: caPath }, '/');
}

async function startProvider(port = 0): Promise<void> {
  const settings = { permitSeconds: 3600, perSecond: 100, burst: 100 };
  const log = silentLogger();
  const signingKey = scene.systemKey('esp1');
  const admissionStore = store.sub('admissions');
  provider = await AdmissionDesk.open({
    store: admissionStore,
    provider: 'esp1',
    signingKey,
    view: scene,
    settings,
    log,
  });
  const handlers = { admit: provider.admit, watch: provider.watch } as unknown as Handlers<'Esp'>;
  esp = await serve('Esp', handlers, { tls: await tls('esp', 'esp1'), host: '127.0.0.1', port });
}

beforeAll(ready);
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'auth-'));
  scene = new ConsortiumScene(expect.getState().currentTestName ?? '');
  scene.world.env.time = now();
  station = await scene.member('pile', 'cp1/P1');
  store = await openSealedStore(join(directory, 'db'), join(directory, 'db.key'));
  stop = new AbortController();
  room = () => undefined;
  ended.length = 0;
  await startProvider();
  const { port } = esp;
  const provided = client('Esp', `127.0.0.1:${port}`, await tls('cp', 'cp1'));
  desk = new StationDesk({
    provider: 'esp1',
    esp: provided,
    view: Object.assign(scene, { record: scene.view.record, epochs: scene.view.epochs }),
    credential: (name) => (name === 'P1' ? station.credential : undefined),
    pile: () => ({ keyOf: () => station.key }),
    halfOpen: { total: 8, perPeer: 2 },
    admitMs: 5_000,
    graceMs: 60_000,
    now,
    log: silentLogger(),
    stopping: stop.signal,
  });
  const parts = { desk, sessions, stepMs: 3_000, log: silentLogger() };
  const handlers: Handlers<'Pile'> = {
    session: (requests, { signal, peer }) =>
      authenticatedSession(parts, requests[Symbol.asyncIterator](), signal, peer.name),
  };
  pile = await serve('Pile', handlers, { tls: await tls('cp', 'cp1'), host: '127.0.0.1', port: 0 });
  piles = client('Pile', `127.0.0.1:${pile.port}`, await tls('ev', 'ev1'));
  closing.push(
    () => piles.close(),
    () => provided.close(),
  );
  await eventually(async () => {
    try {
      return scene.vehicle(station, station) && desk.begin(scene.vehicle(station, station, { now }).hello);
    } catch {
      return undefined;
    }
  }, 'the provider’s encryption key');
});
afterEach(async () => {
  stop.abort();
  await desk.stopped();
  provider.stop();
  for (const close of closing.splice(0).reverse()) await close();
  await Promise.all([pile.close(), esp.close()]);
  await store.close();
  rmSync(directory, { recursive: true });
});

interface Plugged {
  readonly connection: PileConnection;
  readonly established: Established;
}

async function plugIn(member: Member, change: Partial<VehicleParts> = {}): Promise<Plugged> {
  const connection = new PileConnection(piles, stop.signal);
  closing.push(() => connection.close());
  const { established } = await connection.authenticate(scene.vehicle(member, station, { now, ...change }));
  return { connection, established };
}

const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: unknown) => codeOf(error) ?? String(error),
  );

const lender = {
  answer: async ({ id, headers }: { id: number; headers: readonly Uint8Array[] }) => ({
    id,
    keys: headers.map((header) => ({ locator: new Uint8Array(32), key: Uint8Array.from(header), refused: '' })),
  }),
} as unknown as EntryLender;

test('a vehicle authenticates and answers header requests over the sealed session', async () => {
  const vehicle = await scene.member('vehicle', 'V1');
  const { connection, established } = await plugIn(vehicle);
  const serving = connection.serve(lender, () => undefined);
  serving.catch(() => undefined);
  const channel = channels.get(toHex(established.session)) as EntryKeyChannel;
  const header = new Uint8Array(32).fill(7);
  expect((await channel.ask([header, header])).map(({ key }) => toHex(Uint8Array.from(key)))).toEqual([
    toHex(header),
    toHex(header),
  ]);
  expect(provider.counts).toMatchObject({ admitted: 1, refused: 0 });
  await eventually(() => (desk.counts.halfOpen === 0 && desk.counts.watched === 1 ? true : undefined), 'a watched one');
  connection.unplug();
  await eventually(() => (ended.includes(toHex(established.session)) ? true : undefined), 'the end at unplugging');
  await eventually(() => (desk.counts.watched === 0 ? true : undefined), 'the end of watching');
});

test('a guest of another provider, and one without a registered certificate', async () => {
  expect(await refusal(plugIn(await scene.member('vehicle', 'V2', 'esp2')))).toBe('accepted');
  const stranger = await scene.member('vehicle', 'V3', 'esp2');
  scene.revokedFrom.set(stranger.certificate.id, now());
  expect(await refusal(plugIn(stranger))).toBe('E_CERTIFICATE_REVOKED');
  expect(provider.counts).toMatchObject({ admitted: 1, refused: 1 });
});

test('a revocation ends an open session at once', async () => {
  const [one, other] = [await scene.member('vehicle', 'V1'), await scene.member('vehicle', 'V2')];
  const [first, second] = [await plugIn(one), await plugIn(other)];
  const gone = refusal(first.connection.serve(lender, () => undefined));
  const staying = second.connection.serve(lender, () => undefined);
  staying.catch(() => undefined);
  await eventually(() => (desk.counts.watched === 2 ? true : undefined), 'two watched');
  scene.revokedFrom.set(one.certificate.id, now());
  provider.changed([one.certificate.id]);
  expect(await gone).toBe('E_PLUG_GONE');
  expect(ended).toEqual([toHex(first.established.session)]);
  expect(await refusal(plugIn(one))).toBe('E_CERTIFICATE_REVOKED');
  const channel = channels.get(toHex(second.established.session)) as EntryKeyChannel;
  expect(await channel.ask([new Uint8Array(32)])).toHaveLength(1);
});

test('a revocation while the provider was away ends the session when it is back', async () => {
  const vehicle = await scene.member('vehicle', 'V1');
  const { connection, established } = await plugIn(vehicle);
  const gone = refusal(connection.serve(lender, () => undefined));
  await eventually(() => (desk.counts.watched === 1 ? true : undefined), 'a watched one');
  const { port } = esp;
  provider.stop();
  await esp.close();
  scene.revokedFrom.set(vehicle.certificate.id, now());
  await startProvider(port);
  expect(await gone).toBe('E_PLUG_GONE');
  expect(ended).toEqual([toHex(established.session)]);
});

test('an unknown ticket is withdrawn', async () => {
  const gone = new Promise((resolve) => desk.watch(new Uint8Array(80), resolve));
  expect(await gone).toBe('withdrawn');
});

test('the station refuses what it has no room for, before its provider is asked', async () => {
  const full = Object.assign(new Error('full'), { code: 'E_PILE_FULL' });
  room = () => {
    throw full;
  };
  expect(await refusal(plugIn(await scene.member('vehicle', 'V1')))).toBe('E_PILE_FULL');
  expect(provider.counts).toMatchObject({ admitted: 0, refused: 0 });
});

test('connections that say nothing do not keep others out for long, nor crowd out other peers', async () => {
  const idle = [1, 2].map(() =>
    piles.session({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }),
  );
  const waiting = idle.map((stream) => refusal(stream[Symbol.asyncIterator]().next()));
  await eventually(() => (desk.counts.halfOpen === 2 ? true : undefined), 'two half open');
  const vehicle = await scene.member('vehicle', 'V1');
  expect(await refusal(plugIn(vehicle))).toBe('E_AUTH_BUSY');
  const elsewhere = client('Pile', `127.0.0.1:${pile.port}`, await tls('ev', 'ev2'));
  closing.push(() => elsewhere.close());
  const connection = new PileConnection(elsewhere, stop.signal);
  closing.push(() => connection.close());
  expect(await refusal(connection.authenticate(scene.vehicle(vehicle, station, { now })))).toBe('accepted');
  expect(await Promise.all(waiting)).toEqual(['E_PLUG_TIMEOUT', 'E_PLUG_TIMEOUT']);
  expect(await refusal(plugIn(vehicle))).toBe('accepted');
});
