import { describeWithFabric } from '@chargecast/network/testing/with-fabric';

import { ownerSuite } from './testing/owner-suite';

describeWithFabric('an owner', () => ownerSuite('fabric'));
