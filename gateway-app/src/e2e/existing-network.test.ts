/** The whole story on a Fabric network that is not the demo's own, reached as any member would: by its description. */
import { defaultTopology, fabricDown, fabricUp, freePorts } from '@chargecast/network';
import { describeWithFabric } from '@chargecast/network/testing/with-fabric';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createProgress, type DemoSummary, isGood, runDemo } from '../demo';
import { CHAINCODE_BUNDLE, Deployment } from '../deployment';
import { readManifest } from '../deployment/manifest';
import { layoutOf } from '../deployment/layout';
import { readTrust } from '../ledger';

const BOOT = 240_000;
const STORY = 600_000;

describeWithFabric('a network that somebody else runs', () => {
  let directory: string;
  let network: string;
  const demo = (): string => join(directory, 'demo');

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'chargecast-existing-'));
    network = join(directory, 'network');
    const topology = defaultTopology({ basePort: await freePorts(40), networkId: 'pilot' });
    await fabricUp(topology, network, { chaincodeBundle: CHAINCODE_BUNDLE });
  }, BOOT);

  afterAll(async () => {
    await fabricDown(network);
    await rm(directory, { recursive: true, force: true });
  }, BOOT);

  it(
    'carries the demo whole',
    async () => {
      const nothing = (): void => undefined;
      const quiet = createProgress({ fancy: false, line: nothing });
      const summary: DemoSummary = await runDemo(
        {
          directory: demo(),
          ledger: 'auto',
          profile: join(network, 'network-description.json'),
          vehicles: 4,
          signal: new AbortController().signal,
        },
        quiet,
      );
      expect(summary).toMatchObject({ ledger: 'fabric', organisations: 4, lost: 0, deliveredTwice: 0 });
      expect(isGood(summary)).toBe(true);
      expect((await readTrust(layoutOf(demo()).trust)).ordering).toBe('bft');
    },
    STORY,
  );

  it(
    'is left running when the deployment ends, which goes on with it later',
    async () => {
      const manifest = await readManifest(layoutOf(demo()));
      if (!manifest) throw new Error('the demo left no manifest');
      const again = await Deployment.open({ directory: demo(), fleet: manifest.fleet, ledger: manifest.ledger });
      const status = await again.consortium.ledger.status();
      await again.stop();
      expect(status.healthy).toBe(true);
      expect(again.consortium.params.networkId).toBe('pilot');
    },
    BOOT,
  );
});
