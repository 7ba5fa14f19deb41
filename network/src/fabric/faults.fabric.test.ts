import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { EndorseError, StatusCode } from '@hyperledger/fabric-gateway';

import { freePorts } from '../free-ports';
import { bundleLedgerChaincode } from '../testing/bundle-chaincode';
import { FabricClient } from '../testing/fabric-client';
import { describeWithFabric } from '../testing/with-fabric';
import { defaultTopology } from '../default-topology';
import { ordererName, type Topology } from '../topology';
import { until } from '../until';
import { layoutOf, nodeNamed } from './layout';
import { fabricDown, fabricStatus, fabricUp } from './network';
import { killNode, startNode } from './node-commands';
const CHANNEL = 'datachain';

/** Submits one transaction after another until told to stop; every one has to be committed as valid. */
class Load {
  readonly commits: number[] = [];
  #stopping = false;
  readonly #workers: Promise<void>[];

  constructor(client: FabricClient, label: string, workers: number) {
    this.#workers = Array.from({ length: workers }, async (_, worker) => {
      for (let count = 0; !this.#stopping; count++) {
        const status = await client.submit(CHANNEL, 'put', `${label}-${worker}-${count}`, 'x');
        if (!status.successful) throw new Error(`${status.transactionId} was committed with code ${status.code}`);
        this.commits.push(Date.now());
      }
    });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#workers);
  }

  /** Until `count` more transactions have been committed than there were at `since`. */
  async commitsAfter(since: number, count: number, deadline: number): Promise<void> {
    await until(async () => (this.commits.filter((time) => time > since).length >= count ? true : undefined), {
      deadline,
      onTimeout: () => new Error(`no ${count} commits within ${deadline} ms`),
    });
  }
}

/** Whether a block's header fits its transactions, as the organisation's own peer tells both. */
async function dataHashFits(profileFile: string, mspId: string, number: bigint): Promise<boolean> {
  const client = await FabricClient.connect(profileFile, mspId, 'relay');
  try {
    const block = await client.block(CHANNEL, number);
    const digest = createHash('sha256').update(Buffer.concat(block.getData()?.getDataList_asU8() ?? []));
    return digest.digest().equals(Buffer.from(block.getHeader()?.getDataHash_asU8() ?? []));
  } finally {
    client.close();
  }
}

