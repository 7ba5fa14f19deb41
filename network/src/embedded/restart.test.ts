import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type common } from '@hyperledger/fabric-protos';
import { type Contract, StatusCode } from '@hyperledger/fabric-gateway';

import { parseProfile } from '../profile';
import { EmbeddedFixture } from '../testing/embedded';
import { until } from '../until';
import { blockHash, dataHash, envelopesOf } from './blocks';
import { type EmbeddedLedger, startEmbeddedLedger } from './embedded-ledger';
import { type LaunchedLedger, launchEmbeddedLedger } from './launch';
import { type EmbeddedLedgerOptions } from './options';
import { type EmbeddedProcessConfig, readProcessConfig } from './process-config';

const MAIN = join(__dirname, '..', '..', 'dist', 'embedded', 'main.js');

let fixture: EmbeddedFixture;

beforeAll(async () => {
  fixture = await EmbeddedFixture.make();
});

afterAll(async () => {
  await fixture?.dispose();
});

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

async function contractOf(gateways: Readonly<Record<string, string>>, channel = 'datachain'): Promise<Contract> {
  const gateway = await fixture.connect(gateways, 'CSS1MSP', 'relay');
  return gateway.getNetwork(channel).getContract('chargecast');
}

async function chain(gateways: Readonly<Record<string, string>>, height: number): Promise<common.Block[]> {
  const gateway = await fixture.connect(gateways, 'ReadersMSP', 'auditor');
  const blocks = await gateway.getNetwork('datachain').getBlockEvents({ startBlock: 0n });
  const read: common.Block[] = [];
  for await (const block of blocks) {
    read.push(block);
    if (read.length === height) break;
  }
  blocks.close();
  return read;
}

function expectChained(blocks: readonly common.Block[]): void {
  let previous: Uint8Array = new Uint8Array();
  for (const [number, block] of blocks.entries()) {
    const header = block.getHeader() as common.BlockHeader;
    expect(header.getNumber()).toBe(number);
    expect(Buffer.compare(header.getPreviousHash_asU8(), previous)).toBe(0);
    expect(Buffer.compare(header.getDataHash_asU8(), dataHash(envelopesOf(block)))).toBe(0);
    previous = blockHash(header);
  }
}

describe('a ledger in this process', () => {
  let options: EmbeddedLedgerOptions;

  beforeAll(async () => {
    options = await fixture.options('resume', { chaincodeProcesses: 'shared' });
  });

  async function running<T>(work: (ledger: EmbeddedLedger) => Promise<T>, changed = options): Promise<T> {
    const ledger = await startEmbeddedLedger(changed);
    try {
      return await work(ledger);
    } finally {
      await ledger.stop();
    }
  }

  test('goes on where it stopped: heights, state, status of old transactions', async () => {
    const proposed = await running(async ({ gateways }) => {
      const contract = await contractOf(gateways);
      const proposal = contract.newProposal('put', { arguments: ['kept', 'value'] });
      const transaction = await proposal.endorse();
      expect((await (await transaction.submit()).getStatus()).successful).toBe(true);
      return proposal.getBytes();
    });
    await running(async (ledger) => {
      expect(ledger.status().heights).toEqual({ certchain: 1, datachain: 2 });
      const { gateways } = ledger;
      const gateway = await fixture.connect(gateways, 'CSS1MSP', 'relay');
      const contract = gateway.getNetwork('datachain').getContract('chargecast');
      expect(text(await contract.evaluateTransaction('get', 'kept'))).toBe('value');
      await expect(gateway.newProposal(proposed).endorse()).rejects.toMatchObject({
        details: [
          expect.objectContaining({ message: expect.stringContaining('duplicate transaction found') as string }),
        ],
      });
      await contract.submitTransaction('put', 'more', 'value');
      expectChained(await chain(gateways, 3));
    });
  });

  test('commits what it took before it stops', async () => {
    const ledger = await startEmbeddedLedger({ ...options, blocks: { batchTimeout: 60_000, adaptive: false } });
    const contract = await contractOf(ledger.gateways);
    const transaction = await contract.newProposal('put', { arguments: ['taken', 'yes'] }).endorse();
    await transaction.submit();
    await ledger.stop();
    await running(async ({ gateways }) => {
      expect(text(await (await contractOf(gateways)).evaluateTransaction('get', 'taken'))).toBe('yes');
    });
  });

  test('keeps another out of its folder', async () => {
    await running(async () => {
      await expect(startEmbeddedLedger(options)).rejects.toMatchObject({ code: 'E_LEDGER_DATA_DIR_IN_USE' });
    });
  });

  test('does not go on with another consortium’s chain', async () => {
    const fewer = options.organisations.filter(({ mspId }) => mspId !== 'ESP2MSP');
    await expect(startEmbeddedLedger({ ...options, organisations: fewer })).rejects.toMatchObject({
      code: 'E_LEDGER_DATA_DIR_FOREIGN',
    });
  });

  test('blocks are cut by count and bytes; several transactions share one', async () => {
    const blocks = { batchTimeout: 60_000, adaptive: false, maxMessageCount: 3 };
    await running(
      async ({ gateways }) => {
        const contract = await contractOf(gateways);
        const transactions = await Promise.all(
          ['b1', 'b2', 'b3'].map((key) => contract.newProposal('put', { arguments: [key, key] }).endorse()),
        );
        const commits = await Promise.all(transactions.map((transaction) => transaction.submit()));
        const statuses = await Promise.all(commits.map((commit) => commit.getStatus()));
        expect(new Set(statuses.map(({ blockNumber }) => blockNumber)).size).toBe(1);
        const [first, second, third] = await Promise.all(
          ['r', 'r', 'other'].map((key) => contract.newProposal('increment', { arguments: [key] }).endorse()),
        );
        const conflicting = [];
        for (const transaction of [first, second, third]) if (transaction) conflicting.push(await transaction.submit());
        const codes = (await Promise.all(conflicting.map((commit) => commit.getStatus()))).map(({ code }) => code);
        expect(codes).toEqual([StatusCode.VALID, StatusCode.MVCC_READ_CONFLICT, StatusCode.VALID]);
      },
      { ...options, blocks },
    );
  });
});

