import { createAuthority, issueCertificate, loadAuthority } from '@chargecast/network';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ran } from '../testing/ran';
import { judgeBuild, judgeNode, judgePackages, judgePrepareLock } from './checkout';
import { judgeFolder } from './deployments';
import { type Finding } from './finding';
import { judgeClock, judgeCores, judgeDisk, judgeMemory, judgeOpenFiles, judgePorts } from './machine';
import { fabric, judgeFabric, outputOf, schemathesis } from './programs';

const MIB = 1024 * 1024;
const DEAD = 2 ** 22 + 1;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doctor-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('what is judged', () => {
  const peer = '/opt/bin/peer';
  it.each<[string, Finding, Finding['state']]>([
    ['an old Node', judgeNode('20.18.9', '20.19.0'), 'wrong'],
    ['the oldest Node', judgeNode('20.19.0', '20.19.0'), 'ok'],
    ['a newer Node', judgeNode('24.1.0', '20.19.0'), 'ok'],
    ['other packages', judgePackages(false), 'attention'],
    ['an old build', judgeBuild(false), 'attention'],
    ['too little memory', judgeMemory(900 * MIB), 'wrong'],
    ['memory for the demo', judgeMemory(2000 * MIB), 'attention'],
    ['memory for Fabric', judgeMemory(4000 * MIB), 'ok'],
    ['a full disk', judgeDisk('/x', 10 * MIB), 'wrong'],
    ['one core', judgeCores(1), 'attention'],
    ['few open files', judgeOpenFiles(256), 'wrong'],
    ['some open files', judgeOpenFiles(1024), 'attention'],
    ['many open files', judgeOpenFiles(65_536), 'ok'],
    ['no limit of open files', judgeOpenFiles(undefined), 'ok'],
    ['a clock behind its files', judgeClock(1000, 2000), 'wrong'],
    ['taken ports', judgePorts([17_050]), 'attention'],
    ['Fabric 3.1', judgeFabric({ version: '3.1.0', peer }, 'PATH'), 'ok'],
    ['Fabric 3.10', judgeFabric({ version: '3.10.2', peer }, 'PATH'), 'ok'],
    ['Fabric 3.0', judgeFabric({ version: '3.0.0', peer }, 'PATH'), 'attention'],
  ])('%s', (_, finding, state) => {
    expect(finding.state).toBe(state);
    if (state !== 'ok') expect(finding.remedy).toMatch(/\S/);
  });

  it('missing Fabric is optional, unless FABRIC_BIN was said to have it', async () => {
    expect(await fabric({ PATH: folder })).toMatchObject({ state: 'optional' });
    expect(await fabric({ FABRIC_BIN: folder, PATH: '' })).toMatchObject({ state: 'attention' });
  });

  it('a missing tester is optional, unless one was named', async () => {
    expect(await schemathesis(join(folder, 'nothing'))).toMatchObject({ state: 'attention' });
    expect(await schemathesis(process.execPath)).toMatchObject({ state: 'ok', found: process.version });
  });

  it('a program that is not there is an answer too', async () => {
    expect(await outputOf(join(folder, 'no-such'), [])).toEqual({
      error: expect.stringContaining('is not on PATH') as string,
    });
    expect(await outputOf(process.execPath, ['--version'])).toEqual({ text: process.version });
  });

  it('who holds the lock of an install', async () => {
    const lock = join(folder, '.prepare.lock');
    expect(await judgePrepareLock(lock)).toEqual([]);
    mkdirSync(lock);
    writeFileSync(join(lock, 'pid'), String(process.pid));
    expect(await judgePrepareLock(lock)).toMatchObject({
      found: expect.stringContaining('installs or builds now') as string,
    });
    writeFileSync(join(lock, 'pid'), String(DEAD));
    expect(await judgePrepareLock(lock)).toMatchObject({ found: expect.stringContaining('died') as string });
  });
});

