import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';

import { type ChaincodeService, prepareService } from './chaincode-service';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'chargecast service '));
  await writeFile(join(directory, 'bundle.js'), 'one');
});

afterEach(() => rm(directory, { recursive: true, force: true }));

const prepare = (address: string): Promise<ChaincodeService> =>
  prepareService({
    name: 'chargecast',
    mspId: 'Org1MSP',
    address,
    bundle: join(directory, 'bundle.js'),
    directory: join(directory, 'services', 'Org1MSP'),
  });

const environment = async ({ environmentFile }: ChaincodeService): Promise<NodeJS.Dict<string>> =>
  parseEnv(await readFile(environmentFile, 'utf8'));

it('gives the same package for the same address, another for another', async () => {
  const first = await prepare('cc.example.com:9999');
  expect((await prepare('cc.example.com:9999')).chaincode.packageId).toBe(first.chaincode.packageId);
  expect((await prepare('cc.example.com:9998')).chaincode.packageId).not.toBe(first.chaincode.packageId);
});

it('tells the server its address, package and keys, which are its owner’s alone', async () => {
  const service = await prepare('cc.example.com:9999');
  const variables = await environment(service);
  expect(variables).toMatchObject({
    CHAINCODE_SERVER_ADDRESS: 'cc.example.com:9999',
    CORE_CHAINCODE_ID_NAME: service.chaincode.packageId,
  });
  expect((await stat(variables.CHAINCODE_TLS_KEY_FILE as string)).mode & 0o077).toBe(0);
  expect((await stat(service.environmentFile)).mode & 0o077).toBe(0);
  expect(await readFile(service.bundle, 'utf8')).toBe('one');
});

it('certifies the server under the host of its address, also after that has moved', async () => {
  for (const host of ['cc.example.com', 'elsewhere.example.com']) {
    const variables = await environment(await prepare(`${host}:9999`));
    const server = new X509Certificate(await readFile(variables.CHAINCODE_TLS_CERT_FILE as string));
    const root = new X509Certificate(await readFile(variables.CHAINCODE_TLS_CLIENT_CACERT_FILE as string));
    expect(server.checkHost(host)).toBe(host);
    expect(server.verify(root.publicKey)).toBe(true);
    const peer = join(dirname(variables.CHAINCODE_TLS_CLIENT_CACERT_FILE as string), '..', 'peer', 'cert.pem');
    expect(new X509Certificate(await readFile(peer)).verify(root.publicKey)).toBe(true);
  }
});
