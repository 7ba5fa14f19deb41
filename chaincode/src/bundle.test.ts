/** The bundle as peers run it: copied into an empty folder, in both start modes, over the shim's own stream. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { peer } from '@hyperledger/fabric-protos';
import { makeIdentity } from './testing/identities';
import { dial, freePort, message, signedProposal, type Stream } from './testing/peer';

const BUNDLE = join(__dirname, '..', 'dist', 'bundle');
const { Type } = peer.ChaincodeMessage;

let folder: string;
let child: ChildProcess | undefined;

beforeAll(() => {
  if (!existsSync(join(BUNDLE, 'chaincode.js'))) throw new Error('no bundle; run `npm run build` first');
  folder = mkdtempSync(join(tmpdir(), 'chargecast-bundle-'));
  cpSync(BUNDLE, folder, { recursive: true });
});

afterAll(() => rmSync(folder, { recursive: true }));

afterEach(async () => {
  if (child && child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  child = undefined;
});

function start(
  environment: Record<string, string>,
  args: string[] = [],
): { output: () => string; process: ChildProcess } {
  let output = '';
  const started = spawn(process.execPath, ['chaincode.js', ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...environment },
  });
  started.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  started.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child = started;
  return { output: () => output, process: started };
}

/** Plays the peer: registers, runs one transaction with empty state, returns its response. */
async function transact(
  stream: Stream,
  expectedName: string,
  name: string,
  beforeAnswer: () => void = () => undefined,
): Promise<peer.Response> {
  const proposal = signedProposal(await makeIdentity('CSS1MSP', 'auditor'), 1_767_225_600);
  const input = new peer.ChaincodeInput();
  input.setArgsList([Buffer.from(name)]);
  return new Promise((resolve, reject) => {
    stream.on('data', (received) => {
      const type = received.getType();
      if (type === Type.REGISTER) {
        const id = peer.ChaincodeID.deserializeBinary(received.getPayload_asU8());
        if (id.getName() !== expectedName) reject(new Error(`registered as ${id.getName()}`));
        stream.write(message(Type.REGISTERED));
        stream.write(message(Type.READY));
        stream.write(message(Type.TRANSACTION, input.serializeBinary(), proposal));
      } else if (type === Type.GET_STATE) {
        beforeAnswer();
        stream.write(message(Type.RESPONSE, new Uint8Array(0)));
      } else if (type === Type.COMPLETED) {
        resolve(peer.Response.deserializeBinary(received.getPayload_asU8()));
      } else {
        reject(new Error(`unexpected message ${type}`));
      }
    });
  });
}

async function exitCode(process: ChildProcess): Promise<number | null> {
  if (process.exitCode === null) await once(process, 'exit');
  return process.exitCode;
}

test('the folder holds a program and a package.json, and no addon', () => {
  expect(readdirSync(BUNDLE).sort()).toEqual(['chaincode.js', 'package.json']);
  const manifest = JSON.parse(readFileSync(join(BUNDLE, 'package.json'), 'utf8')) as Record<string, unknown>;
  expect(manifest).toMatchObject({ name: 'chargecast-chaincode', scripts: { start: 'node chaincode.js' } });
  expect(manifest).not.toHaveProperty('dependencies');
  expect(readFileSync(join(BUNDLE, 'chaincode.js'), 'utf8')).not.toMatch(/require\("[^"]*\.node"\)|sodium-native/);
});

test('as a service: registers, answers, refuses in codes, ends on SIGTERM', async () => {
  const port = await freePort();
  const { process: service, output } = start({
    CHAINCODE_SERVER_ADDRESS: `127.0.0.1:${port}`,
    CORE_CHAINCODE_ID_NAME: 'chargecast:1',
  });
  const one = await dial(port);
  const metadata = await transact(one.stream, 'chargecast:1', 'org.hyperledger.fabric:GetMetadata');
  expect(metadata.getStatus()).toBe(200);
  const { contracts } = JSON.parse(Buffer.from(metadata.getPayload_asU8()).toString()) as { contracts: object };
  expect(Object.keys(contracts)).toEqual(expect.arrayContaining(['registration', 'broadcast']));
  const two = await dial(port);
  const refused = await transact(two.stream, 'chargecast:1', 'registration:getParams');
  expect(refused.getStatus()).toBe(500);
  expect(refused.getMessage()).toMatch(/^E_NOT_INITIALISED: /);
  service.kill('SIGTERM');
  expect(await exitCode(service)).toBe(0);
  one.client.close();
  two.client.close();
  const lines = output().trim().split('\n');
  expect(lines[0]).toMatch(/^chargecast chaincode \S+ serves chargecast:1 on 127\.0\.0\.1:\d+$/);
  expect(lines.slice(1).every((line) => line.includes('E_NOT_INITIALISED'))).toBe(true);
});

test('SIGTERM in the middle of a transaction: it is answered first', async () => {
  const port = await freePort();
  const { process: service } = start({ CHAINCODE_SERVER_ADDRESS: `127.0.0.1:${port}`, CHAINCODE_ID: 'chargecast:3' });
  const { client, stream } = await dial(port);
  const response = await transact(stream, 'chargecast:3', 'registration:getParams', () => service.kill('SIGTERM'));
  expect(response.getMessage()).toMatch(/^E_NOT_INITIALISED: /);
  expect(await exitCode(service)).toBe(0);
  client.close();
});

test('launched by a peer: dials it and answers', async () => {
  const server = new grpc.Server();
  let answered: (response: peer.Response) => void;
  const response = new Promise<peer.Response>((resolve) => (answered = resolve));
  server.addService(peer.ChaincodeSupportService, {
    register: (stream: Stream) =>
      void transact(stream, 'chargecast:2', 'org.hyperledger.fabric:GetMetadata').then((found) => answered(found)),
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  start({ CORE_CHAINCODE_ID_NAME: 'chargecast:2', CORE_PEER_LOCALMSPID: 'CSS1MSP' }, [
    '--peer.address',
    `127.0.0.1:${port}`,
  ]);
  expect((await response).getStatus()).toBe(200);
  server.forceShutdown();
});

test.each([
  ['neither mode', {}, 'CHAINCODE_SERVER_ADDRESS'],
  ['no package id', { CHAINCODE_SERVER_ADDRESS: '127.0.0.1:1' }, 'CORE_CHAINCODE_ID_NAME'],
  ['a bad address', { CHAINCODE_SERVER_ADDRESS: 'nowhere', CHAINCODE_ID: 'x' }, 'host:port'],
])('%s: exit code 2 and what to set', async (_, environment, hint) => {
  const { process: failed, output } = start(environment);
  expect(await exitCode(failed)).toBe(2);
  expect(output()).toMatch(/^E_CONFIG: /m);
  expect(output()).toContain(hint);
  expect(output()).not.toContain('    at ');
});
