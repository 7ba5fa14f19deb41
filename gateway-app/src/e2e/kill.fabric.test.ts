import { describeWithFabric } from '@chargecast/network/testing/with-fabric';

import { killSuite } from './testing/kill-suite';

describeWithFabric('kill −9 in the middle of a broadcast', () => killSuite('fabric'));
