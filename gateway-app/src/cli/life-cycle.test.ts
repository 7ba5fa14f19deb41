/** What the KGC's operator and an auditor type: evidence, governance, key and copies. */
import { toHex } from '@chargecast/signcryption';
import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type RunningRole } from '../common/running-role';
import { encodePayload } from '../holder';
import { startKgc } from '../kgc';
import { TestNetwork } from '../testing/test-network';
import { ran } from './testing/ran';

jest.setTimeout(120_000);

let network: TestNetwork;
let kgc: RunningRole;
let config: string;
const at = (name: string): string => join(network.directory, name);

beforeEach(async () => {
  network = await TestNetwork.start(expect.getState().currentTestName);
  kgc = await startKgc(await network.kgcConfig());
  network.closing(() => kgc.stop());
  config = await network.kgcConfig({ listen: `127.0.0.1:${kgc.port}` });
});
afterEach(() => network.stop());

/** Two σ of one centre. */
async function sealed(): Promise<{ files: readonly [string, string]; f: string }> {
  const { holder: pile } = await network.holder('cp', 'cp1/pile1', kgc);
  const { holder } = await network.holder('csc', 'csc2', kgc);
  const frame = { commandId: '00'.repeat(16), kind: 'notice', action: 'DataTransfer', payload: {} } as const;
  const files = [at('one.sigma'), at('two.sigma')] as const;
  for (const file of files) {
    const { sigma } = await holder.seal([{ keys: pile.key, message: encodePayload([frame]) }], 900);
    await writeFile(file, sigma);
  }
  return { files, f: toHex(holder.f) };
}

test('an auditor verifies what the KGC opened, and sees through evidence about something else', async () => {
  const {
    files: [sigma, other],
    f,
  } = await sealed();
  const { stdout } = await ran('kgc', 'open', '--config', config, '--sigma', sigma, '--json');
  await writeFile(at('evidence.json'), stdout);
  const trust = JSON.parse(await readFile(at('trust.json'), 'utf8')) as { params: unknown };
  await writeFile(at('params.json'), JSON.stringify(trust.params));
  const verify = (...more: string[]): ReturnType<typeof ran> =>
    ran('opening', 'verify', at('evidence.json'), '--params', at('params.json'), '--json', ...more);
  const good = await verify('--sigma', sigma);
  expect([good.exit, JSON.parse(good.stdout)]).toEqual([0, { holds: true, f }]);
  const about = await verify('--sigma', other);
  expect([about.exit, JSON.parse(about.stdout)]).toMatchObject([1, { holds: false, code: 'E_OPENING_OTHER' }]);
  const evidence = JSON.parse(stdout) as { opening: string };
  const forged = evidence.opening.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
  await writeFile(at('evidence.json'), JSON.stringify({ ...evidence, opening: forged }));
  expect(await verify()).toMatchObject({ exit: 1 });
  await writeFile(at('evidence.json'), '{');
  expect(await verify()).toMatchObject({ exit: 2 });
});

test('roll and revoke tell step by step; misuse is told at once', async () => {
  await network.holder('csc', 'csc1', kgc);
  const roll = await ran('kgc', 'roll', '--config', config, '--overlap', '90000');
  expect([roll.exit, roll.stdout]).toEqual([
    0,
    expect.stringMatching(/^epochs {2}8 {2}signed: CSS1MSP.*\n.*committed$/ms),
  ]);
  const revoked = await ran('kgc', 'revoke', 'csc:csc1', '--reason', 'lost', '--config', config, '--json');
  expect(JSON.parse(revoked.stdout)).toMatchObject({ committed: [{ kind: 'revokedRecord' }] });
  expect(await ran('kgc', 'readmit', 'csc:csc1', '--config', config)).toMatchObject({ exit: 0 });
  expect(await ran('kgc', 'readmit', 'csc:csc1', '--config', config)).toMatchObject({ exit: 1 });
  const misuse = await ran('kgc', 'roll', '--config', config, '--overlap', 'long');
  expect([misuse.exit, misuse.stderr]).toEqual([2, expect.stringContaining('E_USAGE')]);
  const short = await ran('kgc', 'roll', '--config', config, '--overlap', '1');
  expect([short.exit, short.stderr]).toEqual([1, expect.stringContaining('E_EPOCH_OVERLAP')]);
});

test('a stopped KGC is backed up, lost, restored, and serves again', async () => {
  const backup = (): ReturnType<typeof ran> => ran('store', 'backup', '--config', config, '--to', at('backup'));
  expect((await backup()).stderr).toContain('E_STORE_LOCKED');
  await kgc.stop();
  await rm(at('backup'), { recursive: true, force: true });
  expect(await backup()).toMatchObject({ exit: 0 });
  expect((await backup()).stderr).toContain('E_STORE_COPY');
  const restore = ['store', 'restore', '--config', config, '--from', at('backup')] as const;
  expect((await ran(...restore)).stderr).toContain('E_STORE_COPY');
  await rename(at('roles/kgc/data'), at('lost'));
  expect(await ran(...restore)).toMatchObject({ exit: 0 });
  await rm(at('kgc-keys.json'));
  kgc = await startKgc(config);
  network.closing(() => kgc.stop());
  await network.holder('csc', 'csc1', kgc);
});

test('with its key under a passphrase a KGC starts only where the passphrase is', async () => {
  await kgc.stop();
  const secret = at('passphrase');
  await writeFile(secret, 'correct horse battery\n', { mode: 0o600 });
  const wrap = ['--config', config, '--passphrase-file', secret] as const;
  expect(await ran('store', 'wrap-key', ...wrap)).toMatchObject({ exit: 0 });
  expect((await ran('store', 'wrap-key', ...wrap)).stderr).toContain('E_KEY_WRAPPED');
  expect((await readFile(at('roles/kgc/store.key'), 'utf8')).startsWith('{')).toBe(true);
  await expect(startKgc(config)).rejects.toMatchObject({ code: 'E_PASSPHRASE_MISSING' });
  const withPassphrase = await network.kgcConfig({ passphraseFile: secret });
  await writeFile(secret, 'another passphrase\n');
  await expect(startKgc(withPassphrase)).rejects.toMatchObject({ code: 'E_PASSPHRASE_WRONG' });
  await chmod(secret, 0o644);
  await expect(startKgc(withPassphrase)).rejects.toMatchObject({ code: 'E_KEY_FILE_MODE' });
  await chmod(secret, 0o600);
  await writeFile(secret, 'correct horse battery');
  kgc = await startKgc(withPassphrase);
  network.closing(() => kgc.stop());
  await kgc.stop();
  expect(await ran('store', 'unwrap-key', ...wrap)).toMatchObject({ exit: 0 });
  kgc = await startKgc(config);
});
