import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { Consortium } from '@chargecast/chaincode/testing/consortium';
import { freePorts } from '@chargecast/network';
import { compareRuns, type Run, runOn, type Script } from '@chargecast/network/differential/index';
import { describeWithFabric } from '@chargecast/network/testing/with-fabric';

import { CHAINCODE_BUNDLE } from '../deployment/root';
import { chargecastScenes } from './testing/chargecast-scenes';

const SLOWEST = 600_000;

/** The project's own chaincode, as it is built, with the same signed bytes on both ledgers. */
describeWithFabric('the chaincode bundle does the same on both ledgers', () => {
  let fabric: Run;
  let embedded: Run;

  beforeAll(async () => {
    const script: Script = {
      ...(await chargecastScenes(await Consortium.create('differential'))),
      chaincode: async (directory) => {
        const file = join(directory, 'chaincode.js');
        await mkdir(directory, { recursive: true });
        await copyFile(CHAINCODE_BUNDLE, file);
        return file;
      },
    };
    // In one process with the chaincode's code, which this test's material comes with, two Fabric message libraries would meet.
    embedded = await runOn('embedded', script, { ownProcess: true });
    fabric = await runOn('fabric', script, { basePort: await freePorts(40) });
  }, SLOWEST);

  it('no step differs', () => {
    const comparisons = compareRuns(embedded, fabric);
    expect(comparisons.length).toBeGreaterThan(40);
    expect(comparisons.filter(({ verdict }) => verdict !== 'equal')).toEqual([]);
  });

  it('the good steps are good', () => {
    expect(fabric.outcomes['broadcast: a σ']).toEqual({ result: ['VALID', 'committed'] });
    expect(fabric.outcomes['registration: init by an administrator']).toMatchObject({
      result: [expect.anything(), 'VALID'],
    });
  });
});
