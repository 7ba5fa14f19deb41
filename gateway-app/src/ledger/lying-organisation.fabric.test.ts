import { defaultTopology, fabricDown, fabricUp, freePorts, killNode, startNode } from '@chargecast/network';
import { bundleLedgerChaincode } from '@chargecast/network/testing/bundle-chaincode';
import { describeWithFabric } from '@chargecast/network/testing/with-fabric';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { connectLedger } from './fabric-gateway';
import { type Ledger, type Transaction } from './port';

const BOOT = 240_000;
const put = (key: string): Transaction => ({ contract: '', name: 'put', args: [key, 'truth'] });

describeWithFabric('an organisation whose chaincode lies', () => {
  let directory: string;
  let network: string;
  const ledgers: Ledger[] = [];
  const relayOf = async (mspId: string): Promise<Ledger> => {
    const ledger = await connectLedger(join(network, 'profile.json'), { mspId, name: 'relay' });
    ledgers.push(ledger);
    return ledger;
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'chargecast-lying-'));
    network = join(directory, 'network');
    const topology = defaultTopology({ basePort: await freePorts(40) });
    await fabricUp(topology, network, { chaincodeBundle: await bundleLedgerChaincode(directory) });
    const lying = await bundleLedgerChaincode(join(directory, 'lie'), "process.env.LIE = '1';");
    await killNode(network, 'css1-chaincode');
    await startNode(network, 'css1-chaincode', { chaincodeBundle: lying });
  }, BOOT);

  afterAll(async () => {
    for (const ledger of ledgers) ledger.close();
    await fabricDown(network);
    await rm(directory, { recursive: true, force: true });
  }, BOOT);

  it('holds up neither its own relay nor the others’: a majority without it endorses', async () => {
    for (const mspId of ['CSS1MSP', 'CSS2MSP']) {
      const ledger = await relayOf(mspId);
      for (const count of [1, 2]) await ledger.submit('datachain', put(`${mspId}-${count}`));
      const honest = await (
        await relayOf('CSS3MSP')
      ).evaluate('datachain', { contract: '', name: 'get', args: [`${mspId}-2`] });
      expect(Buffer.from(honest).toString()).toBe('truth');
    }
  }, 120_000);
});
