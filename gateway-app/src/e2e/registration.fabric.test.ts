import { describeWithFabric } from '@chargecast/network/testing/with-fabric';

import { registrationSuite } from './testing/registration-suite';

describeWithFabric('certificates', () => registrationSuite('fabric'));
