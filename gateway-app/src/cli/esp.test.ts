/** What a provider's operator and an owner type of one vehicle's certificate. */
import { PROVIDER } from '@chargecast/chaincode/testing/consortium';
import { encodeKeyFile } from '@chargecast/protocol';
import { toHex } from '@chargecast/signcryption';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { startEsp } from '../esp';
import { eventually, TestNetwork } from '../testing/test-network';
import { type Credential, writeCredential } from './credential-file';
import { ran } from './testing/ran';

jest.setTimeout(120_000);

let network: TestNetwork;
let config: string;
const at = (name: string): string => join(network.directory, name);

beforeEach(async () => {
  network = await TestNetwork.start(expect.getState().currentTestName);
  const esp = await startEsp(await network.espConfig(), { connect: async () => network.ledger() });
  network.closing(() => esp.stop());
  await eventually(async () => {
    const { registration } = (await esp.status()) as { registration: { systemKeyPublished: boolean } };
    return registration.systemKeyPublished ? true : undefined;
  }, 'the system key');
  config = await network.espConfig({ listen: `127.0.0.1:${esp.port}` });
});
afterEach(() => network.stop());

const esp = (verb: string, ...more: string[]): ReturnType<typeof ran> => ran('esp', verb, '--config', config, ...more);

async function registered(name: string): Promise<{ file: string; id: string }> {
  const file = at(`${name}.json`);
  const { exit, stdout } = await esp('register', '--credential', file, '--identity', `vin=${name}`, '--json');
  expect(exit).toBe(0);
  return { file, id: (JSON.parse(stdout) as { certificate: { id: string } }).certificate.id };
}

/** Who revoked it, as the chain holds it. */
async function revocationOf(id: string): Promise<unknown> {
  const queried = { contract: 'registration', name: 'queryVPK', args: [id] };
  const answer = Buffer.from(await network.ledger().evaluate('certchain', queried)).toString();
  return (JSON.parse(answer) as { revocation: unknown }).revocation;
}

test('a provider revokes in its own name, from when it says', async () => {
  const { id } = await registered('VIN1');
  const effective = Math.floor(Date.now() / 1000) + 86_400;
  const from = new Date(effective * 1000).toISOString();
  const { exit, stdout } = await esp('revoke', '--id', id, '--reason', 'misbehaved', '--effective', from);
  expect([exit, stdout]).toEqual([0, `${id}  revoked (misbehaved) from ${from}: committed\n`]);
  expect(await revocationOf(id)).toMatchObject({ by: 'provider', reason: 'misbehaved', effective });
  const { stdout: queried } = await esp('query', '--id', id, '--json');
  expect(JSON.parse(queried)).toMatchObject({ status: 'valid' });
});

test('an owner revokes by its own key, and by no other', async () => {
  const { file, id } = await registered('VIN1');
  const other = await registered('VIN2');
  const credential = JSON.parse(await readFile(file, 'utf8')) as Credential;
  const { ownerSecret } = JSON.parse(await readFile(other.file, 'utf8')) as { ownerSecret: string };
  await writeCredential(at('forged.json'), { ...credential, ownerSecret });
  const forged = await esp('revoke', '--credential', at('forged.json'));
  expect([forged.exit, forged.stderr]).toEqual([1, expect.stringContaining('E_AUTHORITY')]);
  expect(await revocationOf(id)).toBeNull();

  expect((await esp('revoke', '--credential', file, '--reason', 'lost')).exit).toBe(0);
  expect(await revocationOf(id)).toMatchObject({ by: 'owner', reason: 'lost' });
  expect(await revocationOf(other.id)).toBeNull();
});

test('reports of three organisations take the key, not those of two', async () => {
  const { id } = await registered('VIN1');
  await writeFile(at('evidence.log'), 'seen at noon');
  const reported = ['report', '--id', id, '--kind', 'safety', '--evidence', at('evidence.log')] as const;
  expect((await esp(...reported)).stdout).toBe(`${id}  reputation 70\n`);
  const said: string[] = [];
  for (const name of ['CSS1MSP', 'CSS2MSP']) {
    const { secret, publicKey } = network.chain.consortium.world.organisation(name);
    const file = at(`${name}.json`);
    const key = encodeKeyFile({ name, secret: toHex(secret.reveal()), publicKey: toHex(publicKey) });
    await writeFile(file, key, { mode: 0o600 });
    said.push((await esp(...reported, '--organisation-key', file)).stdout);
  }
  expect(said).toEqual([`${id}  reputation 40\n`, `${id}  reputation 10: its key is revoked\n`]);
  expect(await revocationOf(id)).toMatchObject({ by: 'reputation', reason: 'misbehaved' });
});

test('whose is said in one way', async () => {
  const both = ['--id', '00'.repeat(16), '--credential', at('x.json')];
  for (const given of [[], both]) {
    const { exit, stderr } = await esp('revoke', ...given);
    expect([exit, stderr]).toEqual([2, expect.stringMatching(/^E_USAGE: /)]);
  }
});

test('an update before its time says from when, and leaves the certificate valid', async () => {
  const { file, id } = await registered('VIN1');
  const { exit, stderr } = await esp('update', '--credential', file);
  expect([exit, stderr]).toEqual([1, expect.stringMatching(/^E_UPDATE_EARLY: .* from \d{4}-\d\d-\d\dT[\d:.]+Z on/)]);
  const { stdout } = await esp('query', '--vin', 'VIN1');
  expect(stdout).toMatch(/^expiresAt +\d{4}-\d\d-\d\dT/m);
  expect(stdout).toContain(`"provider":"${PROVIDER}"`);
  expect((await esp('list')).stdout).toBe(`${id}  valid  [role:vehicle, auth:user]  A\n`);
});