describe('a deployment', () => {
  const judge = (now = Date.now()): Promise<readonly Finding[]> => judgeFolder('it', folder, now);
  const role = (name: string, listen: string): void => {
    mkdirSync(join(folder, 'roles', name), { recursive: true });
    writeFileSync(join(folder, 'roles', name, 'config.json'), JSON.stringify({ listen }));
  };

  it('is well as it was made', async () => {
    writeFileSync(join(folder, 'store.key'), 'k', { mode: 0o600 });
    role('kgc', '127.0.0.1:0');
    expect(await judge()).toMatchObject([{ state: 'ok' }]);
  });

  it('others may neither enter nor read keys', async () => {
    writeFileSync(join(folder, 'store.key'), 'k', { mode: 0o644 });
    mkdirSync(join(folder, 'pki'));
    writeFileSync(join(folder, 'pki', 'key.pem'), 'k', { mode: 0o640 });
    chmodSync(folder, 0o755);
    expect((await judge()).map(({ found }) => found)).toEqual([
      'others may enter the folder',
      expect.stringMatching(/^others may read (store\.key|pki\/key\.pem) and 1 more$/),
    ]);
  });

  it('its first certificate to expire is named, in time', async () => {
    const authority = await loadAuthority(await createAuthority('ca', 'Test'));
    const request = { commonName: 'kgc', organisation: 'Test', usage: 'tls' } as const;
    const issued = await issueCertificate(authority, request);
    writeFileSync(join(folder, 'cert.pem'), issued.certificatePem, { mode: 0o600 });
    writeFileSync(join(folder, 'key.pem'), issued.keyPem, { mode: 0o600 });
    expect(await judge()).toMatchObject([
      { state: 'ok', found: expect.stringContaining('certificates until') as string },
    ]);
    const end = Date.parse(/until (\S+)/.exec((await judge())[0]?.found ?? '')?.[1] ?? '');
    expect(await judge(end - 864e5)).toMatchObject([
      { state: 'attention', found: expect.stringContaining('expires') as string },
    ]);
    expect(await judge(end + 2 * 864e5)).toMatchObject([
      { found: expect.stringContaining('cert.pem expired on') as string },
    ]);
  });

  it('a lock of a dead process', async () => {
    writeFileSync(join(folder, 'lock.json'), JSON.stringify({ pid: DEAD, start: 'then' }));
    expect(await judge()).toMatchObject([
      { state: 'attention', found: expect.stringContaining(`process ${DEAD}`) as string },
    ]);
  });

  it('runs, rests, or is held in part', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const taken = (server.address() as AddressInfo).port;
    role('kgc', `127.0.0.1:${taken}`);
    expect(await judge()).toMatchObject([{ state: 'ok', found: 'permissions; runs' }]);
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    role('css1', `127.0.0.1:${(other.address() as AddressInfo).port}`);
    await new Promise((resolve) => other.close(resolve));
    expect(await judge()).toMatchObject([
      { state: 'attention', found: expect.stringContaining(`${taken} (kgc)`) as string },
    ]);
    await new Promise((resolve) => server.close(resolve));
    expect(await judge()).toMatchObject([{ state: 'ok', found: 'permissions; at rest' }]);
  });
});

describe('doctor', () => {
  it('says each finding, and a remedy for all that is not ok', async () => {
    const { stdout, stderr } = await ran('doctor', '--json');
    expect(stderr).toBe('');
    const { ready, checks } = JSON.parse(stdout) as { ready: boolean; checks: Finding[] };
    expect(ready).toBe(!checks.some(({ state }) => state === 'wrong'));
    expect(checks.map(({ name }) => name)).toEqual(expect.arrayContaining(['Node', 'memory', 'loopback', 'Fabric']));
    expect(checks.filter(({ state, remedy }) => (state === 'ok') !== (remedy === undefined))).toEqual([]);
  });

  it('tells people the same in lines, without colours or motion where there is no terminal', async () => {
    const { exit, stdout, stderr } = await ran('doctor');
    expect(stderr).toBe('');
    expect(stdout).not.toContain('\x1b');
    expect(stdout).toMatch(/^(ok|WRONG) +Node /);
    expect(exit).toBe(/\n.*, 0 wrong: /.test(stdout) ? 0 : 1);
  });
});