describe('a ledger of its own process', () => {
  let config: EmbeddedProcessConfig;

  beforeAll(() => {
    if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: run node scripts/prepare.cjs`);
    config = {
      topology: fixture.topology,
      stateDir: join(fixture.directory, 'own-process'),
      chaincodeBundle: fixture.chaincodeBundle,
      anyPort: true,
      chaincodeProcesses: 'shared',
      logLevel: 'warn',
    };
  });

  const launch = (): Promise<LaunchedLedger> => launchEmbeddedLedger(config, { main: MAIN });

  /** Its certificates are made in its own state folder. */
  async function submitters(launched: LaunchedLedger): Promise<Contract> {
    const profile = parseProfile(readFileSync(launched.profileFile, 'utf8'), launched.profileFile);
    expect(profile.ledger).toBe('embedded');
    const own = profile.organisations.find(({ mspId }) => mspId === 'CSS1MSP');
    expect(own?.gateways[0]?.endpoint).toBe(launched.gateways.CSS1MSP);
    const gateway = await fixture.connectByProfile(profile, 'CSS1MSP', 'relay');
    return gateway.getNetwork('datachain').getContract('chargecast');
  }

  test('killed −9 under load: nothing acknowledged is lost, no half block, the chain verifies, no process left behind', async () => {
    const acknowledged: string[] = [];
    for (let round = 0; round < 2; round++) {
      const launched = await launch();
      const contract = await submitters(launched);
      let dead = false;
      const workers = Array.from({ length: 8 }, async (_, worker) => {
        for (let count = 0; !dead; count++) {
          const key = `r${round}w${worker}n${count}`;
          try {
            await contract.submitTransaction('put', key, key);
            acknowledged.push(key);
          } catch (error) {
            if (!dead) throw error;
          }
        }
      });
      const target = (round + 1) * 25;
      await until(async () => (acknowledged.length >= target ? true : undefined), {
        deadline: 15_000,
        interval: 1,
        onTimeout: () => new Error('too few transactions committed'),
      });
      const children = childrenOf(launched.pid);
      expect(children).toHaveLength(1);
      dead = true;
      process.kill(launched.pid, 'SIGKILL');
      expect(await launched.exited).toBe('SIGKILL');
      await Promise.all(workers);
      await until(async () => (children.some(isAlive) ? undefined : true), {
        deadline: 5_000,
        interval: 20,
        onTimeout: () => new Error('a chaincode process lives on'),
      });
    }
    const launched = await launch();
    try {
      const contract = await submitters(launched);
      const present = JSON.parse(text(await contract.evaluateTransaction('range', 'r', 's'))) as string[];
      const keys = new Set(present.map((entry) => entry.split('=')[0]));
      expect(acknowledged.filter((key) => !keys.has(key))).toEqual([]);
      expect(acknowledged.length).toBeGreaterThanOrEqual(50);
      await contract.submitTransaction('put', 'last', 'one');
    } finally {
      await launched.stop(10_000);
    }
    const reopened = await startEmbeddedLedger({
      ...(await fixture.optionsOf(config.stateDir)),
      dataDir: join(config.stateDir, 'ledger'),
    });
    try {
      const height = reopened.status().heights.datachain ?? 0;
      const profileFile = join(config.stateDir, 'profile.json');
      const profile = parseProfile(readFileSync(profileFile, 'utf8'), profileFile);
      const gateway = await fixture.connectByProfile(profile, 'ReadersMSP', 'auditor', reopened.gateways.CSS1MSP);
      const events = await gateway.getNetwork('datachain').getBlockEvents({ startBlock: 0n });
      const blocks: common.Block[] = [];
      for await (const block of events) {
        blocks.push(block);
        if (blocks.length === height) break;
      }
      events.close();
      expectChained(blocks);
    } finally {
      await reopened.stop();
    }
  });

  test('ends with the process that started it, even when that one is killed −9', async () => {
    const file = join(fixture.directory, 'followed.json');
    await writeFile(file, JSON.stringify(config));
    const source = `
      const { launchEmbeddedLedger } = require(${JSON.stringify(join(MAIN, '..', 'launch.js'))});
      launchEmbeddedLedger(require(${JSON.stringify(file)})).then(({ pid }) => console.log(pid));`;
    const parent = spawn(process.execPath, ['-e', source], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const ledger = Number(line.toString());
    expect(isAlive(ledger)).toBe(true);
    parent.kill('SIGKILL');
    await until(async () => (isAlive(ledger) ? undefined : true), {
      deadline: 10_000,
      interval: 20,
      onTimeout: () => new Error('the ledger lives on'),
    });
  });

  test('a second one is refused with a code; SIGTERM ends the first with 0; its files are its owner’s alone', async () => {
    const launched = await launch();
    await expect(launch()).rejects.toMatchObject({
      code: 'E_LEDGER_START',
      message: expect.stringContaining('E_LEDGER_DATA_DIR_IN_USE') as string,
    });
    await launched.stop(10_000);
    expect(await launched.exited).toBe(0);
    expect(statSync(join(config.stateDir, 'ledger')).mode & 0o777).toBe(0o700);
    expect(statSync(join(config.stateDir, 'ledger-config.json')).mode & 0o777).toBe(0o600);
    expect(statSync(join(config.stateDir, 'ledger.log')).mode & 0o777).toBe(0o600);
  });
});

describe('its configuration file', () => {
  const write = async (name: string, content: string): Promise<string> => {
    const directory = join(fixture.directory, 'configs');
    await mkdir(directory, { recursive: true });
    const file = join(directory, name);
    await writeFile(file, content);
    return file;
  };

  test('paths are taken from its folder', async () => {
    const file = await write(
      'good.json',
      JSON.stringify({ topology: fixture.topology, stateDir: 'state', chaincodeBundle: '../cc.js' }),
    );
    expect(await readProcessConfig(file)).toMatchObject({
      stateDir: join(fixture.directory, 'configs', 'state'),
      chaincodeBundle: join(fixture.directory, 'cc.js'),
    });
  });

  test.each([
    ['no JSON', 'not JSON', 'it is not JSON'],
    ['a list', '[]', 'it is not a JSON object'],
    ['members missing', '{}', '"topology" is missing; "stateDir" is missing; "chaincodeBundle" is missing'],
    ['a member unknown', '{"topology":{},"stateDir":"a","chaincodeBundle":"b","prot":1}', '"prot" is unknown'],
    [
      'a limit unknown',
      '{"topology":{},"stateDir":"a","chaincodeBundle":"b","limits":{"x":1}}',
      '"limits" has a value',
    ],
    ['a topology that is none', '{"topology":{},"stateDir":"a","chaincodeBundle":"b"}', '"topology" lacks something'],
  ])('%s', async (name, content, reason) => {
    await expect(readProcessConfig(await write(`${name}.json`, content))).rejects.toMatchObject({
      code: 'E_LEDGER_CONFIG_FILE',
      message: expect.stringContaining(reason) as string,
    });
  });

  test('a file that is not there', async () => {
    await expect(readProcessConfig(join(fixture.directory, 'none.json'))).rejects.toMatchObject({
      code: 'E_LEDGER_CONFIG_FILE',
    });
  });
});

function childrenOf(pid: number): number[] {
  const output = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  return output
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .map(([child]) => child as number);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
