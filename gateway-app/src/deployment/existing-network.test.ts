import { createAuthority } from '@chargecast/network';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { membersOf, readExistingNetwork } from './existing-network';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'chargecast-description-'));
  const { certificatePem: pem } = await createAuthority('tlsca', 'tls');
  for (const [index, mspId] of ['Org1MSP', 'Org2MSP'].entries()) {
    const peers = { peer0: { url: `grpcs://127.0.0.1:705${index}`, tlsCACerts: { pem } } };
    const organizations = { [mspId]: { mspid: mspId, peers: ['peer0'] } };
    await write(`${mspId}.json`, { client: { organization: mspId }, organizations, peers });
  }
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function write(name: string, content: unknown): Promise<string> {
  const file = join(directory, name);
  await writeFile(file, JSON.stringify(content));
  return file;
}

const identities = (...names: string[]): Record<string, unknown> =>
  Object.fromEntries(names.map((name) => [name, { certPath: `${name}.pem`, keyPath: `${name}.key` }]));

interface Organisation {
  role: string;
  connectionProfile: string;
  identities: Record<string, unknown>;
  ledgerRoles?: string[];
}

interface Description {
  networkId: string;
  chaincode: string;
  channels: Record<string, string>;
  organisations: [Organisation, Organisation];
}

/** Two organisations that are everything, as on Fabric's own test networks. */
const description = (): Description => ({
  networkId: 'test-network',
  chaincode: 'chargecast',
  channels: { certchain: 'first', datachain: 'second' },
  organisations: [
    {
      role: 'css',
      connectionProfile: 'Org1MSP.json',
      identities: identities('admin', 'relay'),
      ledgerRoles: ['relay', 'kgc'],
    },
    {
      role: 'css',
      connectionProfile: 'Org2MSP.json',
      identities: identities('relay', 'provider', 'auditor'),
      ledgerRoles: ['relay', 'provider', 'auditor'],
    },
  ],
});

const read = async (change: (description: Description) => unknown): ReturnType<typeof readExistingNetwork> => {
  const changed = description();
  const other = change(changed);
  return readExistingNetwork(await write('network.json', other ?? changed));
};

it('takes two organisations that share all roles', async () => {
  const { profile, roleMap } = await read(() => undefined);
  expect(roleMap).toEqual({ Org1MSP: ['relay', 'kgc'], Org2MSP: ['relay', 'provider', 'auditor'] });
  expect(profile.organisations[1]?.identities.provider?.certPath).toBe(join(directory, 'provider.pem'));
  expect(membersOf(profile, ['esp1', 'esp2'])).toEqual({
    networkId: 'test-network',
    chaincode: 'chargecast',
    channels: { certchain: 'first', datachain: 'second' },
    organisations: [
      { mspId: 'Org1MSP', name: 'css1' },
      { mspId: 'Org2MSP', name: 'css2' },
    ],
    clientOrganisations: [
      { mspId: 'Org2MSP', name: 'esp1' },
      { mspId: 'Org2MSP', name: 'esp2' },
    ],
  });
});

it.each<[string, string, RegExp, (description: Description) => unknown]>([
  ['no file of its kind', 'E_CONFIG_INVALID', /channels/, (all) => ({ ...all, channels: undefined })],
  ['one channel for both', 'E_CONFIG_INVALID', /two different/, (all) => void (all.channels.certchain = 'second')],
  [
    'an unknown ledger role',
    'E_CONFIG_INVALID',
    /ledgerRoles/,
    (all) => void all.organisations[0].ledgerRoles?.push('x'),
  ],
  [
    'a connection profile that is not there',
    'E_PROFILE_MISSING',
    /Org9/,
    (all) => void (all.organisations[0].connectionProfile = 'Org9.json'),
  ],
  ['no relay', 'E_PROFILE_MEMBERS', /"relay" of Org2MSP/, (all) => delete all.organisations[1].identities.relay && all],
  [
    'no administrator',
    'E_PROFILE_MEMBERS',
    /"admin" of Org1MSP/,
    (all) => delete all.organisations[0].identities.admin && all,
  ],
  [
    'no provider',
    'E_PROFILE_MEMBERS',
    /"provider" of some/,
    (all) => delete all.organisations[1].identities.provider && all,
  ],
  [
    'no gateways',
    'E_PROFILE_MEMBERS',
    /role css/,
    (all) => void all.organisations.forEach((each) => (each.role = 'readers')),
  ],
])('says what is wrong with %s', async (_, code, message, change) => {
  await expect(read(change)).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
});

it('says what a bare connection profile is good for', async () => {
  await expect(readExistingNetwork(join(directory, 'Org1MSP.json'))).rejects.toMatchObject({
    code: 'E_PROFILE_STANDARD',
  });
});
