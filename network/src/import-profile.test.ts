import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { stringify } from 'yaml';

import { type ExistingNetwork, importProfile } from './import-profile';
import { createAuthority } from './pki/certificates';

const network: ExistingNetwork = {
  networkId: 'existing',
  chaincode: 'chargecast',
  channels: { certchain: 'mychannel', datachain: 'other' },
};

let directory: string;
let pem: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'chargecast-import-'));
  pem = (await createAuthority('tlsca', 'Org1MSP')).certificatePem;
  await mkdir(join(directory, 'msp', 'signcerts'), { recursive: true });
  await mkdir(join(directory, 'msp', 'keystore'), { recursive: true });
  await writeFile(join(directory, 'msp', 'signcerts', 'User1-cert.pem'), 'certificate');
  await writeFile(join(directory, 'msp', 'keystore', 'abc_sk'), 'key');
  await writeFile(join(directory, 'tlsca.pem'), pem);
});

afterAll(() => rm(directory, { recursive: true, force: true }));

/** Shaped like the profile Fabric's test network writes. */
const standard = (tlsCACerts: object = { pem }): Record<string, unknown> => ({
  name: 'test-network-org1',
  version: '1.0.0',
  client: { organization: 'Org1', connection: { timeout: { peer: { endorser: '300' } } } },
  organizations: { Org1: { mspid: 'Org1MSP', peers: ['peer0.org1.example.com'] } },
  peers: {
    'peer0.org1.example.com': {
      url: 'grpcs://localhost:7051',
      tlsCACerts,
      grpcOptions: { 'ssl-target-name-override': 'peer0.org1.example.com' },
    },
  },
});

const write = async (text: string): Promise<string> => {
  const file = join(directory, 'connection');
  await writeFile(file, text);
  return file;
};

const load = async (text: string): ReturnType<typeof importProfile> =>
  importProfile(network, [
    {
      connectionProfile: await write(text),
      role: 'css',
      identities: { relay: { mspDirectory: join(directory, 'msp') } },
    },
  ]);

describe('a standard connection profile', () => {
  it.each([
    ['JSON', JSON.stringify],
    ['YAML', stringify],
  ] as const)('is taken as %s', async (_, encode) => {
    expect(await load(encode(standard()))).toEqual({
      ledger: 'fabric',
      ...network,
      organisations: [
        {
          mspId: 'Org1MSP',
          role: 'css',
          gateways: [{ endpoint: 'localhost:7051', hostOverride: 'peer0.org1.example.com', tlsRootCertPem: pem }],
          identities: {
            relay: {
              certPath: join(directory, 'msp', 'signcerts', 'User1-cert.pem'),
              keyPath: join(directory, 'msp', 'keystore', 'abc_sk'),
            },
          },
        },
      ],
    });
  });

  it('may name the root certificate by a path relative to itself', async () => {
    const { organisations } = await load(stringify(standard({ path: 'tlsca.pem' })));
    expect(organisations[0]?.gateways[0]?.tlsRootCertPem).toBe(pem);
  });

  it.each<[string, (profile: Record<string, Record<string, unknown>>) => void, string]>([
    ['no client', (profile) => delete profile.client, '"client" is not a set'],
    ['an organisation it does not describe', (profile) => (profile.client!.organization = 'Org2'), '"Org2"'],
    ['no peers', (profile) => ((profile.organizations!.Org1 as { peers: [] }).peers = []), 'no peers'],
    [
      'a peer without TLS',
      (profile) => ((profile.peers!['peer0.org1.example.com'] as { url: string }).url = 'grpc://localhost:7051'),
      'grpc://localhost:7051 is not a grpcs:// address',
    ],
  ])('is refused with %s', async (_, spoil, message) => {
    const profile = standard() as Record<string, Record<string, unknown>>;
    spoil(profile);
    await expect(load(JSON.stringify(profile))).rejects.toMatchObject({
      code: 'E_PROFILE_INVALID',
      message: expect.stringContaining(message) as string,
    });
  });

  it('is refused if it cannot be read or parsed', async () => {
    await expect(load('a: [1')).rejects.toMatchObject({ code: 'E_PROFILE_SYNTAX' });
    const missing = importProfile(network, [
      { connectionProfile: join(directory, 'none'), role: 'css', identities: {} },
    ]);
    await expect(missing).rejects.toMatchObject({ code: 'E_PROFILE_MISSING' });
  });

  it('is refused without the identity’s key', async () => {
    const source = { connectionProfile: await write(JSON.stringify(standard())), role: 'css' as const };
    const identities = { relay: { mspDirectory: join(directory, 'nowhere') } };
    await expect(importProfile(network, [{ ...source, identities }])).rejects.toMatchObject({
      code: 'E_PROFILE_MISSING',
    });
  });
});
