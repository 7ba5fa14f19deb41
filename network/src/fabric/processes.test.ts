import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { until } from '../until';
import { byChannel } from './health';
import { inheritedEnvironment, logTail, ProcessTable } from './processes';

let directory: string;
let table: ProcessTable;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'chargecast-processes-'));
  table = new ProcessTable(join(directory, 'records'));
});

afterEach(async () => {
  await table.kill('node');
  await rm(directory, { recursive: true, force: true });
});

const start = (program: string, environment: Record<string, string> = {}): Promise<boolean> =>
  table.start({
    name: 'node',
    command: process.execPath,
    args: ['-e', program],
    environment,
    directory,
    log: join(directory, 'log.txt'),
  });

const WAIT = 'setInterval(() => {}, 1000)';

const logged = (text: string): Promise<true> =>
  until(async () => ((await logTail(join(directory, 'log.txt'))).includes(text) ? true : undefined), {
    deadline: 10_000,
    onTimeout: () => new Error(`"${text}" was not logged`),
  });

describe('process table', () => {
  it('starts once, finds it again from another table, stops it', async () => {
    expect(await start(WAIT)).toBe(true);
    expect(await start(WAIT)).toBe(false);
    const other = new ProcessTable(join(directory, 'records'));
    expect(await other.pid('node')).toBe(await table.pid('node'));
    expect(await other.stop('node', 5_000)).toBe(true);
    expect(await table.pid('node')).toBeUndefined();
    expect(await table.stop('node', 5_000)).toBe(false);
  });

  it('ends a process that ignores SIGTERM', async () => {
    await start(`process.on('SIGTERM', () => {}); console.log('deaf'); ${WAIT}`);
    await logged('deaf');
    expect(await table.stop('node', 300)).toBe(true);
    expect(await table.pid('node')).toBeUndefined();
  });

  it('never signals a process that only has the recorded pid', async () => {
    await start(WAIT);
    const file = join(directory, 'records', 'node.json');
    const record = await readFile(file, 'utf8');
    await writeFile(file, JSON.stringify({ pid: process.pid, start: 'some other time' }));
    expect(await table.kill('node')).toBe(false);
    await writeFile(file, record);
    expect(await table.kill('node')).toBe(true);
  });

  it('notices that a process has ended', async () => {
    await start("console.log('gone')");
    await logged('gone');
    await until(async () => ((await table.pid('node')) === undefined ? true : undefined), {
      deadline: 5_000,
      onTimeout: () => new Error('the process is still there'),
    });
  });

  it('hands on nothing of the environment that could change Fabric’s configuration', async () => {
    process.env.CORE_PEER_ADDRESS = 'elsewhere:7051';
    try {
      expect(inheritedEnvironment()).not.toHaveProperty('CORE_PEER_ADDRESS');
      await start('console.log(JSON.stringify(process.env))', { FABRIC_CFG_PATH: '/cfg' });
      await logged('FABRIC_CFG_PATH');
      expect(await logTail(join(directory, 'log.txt'))).not.toContain('elsewhere');
    } finally {
      delete process.env.CORE_PEER_ADDRESS;
    }
  });

  it('lets Go keep freed memory, unless the user settles that', () => {
    const { GODEBUG: given } = process.env;
    try {
      delete process.env.GODEBUG;
      expect(inheritedEnvironment()).toHaveProperty('GODEBUG', 'madvdontneed=0');
      process.env.GODEBUG = 'gctrace=1';
      expect(inheritedEnvironment()).toHaveProperty('GODEBUG', 'gctrace=1');
    } finally {
      if (given === undefined) delete process.env.GODEBUG;
      else process.env.GODEBUG = given;
    }
  });

  it('says which program cannot be started', async () => {
    const missing = { name: 'node', command: '/nowhere/peer', args: [], environment: {}, directory };
    await expect(table.start({ ...missing, log: join(directory, 'log.txt') })).rejects.toMatchObject({
      code: 'E_FABRIC_TOOL',
      message: expect.stringContaining('/nowhere/peer') as string,
    });
  });
});

describe('logs and metrics', () => {
  it('gives the last lines of a log, none of one that is not there', async () => {
    const file = join(directory, 'long.txt');
    await writeFile(file, Array.from({ length: 5000 }, (_, index) => `line ${index}`).join('\n'));
    expect((await logTail(file, 3)).split('\n')).toEqual(['line 4997', 'line 4998', 'line 4999']);
    expect(await logTail(join(directory, 'none.txt'))).toBe('');
  });

  it('reads one metric by channel and no other', () => {
    const text = [
      '# HELP ledger_blockchain_height Height of the chain in blocks.',
      'ledger_blockchain_height{channel="certchain"} 3',
      'ledger_blockchain_height{channel="datachain"} 12',
      'ledger_blockchain_height_total{channel="other"} 1',
    ].join('\n');
    expect(byChannel(text, 'ledger_blockchain_height')).toEqual({ certchain: 3, datachain: 12 });
  });
});
