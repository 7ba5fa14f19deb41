import { directionsSuite } from './testing/directions-suite';

describe('on the embedded ledger', () => directionsSuite('embedded'));
