import { defaultTopology, fabricDown, fabricUp, freePorts, slowNode, type Topology } from '@chargecast/network';
import { bundleLedgerChaincode } from '@chargecast/network/testing/bundle-chaincode';
import { DelayingRelay } from '@chargecast/network/testing/delaying-relay';
import { describeWithFabric } from '@chargecast/network/testing/with-fabric';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { connectLedger } from './fabric-gateway';
import { type Ledger, type Transaction } from './port';

const BOOT = 240_000;
const STEP = 120_000;
const put = (key: string): Transaction => ({ contract: '', name: 'put', args: [key, 'x'] });

describeWithFabric('slow disks and a slow network between the gateways', () => {
  let directory: string;
  let network: string;
  let topology: Topology;
  let ledger: Ledger;
  const relays: DelayingRelay[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'chargecast-slow-'));
    network = join(directory, 'network');
    const plain = defaultTopology({ basePort: await freePorts(40) });
    topology = {
      ...plain,
      organisations: await Promise.all(
        plain.organisations.map(async (organisation) => {
          const relay = await DelayingRelay.start({ host: organisation.host, port: organisation.ports.orderer });
          relays.push(relay);
          return { ...organisation, ports: { ...organisation.ports, consensus: relay.port } };
        }),
      ),
    };
    await fabricUp(topology, network, { chaincodeBundle: await bundleLedgerChaincode(directory) });
    ledger = await connectLedger(join(network, 'profile.json'), { mspId: 'CSS1MSP', name: 'relay' });
  }, BOOT);

  afterAll(async () => {
    ledger?.close();
    await fabricDown(network);
    for (const relay of relays) await relay.close();
    await rm(directory, { recursive: true, force: true });
  }, BOOT);

  it(
    'delay consensus messages, and every transaction is committed all the same',
    async () => {
      const before = relays.reduce((sum, relay) => sum + relay.bytes, 0);
      for (const relay of relays) relay.delay = 100;
      const started = Date.now();
      for (const count of [1, 2, 3]) await ledger.submit('datachain', put(`far-${count}`));
      // Three phases of agreement, each a message over the slow network, three times.
      expect(Date.now() - started).toBeGreaterThan(900);
      expect(relays.reduce((sum, relay) => sum + relay.bytes, 0)).toBeGreaterThan(before);
      for (const relay of relays) relay.delay = 0;
    },
    STEP,
  );

  it.each(['css2-orderer', 'css3-peer'])(
    'hold %s up, and every transaction is committed all the same',
    async (node) => {
      const healed = new AbortController();
      const slow = slowNode(network, node, { held: 200, running: 50, signal: healed.signal });
      try {
        for (let count = 1; count <= 5; count++) await ledger.submit('datachain', put(`${node}-${count}`));
        const last = await ledger.evaluate('datachain', { contract: '', name: 'get', args: [`${node}-5`] });
        expect(Buffer.from(last).toString()).toBe('x');
      } finally {
        healed.abort();
        await slow;
      }
    },
    STEP,
  );
});
