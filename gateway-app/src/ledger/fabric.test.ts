import { describeWithFabric } from '@chargecast/network/testing/with-fabric';

import { adapterSuite } from '../testing/adapter-suite';

describeWithFabric('the ledger adapter', () => adapterSuite('fabric'));
