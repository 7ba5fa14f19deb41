import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LaunchError, serviceOptions } from './launch-options';

const folder = mkdtempSync(join(tmpdir(), 'chargecast-launch-'));
const file = join(folder, 'file.pem');
writeFileSync(file, 'PEM');
afterAll(() => rmSync(folder, { recursive: true }));

const service = { CHAINCODE_SERVER_ADDRESS: '0.0.0.0:9999', CHAINCODE_ID: 'cc:1' };

test('without an address the peer launches the chaincode', () => {
  expect(serviceOptions({ CHAINCODE_ID: 'cc:1' })).toBeUndefined();
  expect(serviceOptions({ CHAINCODE_SERVER_ADDRESS: '' })).toBeUndefined();
});

test('plain, and the name Fabric gives comes first', () => {
  expect(serviceOptions(service)).toEqual({ ccid: 'cc:1', address: '0.0.0.0:9999' });
  expect(serviceOptions({ ...service, CORE_CHAINCODE_ID_NAME: 'cc:2' })?.ccid).toBe('cc:2');
  expect(serviceOptions({ ...service, CHAINCODE_SERVER_ADDRESS: '[::1]:9999' })?.address).toBe('[::1]:9999');
});

test('TLS, and mutual TLS where the peers’ authorities are given', () => {
  const tls = { CHAINCODE_TLS_KEY_FILE: file, CHAINCODE_TLS_CERT_FILE: file };
  expect(serviceOptions({ ...service, ...tls })?.tls).toEqual({ key: Buffer.from('PEM'), cert: Buffer.from('PEM') });
  expect(serviceOptions({ ...service, ...tls, CHAINCODE_TLS_CLIENT_CACERT_FILE: file })?.tls?.clientCACerts).toEqual(
    Buffer.from('PEM'),
  );
  expect(serviceOptions({ ...service, ...tls, CHAINCODE_TLS_DISABLED: 'true' })?.tls).toBeUndefined();
});

test.each([
  ['half of TLS', { ...service, CHAINCODE_TLS_KEY_FILE: file }],
  ['client authorities without a key', { ...service, CHAINCODE_TLS_CLIENT_CACERT_FILE: file }],
  ['a file that is not there', { ...service, CHAINCODE_TLS_KEY_FILE: join(folder, 'none') }],
  ['no package id', { CHAINCODE_SERVER_ADDRESS: '0.0.0.0:9999' }],
  ['no port', { ...service, CHAINCODE_SERVER_ADDRESS: 'localhost' }],
])('%s is refused', (_, environment) => {
  expect(() => serviceOptions(environment)).toThrow(LaunchError);
});
