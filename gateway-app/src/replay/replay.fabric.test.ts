import { describeWithFabric } from '@chargecast/network/testing/with-fabric';

import { killedReplay } from './testing/killed-replay';

describeWithFabric('a replay killed in the middle', () => killedReplay('fabric'));
