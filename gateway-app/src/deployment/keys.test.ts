import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { defaultTopology } from '@chargecast/network';
import { governanceStatement, holdsLedgerStatement, providerStatement } from '@chargecast/protocol';
import { nodePrimitives, ready, Role, toHex } from '@chargecast/signcryption';

import { firstLimits, genesisGovernance, paramsOf, providerEntry } from './genesis';
import { keepOrDrawKeys } from './keys';
import { layoutOf } from './layout';

const topology = defaultTopology();
const mspIds = topology.organisations.map(({ mspId }) => mspId);

let folder: string;
beforeAll(async () => {
  await ready();
  folder = await mkdtemp(join(tmpdir(), 'keys-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the ceremony', () => {
  it('draws keys once and keeps them, readable by their owner alone', async () => {
    const layout = layoutOf(join(folder, 'kept'));
    const first = await keepOrDrawKeys(layout, mspIds, ['esp1']);
    const again = await keepOrDrawKeys(layout, mspIds, ['esp1']);
    expect(toHex(again.kgc.masterPublicKey)).toBe(toHex(first.kgc.masterPublicKey));
    expect(toHex(again.kgc.masterSecret.reveal())).toBe(toHex(first.kgc.masterSecret.reveal()));
    for (const mspId of mspIds) {
      expect(toHex(again.organisations.get(mspId)?.publicKey as Uint8Array)).toBe(
        toHex(first.organisations.get(mspId)?.publicKey as Uint8Array),
      );
    }
    for (const name of [...mspIds, 'esp1', 'kgc']) expect((await stat(layout.key(name))).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['not JSON', 'junk'],
    ['another format', '{"format":"other"}'],
  ])('refuses a KGC key file that is %s, quoting nothing of it', async (what, content) => {
    const layout = layoutOf(join(folder, what.replaceAll(' ', '-')));
    await keepOrDrawKeys(layout, [], []);
    await writeFile(layout.key('kgc'), content, { mode: 0o600 });
    const refused = keepOrDrawKeys(layout, [], []);
    await expect(refused).rejects.toMatchObject({ code: expect.stringMatching(/^E_(FILE|CONFIG)_/) as string });
    await expect(refused).rejects.not.toThrow('junk');
  });

  it('puts the KGC’s keys under a passphrase, those that lay in clear too, and opens them with nothing else', async () => {
    const layout = layoutOf(join(folder, 'sealed'));
    const passphrase = join(folder, 'passphrase');
    await writeFile(passphrase, 'correct horse battery\n', { mode: 0o600 });
    const clear = await keepOrDrawKeys(layout, [], []);
    const secret = toHex(clear.kgc.masterSecret.reveal());
    expect(await readFile(layout.key('kgc'), 'utf8')).toContain(secret);
    for (let run = 0; run < 2; run++) {
      const { kgc } = await keepOrDrawKeys(layout, [], [], passphrase);
      expect(toHex(kgc.masterSecret.reveal())).toBe(secret);
      expect(await readFile(layout.key('kgc'), 'utf8')).not.toContain(secret);
    }
    await expect(keepOrDrawKeys(layout, [], [])).rejects.toMatchObject({ code: 'E_PASSPHRASE_MISSING' });
    await writeFile(passphrase, 'another passphrase\n');
    await expect(keepOrDrawKeys(layout, [], [], passphrase)).rejects.toMatchObject({ code: 'E_PASSPHRASE_WRONG' });
  });

  it('signs the first limits and epochs by the KGC and every organisation, and providers by a majority', async () => {
    const keys = await keepOrDrawKeys(layoutOf(join(folder, 'genesis')), mspIds, ['esp1']);
    const params = paramsOf(topology, keys);
    const { limits, epochs } = genesisGovernance(params, keys);
    for (const item of [limits, epochs]) {
      const statement = governanceStatement(item);
      const [kgc, ...organisations] = item.authority;
      expect(kgc?.by).toBe('kgc');
      const holds = (key: Uint8Array, signature = ''): boolean =>
        holdsLedgerStatement(nodePrimitives, params, toHex(key), statement, signature);
      expect(holds(params.masterPublicKey, kgc?.signature)).toBe(true);
      expect(organisations.map(({ name }) => name)).toEqual(mspIds);
      for (const { name, signature } of organisations) {
        const key = params.organisations.find(({ mspId }) => mspId === name)?.publicKey as Uint8Array;
        expect(holds(key, signature)).toBe(true);
      }
    }
    const provider = providerEntry(params, keys, 'esp1', 'ESP1MSP');
    const signature = provider.approvals[0]?.signature ?? '';
    const key = toHex(params.organisations[0]?.publicKey as Uint8Array);
    expect(holdsLedgerStatement(nodePrimitives, params, key, providerStatement(provider), signature)).toBe(true);
  });

  it('lets each role send where the paper lets it, and nobody else', () => {
    const allowed = firstLimits().allowed.map(({ sender, receiver }) => [sender, receiver]);
    expect(allowed).toEqual([
      [Role.CSC, Role.EV],
      [Role.CSC, Role.CP],
      [Role.CSC, Role.CSS],
      [Role.CSS, Role.CP],
      [Role.CSS, Role.CSC],
      [Role.EV, Role.CSC],
      [Role.CP, Role.CSC],
    ]);
  });
});
