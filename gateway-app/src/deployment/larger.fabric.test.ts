import { describeWithFabric } from '@chargecast/network/testing/with-fabric';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Deployment } from './deployment';

describeWithFabric('a consortium of five', () => {
  it('stands from nothing: five gateways, one of which may fail, four signatures on each block', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'chargecast-five-'));
    const fleet = { vehicles: [], piles: [], cscs: [], providers: ['esp1'] };
    const deployment = await Deployment.open({ directory, fleet, ledger: 'fabric', organisations: 5 });
    try {
      const { params, trust, topology, ledger } = deployment.consortium;
      expect((await ledger.status()).healthy).toBe(true);
      expect(params.organisations).toHaveLength(5);
      expect([topology.organisations.length, trust.ordering]).toEqual([5, 'bft']);
    } finally {
      await deployment.stop();
      await rm(directory, { recursive: true, force: true });
    }
  }, 240_000);
});
