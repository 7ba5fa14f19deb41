import { describeWithFabric } from '@chargecast/network/testing/with-fabric';

import { directionsSuite } from './testing/directions-suite';

describeWithFabric('every direction', () => directionsSuite('fabric'));
