/** Every command of the command line, given what it cannot use: a code, one line, exit 2, no stack. */
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';

import { run } from '../cli/main';

class Sink extends Writable {
  text = '';
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

let folder: string;
let junk: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bad-input-'));
  junk = join(folder, 'junk');
  await writeFile(junk, Buffer.from('{"role": 3, not json \u0000'));
  await writeFile(join(folder, 'empty.json'), '{}');
});
afterAll(() => rm(folder, { recursive: true }));

async function chargecast(...args: string[]): Promise<{ exit: number; out: string; err: string }> {
  const stdout = new Sink();
  const stderr = new Sink();
  const exit = await run(args, { stdout, stderr, environment: {} });
  return { exit, out: stdout.text, err: stderr.text };
}

const ROLES = ['kgc', 'css', 'csc', 'cp', 'ev', 'esp'];
const absent = (): string => join(folder, 'absent');

const CASES: [string, () => string[]][] = [
  ['no such noun', () => ['nothing']],
  ['demo: no such option', () => ['demo', '--fast']],
  ['demo: vehicles that are no number', () => ['demo', '--vehicles', 'many']],
  ['demo: no vehicles', () => ['demo', '--vehicles', '0']],
  ['demo: no such ledger', () => ['demo', '--ledger', 'paper']],
  ['demo: sessions file absent', () => ['demo', '--data', join(folder, 'd1'), '--sessions', absent()]],
  ['demo: sessions of another kind', () => ['demo', '--data', join(folder, 'd2'), '--sessions', junk]],
  ['demo: a folder with other things in it', () => ['demo', '--data', folder]],
  ['sigma verify: no files', () => ['sigma', 'verify', '--params', junk]],
  ['sigma verify: no params', () => ['sigma', 'verify', junk]],
  ['sigma verify: params absent', () => ['sigma', 'verify', '--params', absent(), junk]],
  ['sigma verify: params that are none', () => ['sigma', 'verify', '--params', junk, junk]],
  ['sigma inspect: no file', () => ['sigma', 'inspect']],
  ['sigma inspect: file absent', () => ['sigma', 'inspect', absent()]],
  ['params: file that is none', () => ['params', junk]],
  ['chain verify: no deployment', () => ['chain', 'verify', '--data', absent()]],
  [
    'ledger up: organisations that cannot be',
    () => ['ledger', 'up', '--data', join(folder, 'l'), '--organisations', '3'],
  ],
  ['ledger up: port that cannot be', () => ['ledger', 'up', '--base-port', '99999999']],
  ['network status: no network', () => ['network', 'status', '--data', absent()]],
  ['network kill: no network', () => ['network', 'kill', 'css1-peer', '--data', absent()]],
  ['network start: no network', () => ['network', 'start', 'css1-peer', '--data', absent()]],
  ['network logs: no network', () => ['network', 'logs', 'css1-peer', '--data', absent()]],
  ['network logs: lines that are no number', () => ['network', 'logs', 'x', '--lines', '-1']],
  ['network deploy: no network', () => ['network', 'deploy', '--data', absent()]],
  ['network rotate: no network', () => ['network', 'rotate', 'css1-peer', '--data', absent()]],
  ['csc send: no configuration', () => ['csc', 'send', '--config', absent(), '--commands', junk]],
  ['csc send: no commands named', () => ['csc', 'send', '--config', join(folder, 'empty.json')]],
  ['kgc open: nothing to open', () => ['kgc', 'open', '--config', absent()]],
  ['kgc open: a key that is none', () => ['kgc', 'open', '--config', absent(), '--key', 'xyz']],
  ['deployment up: nothing there', () => ['deployment', 'up', '--data', absent()]],
  ['csc follow: no configuration', () => ['csc', 'follow', '--config', absent(), 'ab']],
  [
    'deployment create: sessions absent',
    () => ['deployment', 'create', '--data', join(folder, 'd3'), '--sessions', absent()],
  ],
  ['bench: no such suite', () => ['bench', 'everything']],
  ...ROLES.flatMap((role): [string, () => string[]][] => [
    [`${role} run: no configuration named`, () => [role, 'run']],
    [`${role} run: configuration absent`, () => [role, 'run', '--config', absent()]],
    [`${role} run: configuration that is no JSON`, () => [role, 'run', '--config', junk]],
    [`${role} run: configuration without members`, () => [role, 'run', '--config', join(folder, 'empty.json')]],
  ]),
];

it.each(CASES)('%s', async (_, args) => {
  const { exit, out, err } = await chargecast(...args());
  expect(err).toMatch(/^E_[A-Z0-9_]+: .+\n$/);
  expect(err).not.toContain('    at ');
  expect(out).not.toContain('    at ');
  expect(exit).toBe(2);
  await expect(access(absent())).rejects.toMatchObject({ code: 'ENOENT' });
});

it('says the same in JSON, and nothing else on stdout', async () => {
  const { exit, out } = await chargecast('sigma', 'verify', '--json', '--params', absent(), junk);
  expect(exit).toBe(2);
  expect(JSON.parse(out)).toMatchObject({ error: { code: 'E_FILE_MISSING' } });
});

it('helps with every command', async () => {
  const { out } = await chargecast('--help');
  for (const noun of ['demo', 'sigma', 'params', 'chain', 'ledger', 'network', 'deployment', 'bench', ...ROLES]) {
    expect(out).toContain(`  ${noun} `);
    const help = await chargecast(noun, '--help');
    expect(help).toMatchObject({ exit: 0, err: '' });
    expect(help.out).toContain('Usage: chargecast');
  }
});
