import { lifeCycleSuite } from './testing/life-cycle-suite';

describe('on the embedded ledger', () => lifeCycleSuite('embedded'));
