import { fleetSuite } from './testing/fleet-suite';

describe('on the embedded ledger', () => fleetSuite('embedded'));
