import { describeWithFabric } from '@chargecast/network/testing/with-fabric';

import { lifeCycleSuite } from './testing/life-cycle-suite';

describeWithFabric('epochs and revocation', () => lifeCycleSuite('fabric'));