describeWithFabric('faults', () => {
  let directory: string;
  let stateDir: string;
  let client: FabricClient;
  let profileFile: string;

  let topology: Topology;

  beforeAll(async () => {
    topology = defaultTopology({ basePort: await freePorts(40), networkId: 'faults' });
    directory = await mkdtemp(join(tmpdir(), 'chargecast-faults-'));
    stateDir = join(directory, 'network');
    const chaincodeBundle = await bundleLedgerChaincode(directory);
    ({ profileFile } = await fabricUp(topology, stateDir, { chaincodeBundle }));
    client = await FabricClient.connect(profileFile, 'CSS1MSP', 'relay');
  }, 240_000);

  afterAll(async () => {
    client?.close();
    await fabricDown(stateDir);
    await rm(directory, { recursive: true, force: true });
  }, 60_000);

  const leader = async (): Promise<string> => {
    const { nodes } = await fabricStatus(stateDir);
    const found = nodes.find(({ leaderOf }) => leaderOf?.includes(CHANNEL));
    if (!found) throw new Error('no orderer leads');
    return found.name;
  };

  it('goes on when a follower is killed, and the follower catches up', async () => {
    const leading = await leader();
    const follower = topology.organisations.map(ordererName).find((name) => name !== leading) as string;
    const load = new Load(client, 'follower', 4);
    await load.commitsAfter(0, 10, 60_000);
    await killNode(stateDir, follower);
    await load.commitsAfter(Date.now(), 20, 60_000);
    await startNode(stateDir, follower);
    await load.stop();
    await sameHeights();
  }, 180_000);

  it('commits again when the leader is killed under load, and loses nothing', async () => {
    const leading = await leader();
    const load = new Load(client, 'leader', 4);
    await load.commitsAfter(0, 10, 60_000);
    const killed = Date.now();
    await killNode(stateDir, leading);
    await load.commitsAfter(killed + 3_000, 10, 60_000);
    await load.stop();
    await startNode(stateDir, leading);
    await sameHeights();
  }, 180_000);

  it('refuses with a clear code while two of four are down, and is back after their return', async () => {
    const [first, second] = topology.organisations.slice(2).map(ordererName) as [string, string];
    const endorsed = await client.endorse(CHANNEL, 'put', 'during', 'x');
    await Promise.all([killNode(stateDir, first), killNode(stateDir, second)]);
    await expect(client.order(CHANNEL, endorsed, 2_000)).rejects.toMatchObject({ code: 14 });
    await Promise.all([startNode(stateDir, first), startNode(stateDir, second)]);
    expect(await client.order(CHANNEL, endorsed, 90_000)).toMatchObject({ successful: true });
    await sameHeights();
  }, 120_000);

  it('goes on without one peer, which catches up when it returns', async () => {
    await killNode(stateDir, 'css4-peer');
    const { blockNumber } = await client.submit(CHANNEL, 'put', 'without', 'css4');
    await startNode(stateDir, 'css4-peer');
    const own = await FabricClient.connect(profileFile, 'CSS4MSP', 'relay');
    await until(async () => ((await own.evaluate(CHANNEL, 'get', 'without')) === 'css4' ? true : undefined), {
      deadline: 20_000,
      onTimeout: () => new Error(`the peer of CSS4MSP does not reach block ${blockNumber}`),
    });
    own.close();
  }, 180_000);

  it('brings back a peer and an orderer that have lost their data', async () => {
    const lost = ['css3-orderer', 'css4-peer'];
    for (const name of lost) {
      await killNode(stateDir, name);
      await rm(layoutOf(stateDir).node(nodeNamed(topology, name)).data, { recursive: true });
    }
    await client.submit(CHANNEL, 'put', 'meanwhile', 'x');
    await fabricUp(topology, stateDir, { chaincodeBundle: join(directory, 'chaincode.js') });
    await sameHeights();
    const own = await FabricClient.connect(profileFile, 'CSS4MSP', 'relay');
    expect(await own.evaluate(CHANNEL, 'get', 'meanwhile')).toBe('x');
    own.close();
  }, 120_000);

  it('shows that a peer’s block file was tampered with to whoever reads the block, and the other peers unharmed', async () => {
    const { blockNumber } = await client.submit(CHANNEL, 'put', 'amount', 'thirty euro');
    expect(await dataHashFits(profileFile, 'CSS4MSP', blockNumber)).toBe(true);
    await killNode(stateDir, 'css4-peer');
    const { data } = layoutOf(stateDir).node(nodeNamed(topology, 'css4-peer'));
    const file = join(data, 'ledgersData', 'chains', 'chains', CHANNEL, 'blockfile_000000');
    const blocks = await readFile(file);
    const at = blocks.lastIndexOf('thirty euro');
    blocks.write('ninety', at);
    await writeFile(file, blocks);
    await startNode(stateDir, 'css4-peer');
    expect(await dataHashFits(profileFile, 'CSS4MSP', blockNumber)).toBe(false);
    expect(await dataHashFits(profileFile, 'CSS1MSP', blockNumber)).toBe(true);
  }, 180_000);

  it('commits nothing for one organisation whose chaincode lies, and goes on without it', async () => {
    const lying = await bundleLedgerChaincode(join(directory, 'lie'), "process.env.LIE = '1';");
    await killNode(stateDir, 'css1-chaincode');
    await startNode(stateDir, 'css1-chaincode', { chaincodeBundle: lying });
    const alone = await client.endorseBy(['CSS1MSP'], CHANNEL, 'put', 'statement', 'truth');
    const { code } = await client.order(CHANNEL, alone, 20_000);
    expect(code).toBe(StatusCode.ENDORSEMENT_POLICY_FAILURE);
    const mixed = client.endorseBy(['CSS1MSP', 'CSS2MSP', 'CSS3MSP'], CHANNEL, 'put', 'statement', 'truth');
    await expect(mixed).rejects.toThrow(EndorseError);
    const other = await FabricClient.connect(profileFile, 'CSS2MSP', 'relay');
    expect(await other.evaluate(CHANNEL, 'get', 'statement')).toBe('');
    const honest = await other.endorseBy(['CSS2MSP', 'CSS3MSP', 'CSS4MSP'], CHANNEL, 'put', 'statement', 'truth');
    expect(await other.order(CHANNEL, honest, 20_000)).toMatchObject({ successful: true });
    expect(await other.evaluate(CHANNEL, 'get', 'statement')).toBe('truth');
    other.close();
  }, 180_000);

  /** Every orderer and peer has the same number of blocks. */
  async function sameHeights(): Promise<void> {
    await until(
      async () => {
        const { nodes } = await fabricStatus(stateDir);
        const heights = nodes.filter(({ kind }) => kind !== 'chaincode').map((node) => node.heights?.[CHANNEL] ?? 0);
        return new Set(heights).size === 1 ? true : undefined;
      },
      {
        deadline: 30_000,
        interval: 250,
        onTimeout: async () => new Error(`heights differ: ${JSON.stringify((await fabricStatus(stateDir)).nodes)}`),
      },
    );
  }
});
