import { describeWithFabric } from '@chargecast/network/testing/with-fabric';

import { revocationSuite } from './testing/revocation-suite';

describeWithFabric('a revocation', () => revocationSuite('fabric'));
