import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { tlsFiles } from '../pki/organisation';
import { freePorts } from '../free-ports';
import { bundleLedgerChaincode } from '../testing/bundle-chaincode';
import { FabricClient } from '../testing/fabric-client';
import { describeWithFabric } from '../testing/with-fabric';
import { defaultTopology } from '../default-topology';
import { type Topology } from '../topology';
import { until } from '../until';
import { fabricDown, fabricStatus, fabricUp } from './network';
import { killNode, startNode } from './node-commands';
import { rotateNode } from './rotate-node';

describeWithFabric('the rotation of certificates', () => {
  let directory: string;
  let stateDir: string;
  let client: FabricClient;

  let topology: Topology;

  beforeAll(async () => {
    topology = defaultTopology({ basePort: await freePorts(40), networkId: 'rotation' });
    directory = await mkdtemp(join(tmpdir(), 'chargecast-rotation-'));
    stateDir = join(directory, 'network');
    const chaincodeBundle = await bundleLedgerChaincode(directory);
    const { profileFile } = await fabricUp(topology, stateDir, { chaincodeBundle });
    client = await FabricClient.connect(profileFile, 'CSS1MSP', 'relay');
  }, 120_000);

  afterAll(async () => {
    client?.close();
    await fabricDown(stateDir);
    await rm(directory, { recursive: true, force: true });
  }, 60_000);

  const submit = async (key: string): Promise<void> => {
    for (const channel of ['certchain', 'datachain']) {
      const status = await until(() => client.submit(channel, 'put', key, 'x'), {
        deadline: 60_000,
        interval: 500,
        onTimeout: (last) => last as Error,
      });
      expect(status).toMatchObject({ successful: true });
    }
  };

  const certificate = (mspId: string, kind: string): Promise<string> =>
    readFile(tlsFiles(stateDir, mspId, kind).certPath, 'utf8');

  it.each([
    ['an orderer that follows', 'css4-orderer', 'CSS4MSP', 'orderer'],
    ['the first leader', 'css1-orderer', 'CSS1MSP', 'orderer'],
    ['a peer', 'css2-peer', 'CSS2MSP', 'peer'],
    ['a chaincode server', 'css3-chaincode', 'CSS3MSP', 'chaincode'],
  ])(
    'gives %s new ones, and work goes on',
    async (_, node, mspId, kind) => {
      await submit(`before-${node}`);
      const before = await certificate(mspId, kind);
      await rotateNode(stateDir, node);
      expect(await certificate(mspId, kind)).not.toBe(before);
      expect(await fabricStatus(stateDir)).toMatchObject({ healthy: true });
      await submit(`after-${node}`);
    },
    180_000,
  );

  it('leaves orderers that sign: with another one down, every quorum needs both', async () => {
    await killNode(stateDir, 'css2-orderer');
    await submit('without-css2');
    await startNode(stateDir, 'css2-orderer');
    expect(await fabricStatus(stateDir)).toMatchObject({ healthy: true });
    await submit('with-css2');
  }, 120_000);
});
