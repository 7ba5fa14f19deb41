import { describeWithFabric } from '@chargecast/network/testing/with-fabric';

import { fleetSuite } from './testing/fleet-suite';

describeWithFabric('fleet reports', () => fleetSuite('fabric'));
