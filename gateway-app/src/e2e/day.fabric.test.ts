import { describeWithFabric } from '@chargecast/network/testing/with-fabric';

import { daySuite } from './testing/day-suite';

describeWithFabric('a day by the API alone', () => daySuite('fabric'));
