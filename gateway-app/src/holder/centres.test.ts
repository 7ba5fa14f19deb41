import { issueRoleTls } from '@chargecast/network';
import { Role, toHex } from '@chargecast/signcryption';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { codeOf } from '../common/errors';
import { type ReplicaView } from '../replica';
import { type Handlers, readTls, type RpcServer, type RpcTls, serve } from '../rpc';
import { Centres } from './centres';
import { isPassing } from './retry';

const F = { csc1: new Uint8Array(16).fill(1), csc2: new Uint8Array(16).fill(2), stranger: new Uint8Array(16).fill(3) };
const EPOCH = 4;

/** Of any centre's record it says that it counts. */
const VIEW = {
  record: () => Promise.resolve({ keys: { record: { epoch: EPOCH } }, record: { role: Role.CSC }, revoked: false }),
} as unknown as Pick<ReplicaView, 'record'>;

let directory: string;
let servers: Record<'csc1' | 'csc2', RpcServer>;
let centres: Centres;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'chargecast-centres-'));
  servers = { csc1: await centre('csc1'), csc2: await centre('csc2') };
  const peers = (['csc1', 'csc2'] as const).map((name) => ({ name, endpoint: `127.0.0.1:${servers[name].port}` }));
  centres = new Centres(peers, await tlsOf('cp', 'cp1'));
});
afterEach(async () => {
  centres.close();
  await Promise.all(Object.values(servers).map((server) => server.close()));
  rmSync(directory, { recursive: true });
});

async function tlsOf(role: 'csc' | 'cp', name: string): Promise<RpcTls> {
  const { certPath, keyPath, caPath } = await issueRoleTls({ directory, role, name });
  return readTls({ cert: certPath, key: keyPath, roots: caPath }, '/');
}

async function centre(name: 'csc1' | 'csc2', port = 0): Promise<RpcServer> {
  const identify: Handlers<'Csc'>['identify'] = ({ epoch }) =>
    Promise.resolve({ f: epoch === EPOCH ? F[name] : F.stranger, epoch });
  return serve('Csc', { identify } as Handlers<'Csc'>, { tls: await tlsOf('csc', name), host: '127.0.0.1', port });
}

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(() => undefined).catch((error: unknown) => error);

test('a centre is found by the pseudo-identity it names as its own', async () => {
  const found = await centres.byRecord(F.csc2, VIEW);
  expect(toHex((await found.client.identify({ epoch: EPOCH })).f)).toBe(toHex(F.csc2));
});

test('one that nobody names is unknown, and no time mends that', async () => {
  const error = await failure(centres.byRecord(F.stranger, VIEW));
  expect([codeOf(error), isPassing(error)]).toEqual(['E_CENTRE_UNKNOWN', false]);
});

test('as long as one that might be meant does not answer, it may pass; when it is back, it is found', async () => {
  const { port } = servers.csc2;
  await servers.csc2.close();
  const error = await failure(centres.byRecord(F.csc2, VIEW));
  expect([codeOf(error), isPassing(error)]).toEqual(['E_UNREACHABLE', true]);
  servers.csc2 = await centre('csc2', port);
  const deadline = Date.now() + 30_000;
  while (isPassing(await failure(centres.byRecord(F.csc2, VIEW))) && Date.now() < deadline);
  expect((await centres.byRecord(F.csc2, VIEW)).client).toBeDefined();
});
