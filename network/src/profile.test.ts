import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createAuthority } from './pki/certificates';
import { type ConnectionProfile, parseProfile, readProfile, writeProfile } from './profile';

let directory: string;
let profile: ConnectionProfile;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'chargecast-profile-'));
  const { certificatePem } = await createAuthority('ca', 'CSS1MSP');
  profile = {
    ledger: 'embedded',
    networkId: 'chargecast',
    chaincode: 'chargecast',
    channels: { certchain: 'certchain', datachain: 'datachain' },
    organisations: [
      {
        mspId: 'CSS1MSP',
        role: 'css',
        gateways: [{ endpoint: '127.0.0.1:17050', hostOverride: 'peer.test', tlsRootCertPem: certificatePem }],
        identities: { relay: { certPath: join(directory, 'a', 'cert.pem'), keyPath: join(directory, 'a', 'key.pem') } },
      },
      { mspId: 'KGCMSP', role: 'kgc', gateways: [], identities: {} },
    ],
  };
});

afterAll(() => rm(directory, { recursive: true, force: true }));

type Json = Record<string, unknown>;

/** The written form, for tampering with. */
const written = (): Json & { organisations: (Json & { gateways: Json[]; identities: Json })[] } =>
  JSON.parse(JSON.stringify(profile)) as never;

const fault = (json: unknown): string => {
  try {
    parseProfile(JSON.stringify(json), join(directory, 'p.json'));
  } catch (error) {
    expect(error).toMatchObject({ code: 'E_PROFILE_INVALID' });
    return (error as Error).message;
  }
  throw new Error('the profile was accepted');
};

describe('connection profile', () => {
  it('is read back as written, its paths relative to its own folder', async () => {
    const file = join(directory, 'profile.json');
    await writeProfile(file, profile);
    expect(await readProfile(file)).toEqual(profile);
  });

  it('resolves paths where the file lies', () => {
    const json = written();
    json.organisations[0]!.identities = { relay: { certPath: 'x/cert.pem', keyPath: 'x/key.pem' } };
    const read = parseProfile(JSON.stringify(json), '/somewhere/else/profile.json');
    expect(read.organisations[0]!.identities.relay!.certPath).toBe('/somewhere/else/x/cert.pem');
  });

  it('says what is missing or malformed', async () => {
    await expect(readProfile(join(directory, 'none.json'))).rejects.toMatchObject({ code: 'E_PROFILE_MISSING' });
    await writeFile(join(directory, 'bad.json'), '{');
    await expect(readProfile(join(directory, 'bad.json'))).rejects.toMatchObject({ code: 'E_PROFILE_SYNTAX' });
  });

  it.each<[string, (json: ReturnType<typeof written>) => void, string]>([
    ['an unknown ledger', (json) => (json.ledger = 'paper'), 'ledger must be one of'],
    ['a missing member', (json) => delete json.chaincode, 'lacks "chaincode"'],
    ['an unknown member', (json) => (json.extra = 1), 'unknown member "extra"'],
    ['an empty name', (json) => (json.networkId = ''), 'networkId must be a non-empty string'],
    ['an endpoint without port', (json) => (json.organisations[0]!.gateways[0]!.endpoint = 'host'), 'host:port'],
    ['a port out of range', (json) => (json.organisations[0]!.gateways[0]!.endpoint = 'host:70000'), 'host:port'],
    ['a root that is no PEM', (json) => (json.organisations[0]!.gateways[0]!.tlsRootCertPem = 'x'), 'PEM certificate'],
    ['an identity without key', (json) => (json.organisations[0]!.identities = { a: { certPath: 'c' } }), 'keyPath'],
    ['no gateway at all', (json) => (json.organisations[0]!.gateways = []), 'no organisation has a gateway'],
    ['an organisation twice', (json) => (json.organisations[1]!.mspId = 'CSS1MSP'), 'more than once'],
    ['a list for an object', (json) => (json.channels = []), 'channels must be an object'],
  ])('refuses %s', (_, tamper, message) => {
    const json = written();
    tamper(json);
    expect(fault(json)).toContain(message);
  });
});
