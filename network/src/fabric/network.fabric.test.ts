import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { EndorseError } from '@hyperledger/fabric-gateway';

import { type LedgerStatus, type RunningLedger } from '../ledger';
import { freePorts } from '../free-ports';
import { bundleLedgerChaincode } from '../testing/bundle-chaincode';
import { FabricClient } from '../testing/fabric-client';
import { describeWithFabric } from '../testing/with-fabric';
import { defaultTopology } from '../default-topology';
import { type Topology } from '../topology';
import { fabricDeploy, fabricDown, fabricStatus, fabricUp } from './network';
import { nodeLogs } from './node-commands';

describeWithFabric('the network', () => {
  let directory: string;
  let stateDir: string;
  let bundle: string;
  let ledger: RunningLedger;
  let seconds: number;

  let topology: Topology;

  beforeAll(async () => {
    topology = defaultTopology({ basePort: await freePorts(40), networkId: 'bringing-up' });
    directory = await mkdtemp(join(tmpdir(), 'chargecast-fabric-'));
    stateDir = join(directory, 'network');
    bundle = await bundleLedgerChaincode(join(directory, 'one'));
    const started = Date.now();
    ledger = await fabricUp(topology, stateDir, { chaincodeBundle: bundle });
    seconds = (Date.now() - started) / 1000;
  }, 120_000);

  afterAll(async () => {
    await fabricDown(stateDir);
    await rm(directory, { recursive: true, force: true });
  }, 60_000);

  const submit = async (
    mspId: string,
    name: string,
    channel: string,
    ...args: [string, ...string[]]
  ): Promise<void> => {
    const client = await FabricClient.connect(ledger.profileFile, mspId, name);
    try {
      const status = await client.submit(channel, ...args);
      expect(status).toMatchObject({ successful: true });
    } finally {
      client.close();
    }
  };

  const evaluate = async (mspId: string, name: string, ...args: [string, ...string[]]): Promise<string> => {
    const client = await FabricClient.connect(ledger.profileFile, mspId, name);
    try {
      return await client.evaluate('datachain', ...args);
    } finally {
      client.close();
    }
  };

  it('comes up from nothing within a minute', () => {
    expect(seconds).toBeLessThan(60);
  });

  it('reports twelve healthy nodes, both channels on every peer and orderer, and a leader, in under 2 s', async () => {
    const started = Date.now();
    const status = await fabricStatus(stateDir);
    expect(Date.now() - started).toBeLessThan(2_000);
    expect(status).toMatchObject({ kind: 'fabric', networkId: 'bringing-up', healthy: true });
    expect(status.nodes).toHaveLength(12);
    for (const { kind, heights } of status.nodes.filter((node) => node.kind !== 'chaincode')) {
      expect({ kind, channels: Object.keys(heights ?? {}).sort() }).toEqual({
        kind,
        channels: ['certchain', 'datachain'],
      });
    }
    expect(leaders(status, 'datachain')).toHaveLength(1);
  });

  it.each(['certchain', 'datachain'])('commits on %s and every organisation holds the result', async (channel) => {
    await submit('CSS1MSP', 'relay', channel, 'put', 'colour', channel);
    for (const { mspId } of topology.organisations) {
      const client = await FabricClient.connect(ledger.profileFile, mspId, 'relay');
      const answer = await client.evaluate(channel, 'get', 'colour');
      client.close();
      expect(answer).toBe(channel);
    }
  });

  it('lets client-only members write and read', async () => {
    await submit('KGCMSP', 'kgc', 'datachain', 'put', 'from', 'kgc');
    await submit('ESP1MSP', 'provider', 'certchain', 'put', 'from', 'esp');
    expect(await evaluate('ReadersMSP', 'auditor', 'get', 'from')).toBe('kgc');
  });

  it('does not endorse what its organisations disagree on', async () => {
    await expect(submit('CSS1MSP', 'relay', 'datachain', 'disagree', 'x')).rejects.toThrow(EndorseError);
  });

  it('is left as it is by a second up', async () => {
    const before = await fabricStatus(stateDir);
    await fabricUp(topology, stateDir, { chaincodeBundle: bundle });
    const after = await fabricStatus(stateDir);
    expect(after.nodes.map(({ pid }) => pid)).toEqual(before.nodes.map(({ pid }) => pid));
    expect(heightOf(after, 'certchain')).toBe(heightOf(before, 'certchain'));
  });

  it('refuses other settings in the same folder', async () => {
    const other = { ...topology, networkId: 'another' };
    await expect(fabricUp(other, stateDir, { chaincodeBundle: bundle })).rejects.toMatchObject({
      code: 'E_FABRIC_STATE',
    });
  });

  it('refuses ports that are in use, and starts nothing', async () => {
    const second = join(directory, 'second');
    await expect(fabricUp(topology, second, { chaincodeBundle: bundle })).rejects.toMatchObject({
      code: 'E_PORT_BUSY',
    });
    await expect(fabricStatus(second)).rejects.toMatchObject({ code: 'E_FABRIC_STATE' });
  });

  it('leaves nothing running when it fails', async () => {
    const broken = join(directory, 'broken.js');
    await writeFile(broken, "throw new Error('this chaincode cannot start')");
    const other = defaultTopology({ basePort: await freePorts(40), networkId: 'broken' });
    const third = join(directory, 'third');
    await expect(fabricUp(other, third, { chaincodeBundle: broken })).rejects.toMatchObject({
      code: 'E_FABRIC_EXITED',
      message: expect.stringContaining('this chaincode cannot start') as string,
    });
    const { nodes } = await fabricStatus(third);
    expect(nodes.every(({ state }) => state === 'stopped')).toBe(true);
  }, 60_000);

  it('runs on its data after down and up', async () => {
    await submit('CSS2MSP', 'relay', 'datachain', 'put', 'kept', 'yes');
    await fabricDown(stateDir);
    expect((await fabricStatus(stateDir)).nodes.every(({ state }) => state === 'stopped')).toBe(true);
    await fabricUp(topology, stateDir, { chaincodeBundle: bundle });
    expect(await evaluate('CSS3MSP', 'relay', 'get', 'kept')).toBe('yes');
  }, 120_000);

  it('deploys another chaincode and says which it runs', async () => {
    const changed = await bundleLedgerChaincode(join(directory, 'two'), '/* the second edition */');
    const { version } = await fabricDeploy(stateDir, { chaincodeBundle: changed });
    const state = JSON.parse(await readFile(join(stateDir, 'network.json'), 'utf8')) as {
      chaincode: { version: string };
    };
    expect(state.chaincode.version).toBe(version);
    expect(await evaluate('CSS1MSP', 'relay', 'get', 'kept')).toBe('yes');
    await submit('CSS4MSP', 'relay', 'datachain', 'put', 'edition', 'two');
  }, 120_000);

  it('keeps keys and logs to their owner and shows a node its log', async () => {
    const log = await stat(join(stateDir, 'organisations', 'CSS1MSP', 'orderer', 'log.txt'));
    expect(log.mode & 0o077).toBe(0);
    expect(typeof (await nodeLogs(stateDir, 'css1-orderer'))).toBe('string');
    await expect(nodeLogs(stateDir, 'css9-orderer')).rejects.toMatchObject({ code: 'E_FABRIC_NODE_UNKNOWN' });
  });
});

function leaders({ nodes }: LedgerStatus, channel: string): string[] {
  return nodes.filter(({ leaderOf }) => leaderOf?.includes(channel)).map(({ name }) => name);
}

function heightOf({ nodes }: LedgerStatus, channel: string): number {
  return Math.max(...nodes.map(({ heights }) => heights?.[channel] ?? 0));
}
