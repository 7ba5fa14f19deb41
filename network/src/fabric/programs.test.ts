import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chooseLedger } from '../start-ledger';
import { FABRIC_INSTALLATION_PAGE, findFabric } from './programs';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'chargecast-programs-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

/** Shell scripts that say they are Fabric programs of some version. */
async function install(versions: Record<string, string>): Promise<void> {
  for (const [program, version] of Object.entries(versions)) {
    const file = join(directory, program);
    await writeFile(file, `#!/bin/sh\nprintf '%s:\\n Version: ${version}\\n' ${program}\n`);
    await chmod(file, 0o700);
  }
}

const all = (version: string): Record<string, string> => ({
  peer: version,
  orderer: version,
  configtxgen: version,
  discover: version,
});

describe('Fabric’s programs', () => {
  it.each([['FABRIC_BIN'], ['PATH']])('are found by %s', async (variable) => {
    await install(all('v3.1.5'));
    const programs = await findFabric({ [variable]: directory });
    expect(programs).toMatchObject({ peer: join(directory, 'peer'), version: '3.1.5' });
  });

  it('are taken from FABRIC_BIN alone where it is set', async () => {
    await install(all('v3.1.5'));
    const elsewhere = findFabric({ FABRIC_BIN: join(directory, 'empty'), PATH: directory });
    await expect(elsewhere).rejects.toMatchObject({ code: 'E_FABRIC_MISSING' });
  });

  it('are named when missing, with the page to install them from', async () => {
    const { orderer, configtxgen } = all('v3.1.5');
    await install({ orderer: orderer as string, configtxgen: configtxgen as string });
    await expect(findFabric({ FABRIC_BIN: directory })).rejects.toMatchObject({
      code: 'E_FABRIC_MISSING',
      message: expect.stringMatching(/^peer, discover not found in FABRIC_BIN/) as string,
    });
    await expect(findFabric({ PATH: '' })).rejects.toThrow(FABRIC_INSTALLATION_PAGE);
  });

  it.each([
    ['an old version', all('v2.5.9')],
    ['mixed versions', { ...all('v3.1.5'), orderer: 'v3.0.0' }],
    ['no version', all('unset')],
  ])('are refused for %s', async (_, versions) => {
    await install(versions);
    await expect(findFabric({ FABRIC_BIN: directory })).rejects.toMatchObject({
      code: 'E_FABRIC_VERSION',
      message: expect.stringContaining(FABRIC_INSTALLATION_PAGE) as string,
    });
  });

  it('are refused if they do not run here', async () => {
    await install(all('v3.1.5'));
    await writeFile(join(directory, 'peer'), '#!/bin/sh\nexit 126\n', { mode: 0o700 });
    await expect(findFabric({ FABRIC_BIN: directory })).rejects.toMatchObject({ code: 'E_FABRIC_VERSION' });
  });
});

describe('the ledger that auto means', () => {
  it('is Fabric where its programs are', async () => {
    await install(all('v3.1.5'));
    expect(await chooseLedger('auto', { FABRIC_BIN: directory })).toMatchObject({ kind: 'fabric' });
    expect(await chooseLedger('embedded', { FABRIC_BIN: directory })).toMatchObject({ kind: 'embedded' });
  });

  it('is the embedded one, with the reason, where PATH has none or an old one', async () => {
    expect(await chooseLedger('auto', { PATH: directory })).toMatchObject({ kind: 'embedded' });
    await install(all('v2.5.9'));
    const { kind, reason } = await chooseLedger('auto', { PATH: directory });
    expect(kind).toBe('embedded');
    expect(reason).toContain('2.5.9');
  });

  it('is an error where FABRIC_BIN promises programs that are not there', async () => {
    await expect(chooseLedger('auto', { FABRIC_BIN: directory })).rejects.toMatchObject({ code: 'E_FABRIC_MISSING' });
  });
});
