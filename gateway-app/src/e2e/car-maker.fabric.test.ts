import { describeWithFabric } from '@chargecast/network/testing/with-fabric';

import { carMakerSuite } from './testing/car-maker-suite';

describeWithFabric('a car maker', () => carMakerSuite('fabric'));
